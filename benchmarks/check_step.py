"""How long `check_step` takes in a warm kernel, beside as many single assertions about the catalog.

    python benchmarks/check_step.py

Starts an embedded PostgreSQL of its own in a scratch folder (with the programs that WORKSHOP_POSTGRES_BIN names, if it
does), builds the reference schema of the tests, and prints medians and ranges in milliseconds:

- the catalog query alone;
- each of the steps 2 to 6 alone, on a connection of its own: catalog and probes;
- single assertions about the catalog, one after the other on a connection that is open and warm: a query each, and, on
  a server that has the extension, a pgTAP assertion each. As many as the step has rules; and as many as the step asks
  questions, which is what pgTAP would need to ask them all: a rule is proved by several, since a row that must be
  taken and the INSERT and the UPDATE that must be refused are each a question of its own;
- each step as a learner calls it, with the look at the steps before;
- step 2 again with 10 and with 5,000 further tables, which are none of its business.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).parent.parent / "tests" / "checks" / "designs" / "reference.sql"
ROUNDS = 25
#: The steps that are about the database alone; the others run the learner's files as well.
ON_THE_DATABASE = range(2, 7)

#: One fact each.
QUERIES = (
    "select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where nspname = 'public' and relname = 'users' and relkind = 'r')",
    "select exists (select from information_schema.columns where table_name = 'users' and column_name = 'email')",
    "select is_nullable from information_schema.columns where table_name = 'products' and column_name = 'price'",
    "select data_type from information_schema.columns where table_name = 'products' and column_name = 'price'",
    "select column_default from information_schema.columns where table_name = 'users' and column_name = 'created_at'",
    "select exists (select from pg_constraint k join pg_class c on c.oid = k.conrelid"
    " where relname = 'categories' and contype = 'p')",
    "select exists (select from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_attribute a"
    " on a.attrelid = c.oid and a.attnum = any (k.conkey) where relname = 'products' and attname = 'sku'"
    " and contype = 'u')",
    "select pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid"
    " where relname = 'products' and contype = 'f'",
)
PGTAP = (
    "select has_table('users')",
    "select has_column('users', 'email')",
    "select col_not_null('products', 'price')",
    "select col_type_is('products', 'price', 'numeric(10,2)')",
    "select col_has_default('users', 'created_at')",
    "select col_is_pk('categories', 'id')",
    "select col_is_unique('products', 'sku')",
    "select fk_ok('products', 'category_id', 'categories', 'id')",
)


def milliseconds(work: Callable[[], object]) -> list[float]:
    """How long it took, each of ROUNDS times, after two that don't count."""
    taken = []
    for _ in range(ROUNDS + 2):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return taken[2:]


def show(name: str, taken: Sequence[float], beside: Sequence[float] | None = None) -> None:
    """A line for what was taken; or for what is measured `beside` a step, and which part of it the step takes."""
    shown = beside or taken
    median = statistics.median(shown)
    ratio = f"   the step takes {statistics.median(taken) / median:4.2f} of it" if beside else ""
    print(f"{name:<56} {median:7.1f} ms   ({min(shown):.1f} to {max(shown):.1f}){ratio}", flush=True)


def count_questions(work: Callable[[], object]) -> int:
    """How many statements a step tries."""
    from checks.session import Session

    asked, run = [], Session._run

    def counted(*arguments: Any) -> Any:
        asked.append(arguments)
        return run(*arguments)

    Session._run = counted  # type: ignore[assignment,method-assign]
    try:
        work()
    finally:
        Session._run = run  # type: ignore[method-assign]
    return len(asked)


def ask_all(cursor: Any, queries: Sequence[str]) -> None:
    for query in queries:
        cursor.execute(query)
        cursor.fetchall()


def with_pgtap(superuser_url: str) -> bool:
    """Install the extension where the server has it."""
    from workshop import postgres

    with closing(postgres.connect(superuser_url, "benchmark")) as connection, connection.cursor() as cursor:
        cursor.execute("select from pg_available_extensions where name = 'pgtap'")
        if cursor.rowcount:
            cursor.execute(
                "create schema tap; create extension pgtap with schema tap; grant usage on schema tap to public"
            )
        connection.commit()
        return bool(cursor.rowcount)


def main(home: Path) -> None:
    from checks import check_step, contract
    from checks.catalog import read_catalog
    from checks.grade import grade
    from checks.subject import find_subject
    from workshop import postgres
    from workshop.postgres.connection import Address

    server = postgres.start()
    keys = json.loads((home / "postgres" / "data" / "workshop.json").read_text(encoding="utf-8"))
    superuser = replace(Address.parse(server.url), user="postgres", password=keys["superuser"])
    print(f"{server.describe().partition(', at')[0]}, {os.cpu_count()} cores, {ROUNDS} rounds: median (range)")
    with closing(postgres.connect(server.url, "benchmark")) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(REFERENCE.read_text(encoding="utf-8"))

        def ask(sql: str, values: Any) -> list[tuple[Any, ...]]:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

        cursor.execute("set jit = off")
        show("the catalog query, as facts", milliseconds(partial(read_catalog, ask, contract.stored_names())))
        tap = with_pgtap(superuser.url())
        for step in ON_THE_DATABASE:
            subject = find_subject()
            rules, questions = len(contract.step(step).rules), count_questions(partial(grade, step, subject))
            taken = milliseconds(partial(grade, step, subject))
            show(f"step {step} alone: {rules} rules, {questions} questions", taken)
            for count, what in ((rules, "rules"), (questions, "questions")):
                queries = milliseconds(partial(ask_all, cursor, list(islice(cycle(QUERIES), count))))
                show(f"  {count} single queries of the catalog (as {what})", taken, queries)
                if tap:
                    cursor.execute("begin; set local search_path = public, tap; select * from no_plan()")
                    pgtap = milliseconds(partial(ask_all, cursor, list(islice(cycle(PGTAP), count))))
                    show(f"  {count} single pgTAP assertions (as {what})", taken, pgtap)
                    cursor.execute("rollback")
            show(f"check_step({step})", milliseconds(partial(check_step, step)))
        for further in (10, 5000):
            _make_tables(cursor, further)
            show(f"check_step(2) beside {further:,} further tables", milliseconds(partial(check_step, 2)))
    if not tap:
        print("(This server has no pgTAP; Debian's has, with postgresql-15-pgtap, and WORKSHOP_POSTGRES_BIN names it.)")


def _make_tables(cursor: Any, count: int) -> None:
    """Ordinary tables with a key, a sequence and a foreign key each, until there are that many."""
    for number in range(count):
        cursor.execute(
            f"create table if not exists further_{number}"
            " (id serial primary key, name text not null unique, parent int references further_0)"
        )
    cursor.execute("analyze")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {
            "WORKSHOP_HOME": scratch,
            "WORKSHOP_POSTGRES": "embedded",
            "WORKSHOP_PROJECT": f"{scratch}/project",
        }
        os.environ.pop("DATABASE_URL", None)
        from workshop import postgres

        try:
            main(Path(scratch))
        finally:
            postgres.stop()
