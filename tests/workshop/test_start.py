"""`start_step` and `reset_step`: a step can be begun at any time, and begun over."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from workshop import postgres
from workshop.project import fingerprint
from workshop.settings import ROOT, settings
from workshop.steps import EXTENSIONS, STEPS


def test_it_says_what_it_did_in_one_line_and_makes_all_ready(notebook, database, project):
    notebook.run("start_step(2)")
    assert notebook.printed.splitlines() == [f"Step 2, Core entities: {postgres.start().describe()}."]
    assert notebook.run("%sql select current_database()") == [(database.rpartition("/")[2],)]
    assert project.is_dir()
    assert notebook.save("queries.py", "x = 1\n") == "queries.py saved."


@pytest.fixture
def importable(monkeypatch):
    """Other processes find the workshop, also where it is not installed."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_child_processes_work_on_the_same_database(notebook, database, importable):
    notebook.run("start_step(2)")
    program = "from workshop import postgres; print(postgres.current_url())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=settings().project)
    assert done.stdout.strip() == database == os.environ["DATABASE_URL"]


def test_the_learners_own_connections_carry_the_notebooks_name(notebook, database, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/zoë/notebooks/02_core_entities.ipynb")
    notebook.run("start_step(2)")
    notebook.run("import sqlalchemy, os; engine = sqlalchemy.create_engine(os.environ['DATABASE_URL'])")
    name = "engine.connect().execute(sqlalchemy.text('show application_name')).scalar()"
    assert notebook.run(name) == "02_core_entities.ipynb"


def test_the_learners_own_connections_take_every_sign(notebook, database, monkeypatch):
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    notebook.run("start_step(2)")
    assert notebook.run("%sql select 'Zoë ł'") == [("Zoë ł",)]


@pytest.mark.parametrize("number", ["0", "9", "99", "-1", "'two'", "'2'", "None", "2.5", "True", "[2]"])
@pytest.mark.parametrize("name", ["start_step", "reset_step"])
def test_another_number_lists_the_steps(notebook, name, number):
    message = notebook.refuse(f"{name}({number})")
    assert message.startswith(f"There is no step {number}.")
    assert all(f"{step.number} {step.title}" in message for step in STEPS)
    assert all(f'"{extension.slug}"' in message for extension in EXTENSIONS)


def test_the_schema_follows_files_that_changed_meanwhile(shop, core, project, database, query):
    shop.run("build_schema(); start_step(2)")
    assert len(shop.printed.splitlines()) == 1
    (project / "models/core.py").write_text(core.replace('"products"\n', '"goods"\n'), "utf-8")
    shop.run("start_step(2)")
    assert shop.printed.splitlines()[1:] == ["Built 3 tables: users, categories, goods."]
    assert shop.run("Product.__tablename__") == "goods"


def test_no_row_is_lost_to_files_that_changed_meanwhile(shop, core, project, database, query):
    shop.run("build_schema()")
    query("insert into users values (1, 'a')")
    (project / "schemas").mkdir(exist_ok=True)
    (project / "schemas/02_core.sql").write_text("-- nothing that a database could differ in", "utf-8")
    shop.run("start_step(2)")
    assert len(shop.printed.splitlines()) == 1
    (project / "models/core.py").write_text(core.replace('"products"\n', '"goods"\n'), "utf-8")
    shop.run("start_step(2)")
    assert shop.printed.splitlines()[1:] == [
        "Your files have changed since the database was built, and it holds 1 row, so it is left as it is. "
        "build_schema() builds it anew, without them; build_indexes() keeps them, where only indexes changed."
    ]
    assert query("select count(*) from users") == [(1,)]


def test_a_new_notebook_has_the_models_again(shop, database):
    shop.run("build_schema()")
    shop.run("%reset -f")
    shop.run("from workshop import *")
    shop.run("start_step(3)")
    assert shop.run("User.__tablename__") == "users"


def test_a_broken_file_is_named_and_the_step_starts(shop, core, project, database, query):
    shop.run("build_schema()")
    (project / "models/core.py").write_text(core + "nope\n", "utf-8")
    shop.run("start_step(3)")
    assert "because of models/core.py, line" in shop.printed
    assert "| nope\n" in shop.printed
    assert shop.run("%sql select count(*) from users") == [(0,)]
    shop.save("models/core.py", core)


def test_a_schema_that_can_not_be_built_is_told_and_the_step_starts(shop, database):
    shop.run("build_schema()")
    shop.save("schemas/05_own.sql", "create tabel x ();\n")
    shop.run("start_step(3)")
    assert "The schema is not built, because of schemas/05_own.sql, line 1." in shop.printed
    assert shop.run("%sql select count(*) from users") == [(0,)]


def test_a_stopped_database_comes_back_with_its_data(shop):
    shop.run("start_step(2)")
    shop.run("%sql insert into users values (1, 'a')")
    shop.run("from workshop.postgres import stop; stop()")
    for cell in ("%sql select 1", "build_schema()", "show_diagram()"):
        assert "start_step(n)" in shop.refuse(cell)
    shop.run("start_step(2)")
    assert len(shop.printed.splitlines()) == 1
    assert shop.run("%sql select email from users") == [("a",)]


def test_it_works_without_ipython(importable, database, base, project):
    (project / "models").mkdir(parents=True)
    (project / "models/base.py").write_text(base, "utf-8")
    program = "from workshop import build_schema, start_step; start_step(2); print(build_schema()); import models.base"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "The schema is built; no file of the project makes a table yet."


def test_an_earlier_step_that_is_missing_is_told_in_one_sentence(notebook, database, query):
    notebook.run("catch_up(2); start_step(3)")
    assert notebook.printed.splitlines()[-1].startswith("Step 3, Product catalog: PostgreSQL"), "step 2 is there"
    notebook.run("start_step(5)")
    assert notebook.printed.splitlines()[1:] == [
        "Steps 3 (Product catalog) and 4 (Cart and orders) are not there yet, and step 5 builds on them: "
        "finish them, or call catch_up(4)."
    ]
    notebook.run("start_step(4)")
    assert notebook.printed.splitlines()[1:] == [
        "Step 3 (Product catalog) is not there yet, and step 4 builds on it: finish it, or call catch_up(3)."
    ]
    query("alter table products drop constraint ck_products_price_not_negative")
    notebook.run("start_step(3)")
    assert notebook.printed.splitlines()[1:] == [
        "Step 2 (Core entities) is not finished (28 of 29 rules hold), and step 3 builds on it: "
        "finish it, or call catch_up(2)."
    ]


def test_an_extension_says_which_of_its_steps_are_missing(notebook, database):
    notebook.run("catch_up(3); start_step('coupons')")
    assert [line.partition(":")[0] for line in notebook.printed.splitlines()[-2:-1]] == ["Extension, Coupons"]
    assert notebook.printed.splitlines()[-1] == (
        "Steps 4 (Cart and orders) and 5 (Inventory and reviews) are not there yet, and the extension coupons builds "
        "on them: finish them, or call catch_up(5)."
    )
    notebook.run("catch_up(5); start_step('coupons')")
    assert notebook.printed.splitlines()[-1].startswith("Extension, Coupons: PostgreSQL")


def test_names_of_the_learners_own_count(notebook, database, project, query):
    notebook.run("catch_up(2)")
    query("alter table users rename to members")
    (project / "names.toml").write_text('[tables]\nusers = "members"\n', "utf-8")
    notebook.run("start_step(3)")
    assert len(notebook.printed.splitlines()) == 1


def test_where_nobody_can_tell_nothing_is_told(notebook, database, project):
    project.mkdir()
    (project / "names.toml").write_text("users: members", "utf-8")
    notebook.run("start_step(3)")
    assert len(notebook.printed.splitlines()) == 1


CATALOG = "from models.core import Product\n\nItem = Product\n"


def test_reset_moves_the_step_and_the_later_ones_and_builds_the_rest(shop, core, project, database, query):
    shop.save("config.py", "x = 1\n")
    shop.save("models/catalog.py", CATALOG)
    shop.save("queries.py", "from models import User\n")
    shop.save("schemas/03_triggers.sql", "create index on users (email);\n")
    shop.save("schemas/00_types.sql", "create type mood as enum ('ok');\n")
    shop.run("build_schema()")
    shop.run("reset_step(3)")
    first, second = shop.printed.splitlines()
    assert first.startswith("Moved models/catalog.py, queries.py and schemas/03_triggers.sql to ")
    assert second == "Built 3 tables: users, categories, products."
    (history,) = {path.parent for path in (settings().home / "history").glob("*/queries.py")}
    assert history.name in first
    assert (history / "models/catalog.py").read_text("utf-8") == CATALOG
    left = sorted(path.relative_to(project).as_posix() for path in project.rglob("*.*") if path.is_file())
    assert left == ["config.py", "models/__init__.py", "models/base.py", "models/core.py", "schemas/00_types.sql"]
    assert shop.run("'Item' in globals(), User.__tablename__") == (False, "users")


def test_reset_of_all_models_empties_the_database(shop, database, query):
    shop.run("build_schema(); reset_step(2)")
    assert "no file of the project makes a table yet" in shop.printed
    assert query("select to_regclass('users')") == [(None,)]
    assert shop.run("'User' in globals()") is False
    shop.run("reset_step(2)")
    assert shop.printed.startswith("Nothing to reset")
    shop.run("start_step(2)")
    assert fingerprint() and len(shop.printed.splitlines()) == 1


def test_reset_takes_models_of_any_name_and_an_init_of_the_learners_own(shop, project, database):
    shop.save("models/people.py", "from models.core import User\n\nPerson = User\n")
    shop.save("models/__init__.py", "from models.core import Base\nfrom models.people import Person\n")
    shop.run("build_schema(); reset_step(2)")
    moved = "Moved models/__init__.py, models/base.py, models/core.py and models/people.py to "
    assert shop.printed.startswith(moved)
    assert not list(project.rglob("*.py"))


def test_reset_of_an_extension_takes_its_own_files_and_reset_of_a_step_those_that_build_on_it(shop, project, database):
    for name in ("models/catalog.py", "models/wishlists.py", "models/coupons.py", "queries.py"):
        shop.save(name, CATALOG)
    shop.save("schemas/20_rules.sql", "select 1;\n")
    shop.run("build_schema(); reset_step('wishlists')")
    assert shop.printed.startswith("Moved models/wishlists.py and schemas/20_rules.sql to ")
    shop.run("reset_step('wishlists')")
    assert shop.printed == "Nothing to reset: the project has no files of the extension wishlists.\n"
    shop.run("reset_step(6)")
    assert shop.printed.startswith("Moved queries.py to ")
    shop.run("reset_step(3)")
    assert shop.printed.startswith("Moved models/catalog.py and models/coupons.py to ")
