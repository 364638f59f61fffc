"""Builds a submission's database. Runs as a confined process of its own: code of the learner's is at work here.

On standard input comes, as JSON, `{"url": …, "dump": name or null}`; the working directory is the project. The answer
is printed as JSON: `{"built": sentence}` or `{"fault": sentence}`. It explains, and counts for nothing: the grade is
read from the database.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from contextlib import closing
from pathlib import Path

import psycopg2

from checks.grading.dump import Part, decoded, parts
from checks.inside import answer_channel
from workshop import project, schema
from workshop.errors import WorkshopError
from workshop.faults import plain_reason
from workshop.postgres import connect

#: What a dump says about the server that it was made on: other roles, other versions, what only a superuser may.
_ABOUT_THE_SERVER = re.compile(
    r"\s*(alter\s+[^;]*?\bowner\s+to\b|grant\b|revoke\b|alter\s+default\s+privileges\b|set\s|create\s+(role|user|database)\b"
    r"|alter\s+(role|user|database)\b|drop\s+(role|database)\b|comment\s+on\s+(extension|schema|database)\b"
    r"|create\s+schema\s+(if\s+not\s+exists\s+)?\"?public\b|alter\s+schema\b|drop\s+schema\b|create\s+extension\b"
    r"|security\s+label\b|create\s+(publication|subscription|event\s+trigger)\b|select\s+pg_catalog\.setval\b)",
    re.IGNORECASE,
)
_MOST_WORDS = 2_000  # characters of an answer


def main() -> None:
    """Build, and answer; whatever goes wrong is an answer too."""
    answer = answer_channel()
    asked = json.load(sys.stdin)
    try:
        told = {"built": _build(asked["url"], asked["dump"])}
    except MemoryError:
        told = {"fault": "It takes more memory than it may.", "memory": "yes"}
    except WorkshopError as error:
        told = {"fault": str(error)}
    except BaseException as error:
        told = {"fault": plain_reason(error) if isinstance(error, Exception) else f"It ended with {error!r}."}
    with answer:
        json.dump({key: value[:_MOST_WORDS] for key, value in told.items()}, answer)


def _build(url: str, dump: str | None) -> str:
    if dump is not None:
        return _load(url, Path(dump))
    os.environ["WORKSHOP_PROJECT"] = str(Path.cwd())
    if not project.project_files():
        return "There is no file in models/ or schemas/ yet, so there is nothing to build."
    return str(schema.rebuild(url, replace=True))


def _load(url: str, path: Path) -> str:
    try:
        text = decoded(path.read_bytes())
    except ValueError:
        raise WorkshopError("The dump is not text in UTF-8.") from None
    faults, done = [], 0
    with closing(connect(url, "grading")) as connection:
        connection.autocommit = True
        for part in parts(text):
            try:
                _send(connection, part)
                done += 1
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                if connection.closed:
                    raise WorkshopError(f"PostgreSQL broke off in line {part.line} of the dump.") from None
                faults.append(_told(part, error))
            except psycopg2.Error as error:
                if not _ABOUT_THE_SERVER.match(part.sql):
                    faults.append(_told(part, error))
    if not faults:
        return f"{done} statements of the dump were taken."
    more = f" {len(faults)} statements failed, and this was the first." if faults[1:] else ""
    raise WorkshopError(f"{faults[0]}{more}")


def _send(connection: psycopg2.extensions.connection, part: Part) -> None:
    with connection.cursor() as cursor:
        if part.rows is None:
            cursor.execute(part.sql)
        else:
            cursor.copy_expert(part.sql, io.StringIO(part.rows))


def _told(part: Part, error: psycopg2.Error) -> str:
    words = (error.diag.message_primary or str(error)).strip().rstrip(".")
    return f"Line {part.line} of the dump was not taken: {words}."


if __name__ == "__main__":
    main()
