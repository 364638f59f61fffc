"""A notebook that runs alone, or in another order, finds the steps before its own and nothing else."""

from __future__ import annotations

from contextlib import closing

import pytest

from workshop import postgres, project
from workshop.reference import files_until
from workshop.scratch import make_ready_for
from workshop.settings import settings
from workshop.steps import find_step


def tables(url: str) -> set[str]:
    with closing(postgres.connect(url, "tests")) as connection, connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        return {name for (name,) in cursor.fetchall()}


def files() -> set[str]:
    """Those that a step makes."""
    folder = settings().project
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    return {name for name in found if not name.endswith(("__init__.py", ".pyc"))}


def of_steps_until(key: int) -> set[str]:
    return {str(path) for path in files_until(key)}


@pytest.mark.parametrize(("before", "key", "needs"), [(5, 3, 2), ("coupons", 3, 2), ("coupons", "wishlists", 5)])
def test_after_a_later_notebook_only_the_steps_before_it_are_there(
    database: str, before: int | str, key: int | str, needs: int
) -> None:
    project.write(files_until(before))
    make_ready_for(find_step(key))
    assert files() == of_steps_until(needs)
    assert {"users", "categories", "products"} <= tables(database)
    assert ("cart_items" in tables(database)) == (needs == 5)
    assert "coupons" not in tables(database)


def test_the_first_step_after_a_later_one_finds_an_empty_project(database: str) -> None:
    project.write(files_until(4))
    make_ready_for(find_step(1))
    assert files() == set()
    assert "users" not in tables(database)


def test_what_the_notebooks_before_it_wrote_stays_and_the_rest_is_filled_in(database: str) -> None:
    mine = '"""Mine."""\n' + next(text for path, text in files_until(2).items() if path.name == "core.py")
    project.write({path: mine for path in files_until(2) if path.name == "core.py"})
    make_ready_for(find_step(4))
    assert (settings().project / "models" / "core.py").read_text("utf-8") == mine
    assert files() == of_steps_until(3)
    assert "price_history" in tables(database)
