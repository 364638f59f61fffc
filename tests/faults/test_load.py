"""A class that checks at the same moment, and a kernel that checks all day.

`WORKSHOP_TEST_CHECKS=1000` checks so many times in one kernel.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psutil
import pytest

from checks import check_step
from tests.checks.conftest import reference_sql
from tests.faults.conftest import FIRST, ROWS
from workshop import postgres
from workshop.postgres import embedded
from workshop.postgres.connection import Address
from workshop.postgres.embedded import Cluster
from workshop.settings import settings

LEARNERS = 200
CHECKS = int(os.environ.get("WORKSHOP_TEST_CHECKS", "200"))
#: Checks until everything that is loaded once, and kept, is loaded.
WARM_UP = 30
#: Bytes; the caches of Python and libpq breathe that much. A leak of 10 kB a check would be as much in CI.
BREATH = 2_000_000

Note = Callable[[str, object], None]


@pytest.fixture
def databases() -> Iterator[list[str]]:
    """URLs of a class's databases on one server, which has room for all of them at once."""
    server = postgres.start()
    embedded.stop(settings())
    with (Cluster(settings()).data / "postgresql.conf").open("a") as configuration:
        configuration.write(f"\nmax_connections = {LEARNERS + 20}\nfsync = off\nfull_page_writes = off\n")
    server = postgres.start()
    address = Address.parse(server.url)
    with closing(postgres.connect(server.url, "tests")) as shop, shop, shop.cursor() as cursor:
        cursor.execute(reference_sql(2) + ROWS.partition("insert into product_variants")[0])
    with closing(postgres.connect(address.at("postgres").url(), "tests")) as admin:
        admin.autocommit = True
        with admin.cursor() as cursor:
            for number in range(LEARNERS):
                cursor.execute(f"create database learner_{number} template {address.database} strategy file_copy")
    yield [address.at(f"learner_{number}").url() for number in range(LEARNERS)]


def test_a_class_checks_at_once(databases: list[str], record_property: Note) -> None:
    ready = threading.Barrier(LEARNERS)

    def check(url: str) -> float:
        ready.wait()
        started = time.monotonic()
        assert check_step(FIRST, database_url=url).passed
        return time.monotonic() - started

    with ThreadPoolExecutor(LEARNERS) as learners:
        seconds = sorted(learners.map(check, databases))
    record_property("cases", LEARNERS)
    record_property(
        "figure",
        f"{LEARNERS} learners check step {FIRST} at the same moment on one PostgreSQL, all in one process: "
        f"median {statistics.median(seconds):.1f} s, worst {seconds[-1]:.1f} s.",
    )


def test_the_memory_of_a_kernel_does_not_grow(build: Callable[[str], None], url: str, record_property: Note) -> None:
    build(reference_sql(2))
    process = psutil.Process()
    for _ in range(WARM_UP):
        check_step(FIRST, database_url=url)
    before = process.memory_info().rss
    for _ in range(CHECKS):
        str(check_step(FIRST, database_url=url))
    growth = process.memory_info().rss - before
    record_property("cases", CHECKS)
    record_property(
        "figure", f"memory of a kernel after {CHECKS} checks: {before / 1e6:.0f} MB, {growth / 1e6:+.1f} MB more."
    )
    assert growth < BREATH
