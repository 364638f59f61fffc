"""The rules of step 1: project setup."""

from __future__ import annotations

from checks.contract.model import Criterion, Level, Step, rules

STEP = Step(
    1,
    "Project setup",
    (
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            setup__folders="The project folder has `schemas/`, `migrations/`, `tests/`, `scripts/` and `models/`.",
            setup__settings="`config.py` has pydantic-settings `Settings` with `database_url` and `echo_sql`.",
            setup__environment="The environment variables `DATABASE_URL` and `ECHO_SQL` override `config.py`.",
            setup__connects="A SQLAlchemy engine made from the settings connects to the database.",
            setup__server="The server is PostgreSQL 15 or newer.",
        ),
        *rules(
            Level.ADVICE,
            Criterion.INTEGRITY,
            setup__no_password="No file of the project holds a password, other than the local workshop's default.",
        ),
    ),
)
