"""Examines the learner's tests: runs them on copies of the schema, as it is and with something broken."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import psycopg2

from checks.breaking import Statements
from checks.grade import step_checks
from checks.outcome import Outcome
from checks.probe import Shop
from checks.roles import Roles
from checks.schema_tests import mutants
from checks.schema_tests.footprint import Footprint, read_footprint
from checks.schema_tests.mutants import Mutant
from checks.schema_tests.runs import Run, run_tests
from checks.scratch import pristine_database, scratch_database
from checks.steps.on_database import open_shop
from checks.subject import Subject
from workshop.errors import WorkshopError
from workshop.postgres import connect
from workshop.progress import Progress


class Answer(StrEnum):
    """What the tests said to a mutant."""

    NOTICED = "noticed"  # one of them failed
    UNNOTICED = "unnoticed"
    NOT_KEPT = "not_kept"  # the schema itself does not keep this rule
    UNCLEAR = "unclear"  # no mutant could be made, or the tests did not come to an end on it


@dataclass(frozen=True)
class Verdict:
    """The answer, and what was done to the copy."""

    answer: Answer
    broken: Statements = field(default_factory=list)


@dataclass
class Examination:
    """What was seen; None, or nothing, where it did not come to that.

    Attributes:
        first: the tests on the schema as it is.
        before, after: the database, around that. What follows is seen only where they pass and leave nothing behind.
        again, backward: once more in the same place, and in reverse order on a fresh copy. What follows is seen only
            where they pass there, too.
        verdicts: by the rule of this step; CONTROL's is that on one more copy of the schema as it is.
        untouched: the parts of the contract in whose tables no test puts a row.
    """

    subject: Subject
    first: Run
    before: Footprint | None = None
    after: Footprint | None = None
    again: Run | None = None
    backward: Run | None = None
    roles: Roles | None = None
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    untouched: Sequence[str] = ()

    @property
    def spoke(self) -> bool:
        """A test has connected to the database."""
        assert self.before is not None and self.after is not None
        return self.after.sessions - self.before.sessions > 1  # one is ours

    @property
    def is_clean(self) -> bool:
        """The database holds what it held before."""
        assert self.before is not None and self.after is not None
        return self.before.tables == self.after.tables

    @contextmanager
    def isolated(self) -> Iterator[None]:
        yield


def test_files(project: Path) -> list[Path]:
    return sorted(path for path in (project / "tests").rglob("*.py") if path.is_file())


def examine(subject: Subject) -> Examination:
    """Run the project's tests in every way; raises WorkshopError when there is no database to do so."""
    template = pristine_database(subject)
    single = single_mutants(subject)
    with _progress(len(single) + 5) as tell, ThreadPoolExecutor(subject.at_a_time) as pool:
        copies = Copies(subject, template)
        with scratch_database(subject.database_url, template) as here:
            own = replace(subject, database_url=here)
            reading = pool.submit(copies.read, single)
            before = read_footprint(here)
            tell("your tests")
            examination = Examination(subject, run_tests(own))
            examination.roles, kept = reading.result()
            examination.before, examination.after = before, read_footprint(here)
            if not (examination.first.is_good and examination.spoke and examination.is_clean):
                return examination
            examination.untouched = _untouched(examination.roles, examination.after)
            trials = Trials(copies, examination.roles, kept)
            tell("the same in reverse order")
            backward = pool.submit(copies.run_backward)
            examination.again, examination.backward = run_tests(own), backward.result()
            if not (examination.again.is_good and examination.backward.is_good):
                return examination  # what such tests say to a mutant may be chance
            due = [*single.items(), (CONTROL, Mutant(mutants.unbroken))]
            random.shuffle(due)  # so that no test knows by counting which copy it is on
            futures: dict[Future[Verdict], str] = {pool.submit(trials.judge, mutant): rule for rule, mutant in due}
            futures[pool.submit(trials.judge_tables, examination.untouched)] = TABLES
            for future in as_completed(futures):
                tell("with a rule gone")
                examination.verdicts[futures[future]] = future.result()
            covers = {kind: pool.submit(trials.cover, kind, dict(examination.verdicts)) for kind in _KINDS}
            examination.verdicts |= {kind: future.result() for kind, future in covers.items()}
    return examination


