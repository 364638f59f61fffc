"""`%%project_file`: a file is written when the project loads with it, and nothing of the learner's gets lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workshop import project as workshop_project
from workshop.settings import settings


def test_a_saved_file_says_what_it_defines_and_the_notebook_has_it(notebook, base, core, project):
    assert notebook.save("models/base.py", base) == "models/base.py saved: Base."
    assert notebook.save("models/core.py", core) == "models/core.py saved: User, Category, Product."
    assert (project / "models/core.py").read_text("utf-8") == core
    assert notebook.run("User.__table__.c.keys(), Base.metadata.tables.keys() >= {'products'}") == (
        ["id", "email"],
        True,
    )
    assert notebook.run("from models import User as Again; import models; Again is User is models.core.User")


def test_a_saved_file_says_what_makes_no_table_and_no_column(notebook, project):
    sketching = "        cls.__abstract__ = not hasattr(cls, '__tablename__')\n        super()"
    notebook.save("models/base.py", SKETCHING_BASE.replace("        super()", sketching))
    text = (
        "from decimal import Decimal\n\nfrom sqlalchemy import Numeric, String\n"
        "from sqlalchemy.orm import Mapped, mapped_column\n\nfrom models.base import Base\n\n\n"
        "class User(Base):\n    _tablename_ = 'users'\n    email: Mapped[str] = mapped_column(primary_key=True)\n\n\n"
        "class Product(Base):\n    __tablename__ = 'products'\n    sku: Mapped[str] = mapped_column(primary_key=True)\n"
        "    price: Mapped[Decimal] = Numeric(10, 2)\n    name = String\n\n\n"
        "class Mug(Product):\n    pass\n"
    )
    assert notebook.save("models/core.py", text).splitlines() == [
        "models/core.py saved: User, Product, Mug.",
        "User has no __tablename__ yet, and so makes no table.",
        "Product.price is only a type and makes no column: put it into mapped_column(…).",
        "Product.name is only a type and makes no column: put it into mapped_column(…).",
    ]


def test_cells_run_again_in_any_order(shop, base, core):
    catalog = "from models import Base, Product\n\n\nclass Variant(Base):\n    __table__ = Product.__table__\n"
    for name, text in 2 * [("models/core.py", core), ("models/base.py", base), ("models/core.py", core)]:
        shop.save(name, text)
    assert shop.run("Product.category.property.mapper.class_ is Category")
    assert "Variant" in shop.save("models/catalog.py", catalog)
    shop.save("models/core.py", core)
    shop.save("models/base.py", base)
    assert shop.run("issubclass(Variant, Base) and Variant.__table__ is Product.__table__")


def test_what_a_cell_no_longer_defines_leaves_the_notebook(shop, core):
    shop.run("mine = 1; Category = 'mine'")
    shop.save("models/core.py", core.replace("User", "Person"))
    assert shop.run("'User' in globals(), mine, Person.__tablename__") == (False, 1, "users")


def test_two_saves_of_equal_size_within_a_second_are_two(shop, core, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)  # the compiled files are the trap
    for length in (101, 102, 103):
        shop.save("models/core.py", core.replace("String(100)", f"String({length})"))
        assert shop.run("User.email.type.length") == length
        assert shop.run("from models.core import User as Fresh; Fresh.email.type.length") == length


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("String(100)", "Strong(100)", "Strong(100)", "NameError: name 'Strong' is not defined"),
        ("String(100), unique", "String(100, unique", "String(100, unique", "Python can't read this line: '('"),
        ('Mapped[list["Product"]]', 'Mapped[list["Produkt"]]', "Produkt", "No class Produkt is in the project"),
        ('back_populates="products"', 'back_populates="stuff"', "stuff", "The other side of this relationship, stuff"),
        ('"products"\n', '"users"\n', "class Product(Base)", "makes the table users twice"),
        ("mapped_column(primary_key=True)\n    email", "mapped_column()\n    email", "class User", "no primary key"),
        ("String(100), unique", "String(100), server_default=False, unique", "server_default", "this is a Python bool"),
        ("email: Mapped[str]", "email: str", "email: str", "has to read Mapped[…]"),
        ("from models.base", "from models.bases", "models.bases", "The project has no models/bases.py yet"),
        ("models.base import Base", "models.base import Bass", "Bass", "There is no Bass to import in models.base"),
        ("class User", "import sys; sys.exit()\n\n\nclass User", "sys.exit()", "ends Python"),
        ("class User", "raise KeyboardInterrupt\n\n\nclass User", "KeyboardInterrupt", "interrupted"),
        ("class User", "1 / 0\n\n\nclass User", "1 / 0", "ZeroDivisionError: division by zero"),
        ("class User", "raise BaseException('oh')\n\n\nclass User", "raise BaseException", "BaseException: oh"),
    ],
)
def test_a_text_that_does_not_load_shows_its_line_and_changes_nothing(shop, core, project, old, new, line, words):
    text = core.replace(old, new)
    message = shop.refuse_file("models/core.py", text)
    shown = next(row for row in message.splitlines() if " | " in row)
    number, _, code = shown.partition(" | ")
    assert line in code
    assert text.splitlines()[int(number) - 1] == code
    assert f"models/core.py is not saved, because of line {int(number)}." in message
    assert words in message
    assert "The last good one stays" in message
    assert "workshop" not in code
    assert (project / "models/core.py").read_text("utf-8") == core
    assert (settings().home / "drafts/models/core.py").read_text("utf-8") == text
    assert shop.run("from models.core import User as Same; Same is User and User.email.type.length == 100")
    shop.save("models/core.py", core)
    assert not (settings().home / "drafts/models/core.py").exists()


SKETCHING_BASE = """\
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
"""

WEIGHED = """\
from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Parcel(Base):
    __tablename__ = "parcels"

    weight: Mapped[int] = mapped_column(primary_key=True)
    __table_args__ = (CheckConstraint("weight < 30", name="light"),)
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (', name="light"', "", "A CheckConstraint here has no name"),
        ('"),)', '"))', "in brackets and with a comma at the end"),
    ],
)
def test_a_base_that_passes_classes_on_is_not_to_blame(notebook, old, new, words):
    notebook.save("models/base.py", SKETCHING_BASE)
    assert notebook.save("models/parcel.py", WEIGHED) == "models/parcel.py saved: Parcel."
    message = notebook.refuse_file("models/parcel.py", WEIGHED.replace(old, new))
    assert "not saved, because of line 7.\n\n     7 | class Parcel(Base):" in message
    assert words in message


