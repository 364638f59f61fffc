"""Step 1 on project folders: right ones taken, wrong ones turned down in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checks.grade import grade
from checks.outcome import Outcome
from checks.report import Report
from checks.subject import find_subject

CONFIG = """
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    database_url: str = "postgresql+psycopg2://workshop:workshop@127.0.0.1:5432/ecommerce"
    echo_sql: bool = False
"""

RIGHT = {
    "plain": CONFIG,
    "no default, a secret": """
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore")
    database_url: SecretStr
    echo_sql: bool = True
""",
    "a URL type, an alias, an instance": """
from pydantic import Field, PostgresDsn
from pydantic_settings import BaseSettings

print("hello from config.py")

class Settings(BaseSettings):
    database_url: PostgresDsn = Field(validation_alias="DATABASE_URL")
    echo_sql: bool = False
    pool_size: int = 5

settings = Settings()
""",
}

WRONG = {
    "a slip": ("setup.settings", CONFIG + "\ndef broken(:\n", "config.py could not be loaded"),
    "raises": ("setup.settings", CONFIG + "\n1 / 0\n", "ZeroDivisionError"),
    "exits": ("setup.settings", CONFIG + "\nraise SystemExit(3)\n", "SystemExit"),
    "dies": ("setup.settings", "import os\nos._exit(1)\n", "Python stopped"),
    "no class": ("setup.settings", "database_url = 'x'\n", "no class Settings"),
    "not pydantic": ("setup.settings", "class Settings:\n    database_url = 'x'\n", "pydantic_settings.BaseSettings"),
    "no echo_sql": ("setup.settings", CONFIG.replace("    echo_sql: bool = False\n", ""), "echo_sql"),
    "a prefix": (
        "setup.environment",
        CONFIG + "\n    model_config = {'env_prefix': 'SHOP_'}\n",
        "DATABASE_URL",
    ),
    "read by hand": (
        "setup.environment",
        CONFIG.replace("echo_sql: bool", "echo_sql: str").replace("= False", "= 'no'"),
        "ECHO_SQL",
    ),
}


@pytest.fixture
def check(database: str, tmp_path: Path) -> Callable[[str | None], Report]:
    """Grades a project folder with that config.py."""

    def check(config: str | None) -> Report:
        folder = tmp_path / "ecommerce-db"
        for name in ("schemas", "migrations", "tests", "scripts", "models"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        if config is not None:
            (folder / "config.py").write_text(config)
        return grade(1, find_subject(database, project=folder))

    return check


@pytest.mark.parametrize("config", RIGHT.values(), ids=RIGHT)
def test_right_settings_are_taken(check: Callable[[str | None], Report], config: str) -> None:
    report = check(config)
    assert {result.outcome for result in report.results} == {Outcome.PASS}, str(report)


@pytest.mark.parametrize(("rule", "config", "says"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_turned_down(
    check: Callable[[str | None], Report], rule: str, config: str, says: str
) -> None:
    report = check(config)
    failed = next(result for result in report.results if result.outcome is Outcome.FAIL)
    assert failed.rule.id == rule
    assert says in f"{failed.happened} {failed.next}"
    assert failed.next


def test_a_slip_is_told_with_its_line(check: Callable[[str | None], Report]) -> None:
    assert "line 3" in str(check("import os\n\ndef broken(:\n"))


def test_a_missing_config_and_a_missing_folder(database: str, tmp_path: Path) -> None:
    (tmp_path / "ecommerce-db" / "tests").mkdir(parents=True)
    text = str(grade(1, find_subject(database, project=tmp_path / "ecommerce-db")))
    assert "has no config.py" in text
    assert "schemas/, migrations/, scripts/, models/" in text


def test_nothing_begun_is_not_attempted(database: str, tmp_path: Path) -> None:
    report = grade(1, find_subject(database, project=tmp_path / "nothing"))
    assert {result.outcome for result in report.results} == {Outcome.NOT_ATTEMPTED}


def test_a_bare_url_that_means_another_driver_is_explained(
    database: str, tmp_path: Path, check: Callable[[str | None], Report]
) -> None:
    check(CONFIG)
    bare = database.replace("postgresql+psycopg2://", "postgresql+psycopg://")
    report = grade(1, find_subject(bare, project=tmp_path / "ecommerce-db"))
    [failed] = [result for result in report.results if result.outcome is Outcome.FAIL]
    assert failed.rule.id == "setup.connects"
    assert "postgresql+psycopg2://" in str(failed.next)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("config.py", CONFIG.replace("workshop:workshop@", "ada:hunter2@")),
        (".env", "DATABASE_URL=postgresql+psycopg2://ada:hunter2@db.example/shop"),
        ("scripts/seed.py", 'db_password = "hunter2"'),
    ],
)
def test_a_password_in_a_file_is_advised_against(
    check: Callable[[str | None], Report], tmp_path: Path, file: str, text: str
) -> None:
    check(CONFIG)
    (tmp_path / "ecommerce-db" / file).write_text(text)
    report = check(None)
    assert report.passed
    [advice] = [result for result in report.results if result.outcome is Outcome.ADVICE]
    assert advice.rule.id == "setup.no-password"
    assert file in str(advice.happened)
    assert "hunter2" not in str(report)