#: A copy among the broken ones in which nothing is broken.
CONTROL = "tests.repeatable"

TABLES, RELATIONSHIPS = "tests.covers-tables", "tests.covers-relationships"
CONSTRAINTS, CASCADES = "tests.covers-constraints", "tests.covers-cascades"

#: Whoever notices one of these has a test of that kind; else everything of the kind is broken at once.
_KINDS: Mapping[str, tuple[tuple[str, ...], tuple[Mutant, ...]]] = {
    RELATIONSHIPS: (("tests.notices-orphan",), (Mutant(mutants.all_unrelated),)),
    CONSTRAINTS: (
        (
            "tests.notices-email",
            "tests.notices-price",
            "tests.notices-stock",
            "tests.notices-rating",
            "tests.notices-status",
            "tests.notices-variant",
            "tests.notices-quantity",
        ),
        (Mutant(mutants.all_allowed),),
    ),
    CASCADES: (
        ("tests.notices-cart",),
        (Mutant(mutants.all_left_behind, 4, "cart_items.gone-with-user"), Mutant(mutants.all_taken_along)),
    ),
}


def single_mutants(subject: Subject) -> dict[str, Mutant]:
    """One rule broken each, by the rule of this step that a test should notice it."""
    words = ["banana", *mutants.words_in(test_files(subject.project))]
    return {
        "tests.notices-email": Mutant(mutants.repeated("users", mutants.email), 2, "users.email-unique"),
        "tests.notices-price": Mutant(mutants.bounds("products", "price"), 2, "products.price-not-negative"),
        "tests.notices-stock": Mutant(mutants.bounds("inventory", "quantity"), 5, "inventory.not-negative"),
        "tests.notices-rating": Mutant(mutants.bounds("reviews", "rating", "{} >= 1"), 5, "reviews.rating-range"),
        "tests.notices-orphan": Mutant(
            mutants.unrelated("orders", "users"), 4, "orders.user", mutants.takes_orphans("orders", "users")
        ),
        "tests.notices-cart": Mutant(mutants.left_behind("cart_items", "users"), 4, "cart_items.gone-with-user"),
        "tests.notices-status": Mutant(mutants.unknown_label("orders", "status", words), 4, "orders.status-known"),
        "tests.notices-variant": Mutant(
            mutants.repeated("product_variants", mutants.variant), 3, "product_variants.one-of-a-kind"
        ),
        "tests.notices-quantity": Mutant(
            mutants.bounds("cart_items", "quantity", "{} >= 0"), 4, "cart_items.quantity-positive"
        ),
        "tests.notices-float": Mutant(mutants.inexact("products", "price"), 2, "core.money"),
    }


def _untouched(roles: Roles, after: Footprint) -> list[str]:
    return [part for part, table in roles.tables.items() if table.is_table and table.oid not in after.inserted]


class Copies:
    """Copies of what the project's files build."""

    def __init__(self, subject: Subject, template: str) -> None:
        self.subject = subject
        self.template = template

    @contextmanager
    def one(self) -> Iterator[Subject]:
        """A fresh copy in the place of the learner's database."""
        with scratch_database(self.subject.database_url, self.template) as url:
            yield replace(self.subject, database_url=url)

    def read(self, single: Mapping[str, Mutant]) -> tuple[Roles, frozenset[str]]:
        """The schema as it is, and which of the checks' rules that mutants break it keeps."""
        with self.one() as copy, open_shop(copy) as shop:
            kept = {mutant.rule for mutant in single.values() if _outcome(mutant, shop) is Outcome.PASS}
            return shop.roles, frozenset(rule for rule in kept if rule)

    def run_backward(self) -> Run:
        with self.one() as copy:
            return run_tests(copy, order="backward")