def test_a_base_with_an_error_of_its_own_is_to_blame(notebook):
    notebook.save("models/base.py", SKETCHING_BASE.replace("super()", "nothing; super()"))
    message = notebook.refuse_file("models/parcel.py", WEIGHED)
    assert "because of models/base.py, line 9." in message
    assert "NameError: name 'nothing' is not defined" in message


def test_the_fault_of_another_file_is_named_there(shop, core, project):
    broken = "from models.base import Base\n\nx = Base.nothing\n"
    (project / "models/catalog.py").write_text(broken, "utf-8")
    message = shop.refuse_file("models/core.py", core + "\n")
    assert "models/core.py is not saved, because of models/catalog.py, line 3." in message
    assert "     3 | x = Base.nothing" in message


def test_two_files_that_changed_together_are_saved_together(shop, core, project):
    catalog = "from models.core import User\n\nOwner = User\n"
    shop.save("models/catalog.py", catalog)
    renamed = core.replace("User", "Person")
    assert "because of models/catalog.py, line 1" in shop.refuse_file("models/core.py", renamed)
    assert (project / "models/core.py").read_text("utf-8") == core
    line = shop.save("models/catalog.py", catalog.replace("User", "Person"))
    assert "The draft of models/core.py fits now, and is saved too." in line
    assert (project / "models/core.py").read_text("utf-8") == renamed


