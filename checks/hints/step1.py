"""Hints for step 1: project setup."""

from __future__ import annotations

from checks.hints.model import Hint, python, sql

HINTS: dict[str, Hint] = {
    "setup.folders": Hint(
        "Whoever helps Mina next wants to find things without asking. Folders with usual names say where tables, SQL, "
        "small helpers and tests are.",
        "The project folder `ecommerce-db`. In Python, `Path.mkdir(exist_ok=True)` makes one folder, and a loop makes "
        "all five: `models`, `schemas`, `migrations`, `scripts` and `tests`. The report names those that are missing.",
        python(
            "An atlas needs a folder for maps and one for photos:",
            """
            from pathlib import Path

            atlas = Path("atlas")
            for name in ("maps", "photos"):
                (atlas / name).mkdir(parents=True, exist_ok=True)
            """,
        ),
        "Why is it good that this cell can be run twice?",
    ),
    "setup.settings": Hint(
        "Where the database is differs from computer to computer, so the address can't stand in the code of the shop. "
        "One class holds all such values, and everybody knows where to look.",
        "The file `config.py`, saved by a cell that begins with `%%project_file config.py`. In it, a class `Settings` "
        "that is derived from `BaseSettings` of `pydantic_settings`. Its fields are `database_url`, a `str`, and "
        "`echo_sql`, a `bool`.",
        python(
            "What a library can set:",
            """
            from pydantic_settings import BaseSettings


            class Library(BaseSettings):
                city: str = "Lund"
                opens_on_sunday: bool = False
            """,
        ),
        "Why does a field need a type, when the environment holds nothing but text?",
    ),
    "setup.environment": Hint(
        "The shop runs on Mina's laptop and on a server, from the same files. What differs between the two is told "
        "from outside.",
        "The class `Settings` in `config.py`. A field reads the variable of the same name in capital letters. For "
        "that, the class has no `env_prefix`, the field has no other alias, and `Settings()` is called without values.",
        python(
            "The environment opens this library an hour earlier:",
            """
            import os


            class Library(BaseSettings):
                opening_hour: int = 9


            os.environ["OPENING_HOUR"] = "8"
            print(Library().opening_hour)  # 8
            """,
        ),
        "Why does the environment win over the file, and not the other way round?",
    ),
    "setup.connects": Hint(
        "An address that leads nowhere is often found out late, by a customer. So the first thing to do with an "
        "address is to knock.",
        "The field `database_url` in `config.py`, and the variable `DATABASE_URL`, which `start_step(1)` sets. The URL "
        "has to begin with `postgresql+psycopg2://`: the word after the plus names the driver. Call `start_step(1)` "
        "first, then check again.",
        python(
            "A library asks its archive for the time:",
            """
            from sqlalchemy import create_engine, text

            engine = create_engine(Library().archive_url)
            with engine.connect() as connection:
                print(connection.scalar(text("select now()")))
            """,
        ),
        "Why does the short form `postgresql://` not say enough?",
    ),
    "setup.server": Hint(
        "Some rules of the shop need words that older servers don't know, such as unique rules that count empty "
        "values. So the shop asks for one that is new enough.",
        "This is not about your code but about the server to which `DATABASE_URL` leads. The first line of "
        "`start_step(1)` says which one that is. Take the variable out of the environment and restart the kernel: the "
        "workshop then brings a new enough server along.",
        sql(
            "Any server says how old it is:",
            """
            select current_setting('server_version') as version,
                   current_setting('server_version_num')::int / 10000 as major,
                   current_setting('server_version_num')::int >= 150000 as is_new_enough;
            """,
        ),
        "Why is it better to learn this now than when a rule fails?",
    ),
    "setup.no-password": Hint(
        "A file goes wherever the project goes: into git, into backups, into a mail. Whoever gets a copy gets the "
        "database.",
        "The file and the line that the report names. Leave the password out, and set `DATABASE_URL` in the "
        "environment before you start the program. What stays in the file is the name of the setting.",
        python(
            "The code of a library's door stands in no file:",
            """
            from pydantic import SecretStr
            from pydantic_settings import BaseSettings


            class Library(BaseSettings):
                door_code: SecretStr  # no default: DOOR_CODE has to be set
            """,
        ),
        "Why does it not help to delete the line later, when the project is in git?",
    ),
}