def _outcome(mutant: Mutant, shop: Shop) -> Outcome:
    """What the checks' own rule says in that shop."""
    assert mutant.rule is not None
    own = step_checks(mutant.step).only(mutant.rule)
    [result] = own.run(Shop(shop.session, shop.roles))
    return result.outcome


class Trials:
    """Puts mutants before the tests."""

    def __init__(self, copies: Copies, roles: Roles, kept: frozenset[str]) -> None:
        self._copies = copies
        self._roles = roles
        self._kept = kept

    def judge(self, mutant: Mutant) -> Verdict:
        """What the tests say to it."""
        if mutant.rule is not None and mutant.rule not in self._kept:
            return Verdict(Answer.NOT_KEPT)
        with self.broken_copy(mutant) as (copy, way):
            if copy is None:
                return Verdict(Answer.UNCLEAR)
            run = run_tests(copy, until_first_failure=True)
            return Verdict(_answer(run), way)

    @contextmanager
    def broken_copy(self, mutant: Mutant) -> Iterator[tuple[Subject | None, Statements]]:
        """A copy broken in the first way that PostgreSQL takes and the checks see; None where there is none."""
        for way in self._ways(mutant):
            with self._copies.one() as copy:
                if _is_broken(copy.database_url, way) and self._is_seen(mutant, copy):
                    yield copy, way
                    return
        yield None, []

    def _ways(self, mutant: Mutant) -> list[Statements]:
        try:
            return list(mutant.ways(self._roles))
        except LookupError:
            return []

    def judge_tables(self, parts: Sequence[str]) -> Verdict:
        """The same for a copy without the tables in these parts. Whoever fills all tables notices when one is gone."""
        return self.judge(Mutant(mutants.renamed(parts))) if parts else Verdict(Answer.NOTICED)

    def cover(self, kind: str, verdicts: Mapping[str, Verdict]) -> Verdict:
        """Whether there is a test of that kind: for one rule of it, or else for any."""
        notices, wider = _KINDS[kind]
        if any(verdicts[rule].answer is Answer.NOTICED for rule in notices):
            return Verdict(Answer.NOTICED)
        found: list[Verdict] = []
        for mutant in wider:
            found.append(self.judge(mutant))
            if found[-1].answer is Answer.NOTICED:
                return found[-1]
        told = [verdict for verdict in found if verdict.answer is not Answer.UNCLEAR]
        return (told or found)[0]

    def _is_seen(self, mutant: Mutant, copy: Subject) -> bool:
        if mutant.rule is None:
            return True
        try:
            with open_shop(copy) as shop:
                is_seen = _outcome(mutant, shop) in (Outcome.FAIL, Outcome.ADVICE)
                return is_seen and mutant.shows(Shop(shop.session, shop.roles), self._roles)
        except (WorkshopError, psycopg2.Error):
            return False


def _answer(run: Run) -> Answer:
    if run.failed or run.broken:
        return Answer.NOTICED
    return Answer.UNNOTICED if run.is_good else Answer.UNCLEAR


def _is_broken(url: str, way: Statements) -> bool:
    """Carry it out, in one transaction; False where PostgreSQL does not take it."""
    with closing(connect(url, "checks")) as connection:
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("; ".join(way))
        except psycopg2.Error:
            return False
    return True


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[str], None]]:
    """Tells how far this is, where a person looks on: in a notebook or a terminal."""
    if not (sys.stdout.isatty() or type(sys.stdout).__module__.startswith("ipykernel")):
        yield lambda _: None
        return
    with Progress("Testing your tests", steps) as progress:
        yield progress.step


__all__ = ["Answer", "Copies", "Examination", "Trials", "Verdict", "examine", "single_mutants", "test_files"]