def test_what_is_replaced_is_kept(shop, core, project):
    shop.save("models/core.py", core + "\n# mine\n")
    shop.save("models/core.py", core)
    kept = sorted((settings().home / "history").glob("*/models/core.py"))
    assert [path.read_text("utf-8") for path in kept] == [core, core + "\n# mine\n"]


def test_files_that_no_model_needs_are_only_read_by_python(notebook, project):
    assert notebook.save("tests/test_schema.py", "import no_such_thing\n") == "tests/test_schema.py saved."
    assert notebook.save("schemas/03_triggers.sql", "create %s :x {y} $$") == "schemas/03_triggers.sql saved."
    assert "because of line 1" in notebook.refuse_file("tests/test_schema.py", "def (:\n")
    assert (project / "tests/test_schema.py").read_text("utf-8") == "import no_such_thing\n"
    assert (project / "schemas/03_triggers.sql").read_bytes() == b"create %s :x {y} $$\n"


def test_config_is_there_and_fresh_after_each_save(notebook, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/config.py").write_text("value = 'of another project'\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    notebook.run("import config")
    text = "class Settings:\n    echo_sql = False\n\n\nsettings = Settings()\n"
    assert notebook.save("config.py", text) == "config.py saved: Settings, settings."
    assert notebook.run("config.settings.echo_sql is settings.echo_sql is False")
    notebook.save("config.py", text.replace("False", "True"))
    assert notebook.run("config.settings.echo_sql is True and isinstance(settings, config.Settings)")


def test_a_models_package_from_elsewhere_is_not_taken(notebook, base, tmp_path, monkeypatch):
    (tmp_path / "elsewhere/models").mkdir(parents=True)
    (tmp_path / "elsewhere/models/__init__.py").write_text("Base = 'of another project'\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    notebook.run("import models")
    notebook.save("models/base.py", base)
    assert notebook.run("from models import Base as Found; Found is Base and models.Base is Base")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Which file is this?"),
        ("models/core", "is it models/core.py or models/core.sql?"),
        ("../core.py", "outside the project folder"),
        ("models/../../core.py", "outside the project folder"),
        ("/tmp/core.py", "outside the project folder"),
        ("C:\\core.py", "outside the project folder"),
        ("~/core.py", "outside the project folder"),
        ("models/2core.py", "Python can't import a file called 2core.py"),
        ("models/my-core.py", "Python can't import a file called my-core.py"),
        ("schemas/a?.sql", "is no file name"),
        ("models/base.py/core.py", "models/base.py is a file"),
        ("link/core.py", "leads out of the project folder through a link"),
        ("folder.sql", "is a folder already"),
    ],
)
def test_a_name_that_does_not_fit_is_refused(shop, project, tmp_path, name, words):
    (project / "folder.sql").mkdir()
    (tmp_path / "outside").mkdir()
    try:
        (project / "link").symlink_to(tmp_path / "outside", target_is_directory=True)
    except OSError:
        pytest.skip("no right to make links here")
    before = sorted(tmp_path.rglob("*"))
    assert words in shop.refuse_file(name, "x = 1\n")
    assert sorted(tmp_path.rglob("*")) == before


def test_backslashes_and_quotes_in_a_name_are_understood(notebook, base, project):
    assert notebook.save('"models\\base.py"', base) == "models/base.py saved: Base."
    assert (project / "models/base.py").is_file()


def test_an_empty_cell_leaves_the_file(shop, core, project):
    assert "The cell is empty" in shop.refuse_file("models/core.py", " \n\n")
    assert (project / "models/core.py").read_text("utf-8") == core


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="rights don't bind root, nor Windows")
def test_a_folder_that_can_not_be_written_to_is_one_sentence(shop, core, project):
    (project / "models").chmod(0o500)
    try:
        assert "can't be written to" in shop.refuse_file("models/core.py", core + "# more\n")
    finally:
        (project / "models").chmod(0o700)


