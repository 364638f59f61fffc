"""`catch_up()`: from any state the first steps are the reference's and pass, and nothing of the learner's is lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import drop_database
from tests.workshop.conftest import BASE, CORE
from workshop import catch_up, postgres
from workshop.errors import WorkshopError
from workshop.postgres import Mark, read_mark
from workshop.postgres.connection import Address
from workshop.project import fingerprint
from workshop.reference import files_until
from workshop.settings import settings

FEET = "create table feet (id int);\n"

# What a learner may have: texts by where they lie.
STATES: dict[str, dict[str, str]] = {
    "half a step": {"models/base.py": BASE, "models/core.py": CORE, "config.py": "database_url = 'mine'\n"},
    "a file that does not load": {
        "models/base.py": BASE,
        "models/core.py": CORE + "nope\n",
        "../home/drafts/x.py": "x",
    },
    "all in a file of another name": {"models/shop.py": BASE + CORE.replace("from models.base import Base\n", "")},
    "all in the package": {"models/__init__.py": BASE + CORE.replace("from models.base import Base\n", "")},
    "the same classes for other tables": {
        "models/people.py": "from models.base import Base\n\nclass User(Base):\n    __tablename__ = 'people'\n",
        "models/__init__.py": "from models.people import User\n",
        "names.toml": '[tables]\nusers = "people"\n',
    },
    "SQL of its own": {
        "models/core.py": CORE,
        "schemas/02_a.sql": "create function touch() returns int return 1;\n",
        "schemas/rules.sql": "alter table products add constraint cheap check (price < 100);\n",
    },
    "tables made early, and names of no sense": {
        "schemas/00_types.sql": "create table users (id int primary key);\n",
        "names.toml": "users: people",
    },
    "files and folders the wrong way round": {
        "schemas": "notes",
        "models/core.py/core.py": CORE,
        "models/base/__init__.py": "",
        "tests": "later",
    },
    "drafts": {"../home/drafts/models/core.py": CORE, "../home/drafts/models/shop.py": "x = 1\n"},
}


def lay_out(project: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def texts(*folders: Path) -> list[str]:
    files = [
        path for folder in folders for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    return [path.read_text("utf-8") for path in files]


def relative(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def history() -> Path:
    return settings().home / "history"


@pytest.mark.parametrize("state", STATES)
def test_from_any_state(notebook, database, project, history, state):
    lay_out(project, STATES[state])
    notebook.run("catch_up(2)")
    for path, text in files_until(2).items():
        assert (project / path).read_text("utf-8") == text
    missing = [text for text in STATES[state].values() if text not in texts(project, history)]
    assert not missing, notebook.printed
    assert "Built 3 tables: users, categories, products." in notebook.printed
    notebook.run("from checks import check_step")
    assert notebook.run("check_step(1).passed, check_step(2).passed") == (True, True)
    assert notebook.run("User.__tablename__, Product.__tablename__") == ("users", "products")
    with closing(postgres.connect(database, "tests")) as connection:
        assert read_mark(connection) == Mark(fingerprint())


def test_it_says_what_it_wrote_and_where_the_rest_is(notebook, database, project, history):
    lay_out(
        project, STATES["half a step"] | {"schemas/02_own.sql": FEET, "names.toml": '[columns]\nusers.email = "mail"'}
    )
    notebook.run("catch_up(2)")
    first, second, third = notebook.printed.splitlines()
    assert first == (
        "Steps 1 and 2 are as in the reference now; written: config.py, models/base.py, models/core.py, "
        "schemas/02_core.sql and schemas/02_no_cycles.sql."
    )
    (folder,) = history.iterdir()
    names = "config.py, models/base.py, models/core.py, names.toml and schemas/02_own.sql"
    assert second == f"What was there before is in {folder}: {names}."
    assert third == "Built 3 tables: users, categories, products."
    assert relative(folder) == ["config.py", "models/base.py", "models/core.py", "names.toml", "schemas/02_own.sql"]


def test_a_second_time_it_does_nothing(notebook, database, query, history):
    notebook.run("catch_up(2)")
    assert notebook.printed.splitlines()[-1] == "Built 3 tables: users, categories, products."
    query("insert into categories (name) values ('Mugs')")
    notebook.run("catch_up(2); catch_up(1)")
    assert notebook.printed.splitlines() == [
        "Steps 1 and 2 are as in the reference already: nothing to do.",
        "Step 1 is as in the reference already: nothing to do.",
    ]
    assert query("select count(*) from categories") == [(1,)]
    assert not history.exists()


def test_step_1_alone_leaves_models_and_tables_as_they_are(shop, database, project, query):
    shop.run("build_schema()")
    query("insert into users values (1, 'a')")
    (project / "models/core.py").write_text("nope", "utf-8")
    shop.run("catch_up(1)")
    assert shop.printed == "Step 1 is as in the reference now; written: config.py.\n"
    assert (project / "models/core.py").read_text("utf-8") == "nope"
    assert (project / "scripts").is_dir()
    assert query("select count(*) from users") == [(1,)]


LATER = {
    "models/catalog.py": "from models.base import Base\nfrom sqlalchemy import ForeignKey\n"
    "from sqlalchemy.orm import Mapped, mapped_column\n\n\nclass Variant(Base):\n    __tablename__ = 'variants'\n"
    "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    "    product_id: Mapped[int] = mapped_column(ForeignKey('products.id'))\n",
    "schemas/03_catalog.sql": "create index on variants (product_id);\n",
    "names.toml": '[tables]\nproduct_variants = "variants"\n',
    "../home/drafts/models/catalog.py": "half",
    "tests/test_mine.py": "def test(): pass\n",
}


def test_files_of_later_steps_stay(notebook, database, project, history):
    lay_out(project, LATER | {"models/core.py": CORE})
    notebook.run("catch_up(2)")
    *_, built, unsaved = notebook.printed.splitlines()
    assert built == "Built 4 tables: users, categories, products, variants."
    assert "your latest text of models/catalog.py was not saved" in unsaved
    assert all((project / name).read_text("utf-8") == text for name, text in LATER.items())
    assert relative(history)[0].endswith("/models/core.py") and len(relative(history)) == 1


@pytest.mark.parametrize(
    ("name", "text", "reason", "goes"),
    [
        ("schemas/04_own.sql", "create tabel x ();", "the schema can't be built with it", ["schemas/04_own.sql"]),
        (
            "models/orders.py",
            "from models.core import Person\n",
            "the schema can't be built with it",
            ["models/orders.py"],
        ),
        (
            "schemas/04_own.sql",
            "alter table products drop constraint ck_products_price_not_negative;",
            "step 2 does not pass with them",
            ["models/catalog.py", "schemas/03_catalog.sql", "schemas/04_own.sql"],
        ),
    ],
)
def test_those_that_do_not_fit_are_put_aside_and_that_is_said(
    notebook, database, project, history, query, name, text, reason, goes
):
    lay_out(project, LATER | {name: text})
    notebook.run("catch_up(2)")
    (folder,) = history.iterdir()
    said = f"Put aside in {folder}, since {reason}: "
    assert said in notebook.printed
    assert relative(folder) == goes
    assert (folder / name).read_text("utf-8") == text
    assert notebook.printed.splitlines()[-2].startswith("Built ")
    assert query("select count(*) from products") == [(0,)]


def test_an_extension_comes_with_the_steps_that_it_needs_and_stays_with_later_ones(notebook, database, project, query):
    notebook.run("catch_up('wishlists')")
    first = notebook.printed.splitlines()[0]
    assert first.startswith("Steps 1 to 5 and the extension wishlists are as in the reference now; written: config.py")
    assert not (project / "models/coupons.py").exists()
    notebook.run("from checks import check_extension")
    assert notebook.run("check_extension('wishlists').passed")
    notebook.run("catch_up('wishlists'); catch_up(6)")
    already, *_, built = notebook.printed.splitlines()
    assert already == "Steps 1 to 5 and the extension wishlists are as in the reference already: nothing to do."
    assert "wishlists" in built and (project / "models/wishlists.py").is_file()


def test_the_rows_lost_are_counted_once(shop, database, project, query):
    shop.run("build_schema()")
    query("insert into users values (1, 'a'), (2, 'b')")
    lay_out(project, {"schemas/09_own.sql": "alter table products drop constraint ck_products_price_not_negative"})
    shop.run("catch_up(2)")
    assert shop.printed.splitlines()[-1].endswith("products. The 2 rows of the old tables went with them.")


def test_later_solutions_build_on_earlier_ones(notebook, database, project, made_up_solution, query):
    made_up_solution("01_project_setup", "%%project_file config.py\nx = 1")
    made_up_solution(
        "02_core_entities",
        "%%project_file models/core.py\nfrom sqlalchemy import Column, Integer, MetaData, Table\n\n"
        "metadata = MetaData()\nTable('users', metadata, Column('id', Integer))",
    )
    made_up_solution("03_product_catalog", "%%project_file schemas/03_more.sql\ncreate table variants (id int);")
    lay_out(project, {"models/mine.py": "from sqlalchemy import MetaData, Table\n\nTable('users', MetaData())\n"})
    notebook.run("catch_up(3)")
    written = "Steps 1 to 3 are as in the reference now; written: config.py, models/core.py and schemas/03_more.sql."
    assert notebook.printed.splitlines()[0] == written
    assert not (project / "models/mine.py").exists()
    assert "Built 2 tables: users, variants." in notebook.printed
    assert "check_step(2) says what" in notebook.printed, "a reference that does not pass is no secret"
    message = notebook.refuse("catch_up(5)")
    assert message == "There is no solution of step 4, Cart and orders, in this workbook."


def test_a_stopped_database_is_started(notebook):
    notebook.run("catch_up(2)")
    assert notebook.run("%sql select count(*) from products") == [(0,)]
    notebook.run("from workshop.postgres import stop; stop()")
    notebook.run("catch_up(2)")
    assert notebook.run("%sql select count(*) from products") == [(0,)]


def test_somebody_elses_database_is_left_alone(notebook, server, database, query, monkeypatch):
    name = f"{Address.parse(database).database}_own"
    monkeypatch.setenv("WORKSHOP_DATABASE", name)
    query("create table precious (id int); insert into precious values (1)")
    query(f"comment on database {Address.parse(database).database} is 'our books'")
    notebook.run("catch_up(2)")
    assert query("select count(*), to_regclass('users') from precious") == [(1, None)]
    assert notebook.run("%sql select current_database(), count(*) from users") == [(name, 0)]
    drop_database(server.url, name)


def test_an_open_transaction_elsewhere_stops_the_build_and_nothing_else(shop, database, project, query):
    shop.run("build_schema()")
    with closing(postgres.connect(database, "02_core_entities.ipynb")) as other:
        other.cursor().execute("select * from users")
        shop.run("try:\n    catch_up(2)\nexcept Exception as error:\n    print(error)")
    assert 'The connection "02_core_entities.ipynb"' in shop.printed
    assert (project / "schemas/02_core.sql").is_file()
    shop.run("catch_up(2)")
    assert "Built 3 tables" in shop.printed


@pytest.mark.parametrize("number", ["0", "9", "'2'", "True"])
def test_another_number_lists_the_steps(notebook, project, number):
    assert notebook.refuse(f"catch_up({number})").startswith(f"There is no step {number}.")
    assert not project.exists()


def test_a_step_that_commands_make_is_not_written() -> None:
    with pytest.raises(WorkshopError, match=r"is made by commands.*call catch_up\(6\), then work through"):
        catch_up(7)
