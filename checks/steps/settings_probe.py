"""Loads the learner's config.py in a process of its own and prints what it says, as JSON.

Run with the project folder as working directory.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

#: Values that nobody sets by default, to see whether the environment wins.
OTHER_URL = "postgresql+psycopg2://somebody@another.example:6543/elsewhere"


def main() -> None:
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what config.py prints is no answer
    folder = Path.cwd()
    sys.path[0] = str(folder)
    try:
        told = _describe(importlib.import_module("config"))
    except BaseException as error:
        told = {"error": _sentence(error), "line": _line(error, folder / "config.py")}
    with answer:
        json.dump(told, answer)


def _describe(config: Any) -> dict[str, Any]:
    from pydantic_settings import BaseSettings

    settings = getattr(config, "Settings", None)
    if settings is None:
        return {"has_settings": False}
    if not (isinstance(settings, type) and issubclass(settings, BaseSettings)):
        return {"has_settings": True, "is_pydantic": False}
    fields = list(settings.model_fields)
    told = {"has_settings": True, "is_pydantic": True, "fields": fields}
    if {"database_url", "echo_sql"} <= set(fields):
        told["connects"] = _connects(settings)
        told["overrides"] = [
            ("DATABASE_URL", OTHER_URL, _with(settings, "DATABASE_URL", OTHER_URL, "database_url")),
            ("ECHO_SQL", True, _with(settings, "ECHO_SQL", "true", "echo_sql")),
            ("ECHO_SQL", False, _with(settings, "ECHO_SQL", "false", "echo_sql")),
        ]
    return told


def _with(settings: type[Any], variable: str, value: str, field: str) -> Any:
    """What a field is when an environment variable is set; text that begins with ! when it can't be made."""
    before = os.environ.get(variable)
    os.environ[variable] = value
    try:
        made = _plain(getattr(settings(), field))
    except Exception as error:
        return f"!not to be had: {_sentence(error)}"
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before
    return made


def _plain(value: Any) -> Any:
    """Secrets and URL objects as the text they stand for."""
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    if hasattr(value, "render_as_string"):
        return value.render_as_string(hide_password=False)
    return value if isinstance(value, bool) or value is None else str(value)


def _connects(settings: type[Any]) -> str | None:
    """Why an engine made from the settings does not connect, or None when it does."""
    from sqlalchemy import create_engine, text

    try:
        engine = create_engine(_plain(settings().database_url), connect_args={"connect_timeout": 5})
        with engine.connect() as connection:
            connection.execute(text("select 1"))
    except Exception as error:
        return _sentence(getattr(error, "orig", None) or error)
    return None


def _sentence(error: BaseException) -> str:
    lines = [line for line in str(error).strip().splitlines() if line]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _line(error: BaseException, file: Path) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == file]
    return frames[-1].lineno if frames else None


if __name__ == "__main__":
    main()
