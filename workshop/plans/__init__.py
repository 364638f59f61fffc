"""What PostgreSQL does to answer the shop's questions, measured, and as a picture.

Asking (here), reading a plan (`reading`) and drawing (`picture`) know nothing of each other but the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from statistics import median
from typing import Any

import psycopg2
from psycopg2.extensions import cursor as Cursor

from workshop.errors import WorkshopError
from workshop.plans.picture import Picture
from workshop.plans.reading import Answer, Way, read_plan
from workshop.postgres import connect, current_url

__all__ = ["Answer", "Picture", "PlanError", "Plans", "Way", "explain", "show_plans"]

ROUNDS = 5  # times that each question is asked, after one that doesn't count
LONGEST = 20  # seconds that a question may take

# Workers and compiled code pay for questions of many seconds; here they would only make the figures restless.
_SETTINGS = f"""
    set local statement_timeout = '{LONGEST}s';
    set local max_parallel_workers_per_gather = 0;
    set local jit = off
"""


class PlanError(WorkshopError):
    """A question can't be answered; the text says which and why."""


@dataclass(frozen=True)
class Plans:
    """How PostgreSQL answered each question; a notebook shows it as bars.

    Attributes:
        answers: by the name of the question.
    """

    answers: Mapping[str, Answer]

    @property
    def figures(self) -> Any:
        """A pandas DataFrame with a row for each question.

        Its columns: `milliseconds` of one run, without planning (the median of several), `rows_read`,
        `rows_returned`, `way`, `index` (its name), `pages` (of 8 kB, looked at).
        """
        import pandas as pd  # type: ignore[import-untyped]

        rows = [
            {
                "milliseconds": answer.milliseconds,
                "rows_read": answer.rows_read,
                "rows_returned": answer.rows_returned,
                "way": answer.route,
                "index": answer.index,
                "pages": answer.pages,
            }
            for answer in self.answers.values()
        ]
        return pd.DataFrame(rows, index=pd.Index(self.answers, name="question"))

    @property
    def picture(self) -> Picture:
        """A bar for each question."""
        return Picture({name: {"": answer} for name, answer in self.answers.items()})

    def __str__(self) -> str:
        return str(self.picture)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.picture._repr_mimebundle_()


def explain(questions: Mapping[str, str]) -> Plans:
    """Ask PostgreSQL each question, an SQL query, several times, and tell what it did for it.

    Changes nothing: the transaction may only read. Raises PlanError where a question has no name or can't be answered.
    """
    if not isinstance(questions, Mapping):
        raise PlanError('Give each question a name: explain({"Log in": "select …"}).')
    with closing(connect(current_url(), "explain")) as connection:
        connection.set_session(readonly=True)
        with connection.cursor() as cursor:
            cursor.execute(_SETTINGS)
            return Plans({name: _ask(cursor, name, query) for name, query in questions.items()})


def show_plans(before: Plans, after: Plans) -> Picture:
    """Bars for each question, before and after."""
    names = [*before.answers, *(name for name in after.answers if name not in before.answers)]
    both = {"before": before.answers, "after": after.answers}
    return Picture({name: {when: answers[name] for when, answers in both.items() if name in answers} for name in names})


def _ask(cursor: Cursor, name: str, query: str) -> Answer:
    try:
        runs = [_run(cursor, query) for _ in range(ROUNDS + 1)]
    except psycopg2.Error as error:
        words = (error.diag.message_primary or str(error)).strip().rstrip(".")
    else:
        return read_plan(runs[-1], median(run["Execution Time"] for run in runs[1:]))
    raise PlanError(f'The question "{name}" can\'t be answered. PostgreSQL says: {words}.')


def _run(cursor: Cursor, query: str) -> dict[str, Any]:
    """One run; only the whole is timed, as looking at the clock for every row would be most of the time."""
    cursor.execute(f"explain (analyze, buffers, timing off, format json) {query}")
    [([explained],)] = cursor.fetchall()
    told: dict[str, Any] = explained
    return told
