"""How long `check_step` takes in a warm kernel, beside as many single assertions about the catalog.

    python benchmarks/check_step.py

Starts an embedded PostgreSQL of its own in a scratch folder, builds the reference schema of the tests, and prints
the median and the range of both in milliseconds. An assertion is what a test of a schema usually makes: one query of
the catalog for one fact, one after the other on an open connection.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

REFERENCE = Path(__file__).parent.parent / "tests" / "checks" / "designs" / "reference.sql"
STEPS = (2,)
ROUNDS = 25

#: One fact each, as `has_column`, `col_not_null`, `col_is_unique`, `fk_ok` and the like ask for it.
ASSERTIONS = (
    "select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where nspname = 'public' and relname = %(table)s and relkind = 'r')",
    "select exists (select from information_schema.columns where table_name = %(table)s and column_name = %(column)s)",
    "select is_nullable from information_schema.columns where table_name = %(table)s and column_name = %(column)s",
    "select data_type from information_schema.columns where table_name = %(table)s and column_name = %(column)s",
    "select column_default from information_schema.columns where table_name = %(table)s and column_name = %(column)s",
    "select exists (select from pg_constraint k join pg_class c on c.oid = k.conrelid"
    " where relname = %(table)s and contype = 'p')",
    "select exists (select from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_attribute a"
    " on a.attrelid = c.oid and a.attnum = any (k.conkey) where relname = %(table)s and attname = %(column)s"
    " and contype = 'u')",
    "select pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid"
    " where relname = %(table)s and contype = 'f'",
)
COLUMNS = (
    ("users", "email"),
    ("users", "created_at"),
    ("categories", "name"),
    ("products", "price"),
    ("products", "sku"),
)


def milliseconds(work: Callable[[], object]) -> list[float]:
    """How long it took, each of ROUNDS times, after two that don't count."""
    taken = []
    for _ in range(ROUNDS + 2):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return taken[2:]


def line(name: str, taken: list[float]) -> str:
    return f"{name:<58} {statistics.median(taken):7.1f} ms   ({min(taken):.1f} to {max(taken):.1f})"


def main() -> None:
    from checks import check_step
    from workshop import postgres

    server = postgres.start()
    with closing(postgres.connect(server.url, "benchmark")) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(REFERENCE.read_text(encoding="utf-8"))
        print(f"{server.describe().rpartition(', at')[0]}, {os.cpu_count()} cores, {ROUNDS} rounds, median (range)")
        for step in STEPS:
            report = check_step(step, database_url=server.url)
            assert report.passed, str(report)
            count = len(report.checks)
            questions = [
                (
                    ASSERTIONS[i % len(ASSERTIONS)],
                    dict(zip(("table", "column"), COLUMNS[i % len(COLUMNS)], strict=True)),
                )
                for i in range(count)
            ]

            def assertions(questions: list[tuple[str, dict[str, str]]] = questions) -> None:
                for sql, values in questions:
                    cursor.execute(sql, values)
                    cursor.fetchall()

            print(
                line(f"check_step({step}): {count} rules, catalog and probes", milliseconds(partial(check_step, step)))
            )
            print(line(f"{count} single catalog assertions, nothing tried", milliseconds(assertions)))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"WORKSHOP_HOME": home, "WORKSHOP_POSTGRES": "embedded", "WORKSHOP_PROJECT": f"{home}/project"}
        os.environ.pop("DATABASE_URL", None)
        try:
            main()
        finally:
            from workshop import postgres

            postgres.stop()