def test_the_project_works_without_the_workshop(shop, core, project):
    catalog = "from models import Base, Product\n\n\nclass Variant(Base):\n    __table__ = Product.__table__\n"
    shop.save("models/catalog.py", catalog)  # before core.py in order of name, and in need of it
    program = "from models import Base, Variant; print(*sorted(Base.metadata.tables))"
    done = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("categories products users", "")


def test_a_models_package_without_a_base_can_be_imported(notebook, project):
    notebook.save("models/nothing.py", "x = 1\n")
    done = subprocess.run([sys.executable, "-c", "import models"], cwd=project, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_older_style_and_plain_tables_are_found(notebook):
    notebook.save(
        "models/core.py",
        "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import declarative_base\n\n"
        "Base = declarative_base()\n"
        '\n\nclass User(Base):\n    __tablename__ = "users"\n    id = Column(Integer, primary_key=True)\n',
    )
    line = notebook.save(
        "models/tables.py",
        "from sqlalchemy import Column, Integer, MetaData, Table\n\nmetadata = MetaData()\n"
        'stock = Table("stock", metadata, Column("id", Integer, primary_key=True))\n',
    )
    assert line == "models/tables.py saved: metadata, stock."
    found = [sorted(metadata.tables) for metadata in workshop_project.load_models()]
    assert sorted(found) == [["stock"], ["users"]]


def test_load_models_keeps_the_notebooks_classes_until_a_file_changes(shop, core, project):
    shop.run("Kept = User")
    workshop_project.load_models()
    assert shop.run("User is Kept")
    (project / "models/core.py").write_text(core.replace("String(100)", "String(50)"), "utf-8")
    workshop_project.load_models()
    assert shop.run("User is not Kept and User.email.type.length == 50")


def test_the_fingerprint_follows_models_and_sql_but_not_line_endings(shop, core, project):
    before = workshop_project.fingerprint()
    shop.save("config.py", "x = 1\n")
    (project / "models/core.py").write_bytes(core.replace("\n", "\r\n").encode())
    assert workshop_project.fingerprint() == before
    shop.save("schemas/05_index.sql", "select 1\n")
    changed = workshop_project.fingerprint()
    assert changed != before
    (project / "schemas/05_index.sql").rename(project / "schemas/06_index.sql")
    assert workshop_project.fingerprint() not in (before, changed)


def test_the_files_that_build_the_schema_come_in_order(shop, project):
    for name in ("05_b.sql", "00_types.sql", "10_c.sql"):
        shop.save(f"schemas/{name}", "select 1\n")
    names = [path.relative_to(project).as_posix() for path in workshop_project.project_files()]
    assert names == [
        "models/__init__.py",
        "models/base.py",
        "models/core.py",
        "schemas/00_types.sql",
        "schemas/05_b.sql",
        "schemas/10_c.sql",
    ]


def test_a_project_in_a_folder_with_an_unusual_name(notebook, base, core, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHOP_PROJECT", str(tmp_path / "Zoë's shop (1)"))
    notebook.save("models/base.py", base)
    notebook.save("models/core.py", core)
    assert Path(notebook.run("import models; models.__file__")) == tmp_path / "Zoë's shop (1)/models/__init__.py"
    assert "line 7" in notebook.refuse_file("models/core.py", core.replace("class User", "1 / 0\nclass User"))


def test_half_a_character_is_one_sentence(notebook, project):
    notebook.shell.user_ns["half"] = "x = '\ud800'"
    message = notebook.refuse("get_ipython().run_cell_magic('project_file', 'config.py', half)")
    assert message.startswith("config.py is not saved")
    assert not (project / "config.py").exists()


def test_files_put_there_by_hand_make_a_package(notebook, base, project):
    (project / "models").mkdir(parents=True)
    (project / "models/base.py").write_text(base, "utf-8")
    workshop_project.load_models()
    assert notebook.run("from models import Base as Found; Found is Base")
    assert (project / "models/__init__.py").read_text("utf-8") == workshop_project.MODELS_INIT
