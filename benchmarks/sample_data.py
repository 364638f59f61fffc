"""How long `load_sample_data()` takes for 100,000 orders.

    python benchmarks/sample_data.py [ORDERS]

Starts an embedded PostgreSQL of its own in a scratch folder (with the programs that WORKSHOP_POSTGRES_BIN names, if it
does), and prints for some designs of the tests the seconds that a load takes, the checks' outline included, and the
number of rows. The first is the reference; the others have many columns that nobody foresaw, rules in domains, every
key deferred, or partitions.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

DESIGNS = Path(__file__).parent.parent / "tests" / "checks" / "designs"
NAMES = ("reference", "many_extras", "domains", "deferred_composite", "triggers_and_partitions")


@contextmanager
def database(design: str) -> Iterator[str]:
    """A marked database with that design."""
    from workshop import postgres
    from workshop.postgres.connection import Address

    server = postgres.current_url()
    url = Address.parse(server).at(design).url()
    with closing(postgres.connect(server, "benchmark")) as admin, admin.cursor() as cursor:
        admin.autocommit = True
        cursor.execute(f"create database {design} template template0")
        with closing(postgres.connect(url, "benchmark")) as connection, connection, connection.cursor() as inside:
            postgres.write_mark(connection, postgres.Mark())
            inside.execute((DESIGNS / f"{design}.sql").read_text(encoding="utf-8"))
        yield url
        cursor.execute(f"drop database {design}")


def main(orders: int) -> None:
    from workshop import load_sample_data, postgres

    server = postgres.start()
    print(f"{server.describe().partition(', at')[0]}, {os.cpu_count()} cores, {orders:,} orders")
    for name in NAMES:
        with database(name) as url:
            started = time.perf_counter()
            with redirect_stdout(StringIO()):
                loaded = load_sample_data(orders, database_url=url)
            taken = time.perf_counter() - started
            print(f"{name:<26} {taken:6.1f} s   {sum(loaded.rows.values()):>9,} rows", *loaded.left_empty)


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
            main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
        finally:
            postgres.stop()
