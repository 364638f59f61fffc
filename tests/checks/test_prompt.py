"""copilot_prompt(n): what an assistant is told, and what it must never be told."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

from checks import copilot_prompt
from tests.checks.conftest import reference_sql
from workshop.errors import WorkshopError
from workshop.postgres.connection import Address

Build = Callable[[str], None]

NO_PRICE_RULE = "alter table products drop constraint price_not_negative;"

CORE = """\
class Product(Times, Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))  # < 0 is wrong & "bad"
    password_hash: Mapped[str] = mapped_column(String(255))
"""


@pytest.fixture(autouse=True)
def _workshop(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """The playground is the workshop's database."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("WORKSHOP_POSTGRES", "external")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], None]:
    """Puts a file into the learner's project."""

    def write(name: str, text: str) -> None:
        path = tmp_path / "ecommerce-db" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    return write


def test_it_holds_all_that_an_assistant_needs(build: Build, write: Callable[[str, str], None]) -> None:
    build(reference_sql(2) + NO_PRICE_RULE)
    write("models/core.py", CORE)
    write("schemas/02_core.sql", "create function touch() …")
    write("models/catalog.py", "# of another step")
    text = str(copilot_prompt(2))
    assert "step 2: Core entities" in text
    for words in ("PostgreSQL 15 or newer", "SQLAlchemy 2.1", "psycopg2"):
        assert words in text
    assert "1. A price is never below zero." in text
    assert "Tried: insert into products" in text
    assert "Happened: PostgreSQL took a product with the price -1.00." in text
    assert "Where: products.price" in text
    assert "models/core.py\n```python\n" + CORE.strip() + "\n```" in text
    assert "schemas/02_core.sql\n```sql\ncreate function touch()" in text
    assert "of another step" not in text
    assert "Explain, don't fix" in text and "on another table" in text
    assert "Add CheckConstraint" not in text, "what to do is for the learner to find"
    assert "Two products can't share one SKU" not in text, "what holds is no matter of the prompt"


def test_before_anything_is_built_it_is_the_prompt_to_begin_with(
    build: Build, write: Callable[[str, str], None]
) -> None:
    build("")
    text = str(copilot_prompt(3))
    assert "not built anything" in text
    assert "- There is a table product_variants." in text
    assert "models/catalog.py, is still empty" in text
    write("models/catalog.py", "class ProductVariant(Base):\n    # TODO 3.1: name the table\n    ...\n")
    assert "# TODO 3.1: name the table" in str(copilot_prompt(3))


def test_of_a_step_that_passes_it_is_about_the_advice_or_the_reasons(build: Build) -> None:
    build(reference_sql(2) + "drop index users_email_lower")
    text = str(copilot_prompt(2))
    assert "good practice" in text and "1. Ada@shop.example and ada@shop.example are one account." in text
    build(reference_sql(2))
    assert "Ask me why" in str(copilot_prompt(2))


def test_what_waits_for_an_earlier_step_is_said(build: Build) -> None:
    build(reference_sql(3) + "drop table products cascade")
    assert "waits for something in an earlier step" in str(copilot_prompt(3))


def test_no_secret_is_in_it(build: Build, write: Callable[[str, str], None], url: str) -> None:
    build("")
    password = Address.parse(url).password
    assert password
    write(
        "config.py",
        f"""\
# the password of the database is {password}
class Settings(BaseSettings):
    database_url: str = "{url}"
    other_url: PostgresDsn = "postgres://ada@db.example/shop"
    queue: str = "amqp://ada:a@hunter2@queue.example/jobs"
    db_password: str = "hunter2"
    second_password: SecretStr = SecretStr(r"hunter2")
    third_password: str = Field(default="hunter2")
    fourth_password = '''hunter2'''
    api_key = 'hunter2'
    secrets = {{"token": "hunter2"}}
    dsn: str = "host=db.example password=hunter2 dbname=shop"
    docs: str = "https://www.postgresql.org/docs/"
""",
    )
    text = str(copilot_prompt(1))
    assert "class Settings(BaseSettings):" in text and "https://www.postgresql.org/docs/" in text
    for secret in (url, password, "hunter2", "db.example/shop", Address.parse(url).place):
        assert secret not in text


def test_a_schema_keeps_its_words(build: Build, write: Callable[[str, str], None]) -> None:
    """What only looks like a secret stays: the assistant has to see the columns."""
    build("")
    model = 'password: Mapped[str] = mapped_column(String(60), server_default="")\npassword_hash = Column(String(60))'
    write("models/core.py", model)
    assert model in str(copilot_prompt(2))


def test_it_can_be_copied_from_a_notebook(build: Build, write: Callable[[str, str], None]) -> None:
    build(reference_sql(2) + NO_PRICE_RULE)
    write("models/core.py", CORE + '# ```\n"""<script>alert(1)</script>"""\n')
    prompt = copilot_prompt(2)
    shown = prompt._repr_mimebundle_()
    assert shown["text/plain"] == str(prompt)
    assert "````python" in str(prompt), "a longer fence, as the file has one of its own"
    assert "<script>" not in shown["text/html"]
    [copied] = re.findall(r'<pre class="prompt"><code>(.*?)</code></pre>', shown["text/html"], re.S)
    assert unescape(copied) == str(prompt)


@pytest.mark.parametrize("step", [0, "2", None, 99])
def test_no_such_step_is_one_sentence(step: object) -> None:
    with pytest.raises(WorkshopError, match="There is no step"):
        copilot_prompt(step)
