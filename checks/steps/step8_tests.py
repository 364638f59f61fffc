"""Step 8: the learner's tests pass on the schema, leave nothing behind, and fail when a rule of it is broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from checks.outcome import CantTell, Failed, Result, Skipped
from checks.schema_tests.blind_spots import blind_spot
from checks.schema_tests.examination import (
    CASCADES,
    CONSTRAINTS,
    CONTROL,
    RELATIONSHIPS,
    TABLES,
    Answer,
    Examination,
    Verdict,
    examine,
    test_files,
)
from checks.schema_tests.footprint import Footprint
from checks.schema_tests.troubles import judge_run
from checks.step import StepChecks
from checks.subject import Subject
from workshop.errors import WorkshopError
from workshop.words import counted

step: StepChecks[Examination] = StepChecks(8)

#: How many tables sample data fill at least.
SEVERAL = 3

_CLEAN = ("tests.passes", "tests.no-rows")
_SOUND = (*_CLEAN, "tests.repeatable")


def run(subject: Subject) -> tuple[Result, ...]:
    if not subject.has_project:
        raise WorkshopError("Step 8 is about the tests in a project folder: say which one with --project.")
    return step.run(examine(subject)) if _begun(subject) else step.not_attempted()


def _begun(subject: Subject) -> bool:
    """There is a test, or something that was meant to be one."""
    texts = [path.read_text("utf-8", "replace") for path in test_files(subject.project)]
    return any(re.search(r"^\s*(async\s+)?def\s+test|\bTestCase\b", text, re.MULTILINE) for text in texts)


# -- the tests on the schema as it is --------------------------------------------------------------------------


@step.check("tests.passes")
def tests_pass(examination: Examination) -> None:
    """Every test passes on a copy of the schema, and they do speak to it."""
    first = examination.first
    judge_run(first, "on your own schema")
    if not examination.spoke:
        raise Failed(
            f"{counted(first.passed, 'test passes', 'tests pass')}, and no test has spoken to the database: whatever "
            "the schema is, they pass.",
            next='Connect in the tests, to os.environ["DATABASE_URL"] or Settings().database_url.',
        )


@step.check("tests.no-rows", needs=("tests.passes",))
def no_row_stays(examination: Examination) -> None:
    """The database holds the same tables, and the same in them, before and after."""
    before, after = examination.before, examination.after
    assert before is not None and after is not None
    gone = [name for name in before.tables if name not in after.tables]
    anew = [name for name, was in before.tables.items() if name in after.tables and after.tables[name].oid != was.oid]
    if gone or anew:
        name = (gone or anew)[0]
        what = "have dropped the table" if gone else "drop the tables and make new ones, such as"
        raise Failed(
            f"Your tests {what} {name}: in a real shop, all its rows would be lost, and new tables don't show what the "
            "old ones allow.",
            next="Leave out drop_all, create_all and DROP: the tables are there when the tests begin.",
            table=name,
        )
    for name, now in after.tables.items():
        was = before.tables.get(name)
        if was is None:
            raise Failed(
                f"Your tests leave a new table behind, {name}.",
                next="Make it in a transaction that is rolled back, or as a temporary table.",
                table=name,
            )
        if was != now:
            raise Failed(_left(before, after, name), next=_ROLL_BACK, table=name)


_ROLL_BACK = (
    "Let a fixture begin a transaction, yield the connection, and roll back. Leave out commit(). What earlier runs "
    "have left in your own database goes with build_schema()."
)


def _left(before: Footprint, after: Footprint, name: str) -> str:
    was, now = before.tables[name], after.tables[name]
    more = now.rows - was.rows
    if more > 0:
        said = f"{name} has {counted(more, 'row', 'rows')} more than before"
    elif more < 0:
        said = f"{name} has {counted(-more, 'row', 'rows')} less than before"
    else:
        said = f"a row of {name} is no longer what it was"
    others = sum(before.tables.get(other) != stored for other, stored in after.tables.items()) - 1
    also = f", and {counted(others, 'other table has', 'other tables have')} changed too" if others else ""
    return f"After your tests, {said}{also}."


@step.check("tests.repeatable", needs=_CLEAN)
def tests_pass_again(examination: Examination) -> None:
    """They pass in the database in which they have run, backwards in a fresh one, and later on in one more."""
    assert examination.again is not None and examination.backward is not None
    judge_run(
        examination.again,
        "the second time",
        next="Nothing in the database is different. Look for chance, the clock, or a number that was drawn before.",
    )
    judge_run(
        examination.backward,
        "in reverse order",
        next="Let each test make what it needs, in its own lines or in a fixture, so that it lives on no other test.",
    )
    control = examination.verdicts.get(CONTROL)
    if control is not None and control.answer is Answer.NOTICED:
        raise Failed(
            "Some time later, on a copy of your schema in which nothing is broken, a test fails.",
            next="Look for chance, the clock, or something that is counted outside of the test.",
        )


# -- the tests on a schema with something broken ---------------------------------------------------------------


@dataclass(frozen=True)
class Broken:
    """What is told of a mutant that goes unnoticed."""

    gone: str  # goes on "With"
    would: str  # goes on "A test that would notice:"
    spoiled: str = ""  # the rule of the shop, where the schema itself does not keep it


def _notices(examination: Examination, rule: str, broken: Broken) -> None:
    verdict = examination.verdicts[rule]
    if verdict.answer is Answer.NOTICED:
        return
    if verdict.answer is Answer.NOT_KEPT:
        raise Skipped
    if verdict.answer is Answer.UNCLEAR:
        raise CantTell("Your schema keeps this in a way that the checks could not break in a copy, to see who notices.")
    raise Failed(
        f"With {broken.gone}, {_still(examination)}.{_blind(examination, rule)}",
        next=f"A test that would notice: {broken.would}",
        tried=_shown(verdict),
    )


def _still(examination: Examination) -> str:
    passed = examination.first.passed
    return "your test still passes" if passed == 1 else f"your {passed} tests still pass"


def _blind(examination: Examination, rule: str) -> str:
    """Why no test can notice it; told once, where it matters most."""
    if rule != CONSTRAINTS:
        return ""
    found = blind_spot(examination.subject.project, test_files(examination.subject.project))
    return f" {found}" if found else ""


def _shown(verdict: Verdict) -> str | None:
    """The SQL that broke the copy, where a person can read it."""
    plain = [statement for statement in verdict.broken if not statement.startswith("do $")]
    return "; ".join(plain) if plain and len(plain) <= 3 else None


_KINDS = {
    RELATIONSHIPS: Broken(
        "every foreign key gone that keeps a row from naming what is not there",
        "insert a row that points at nobody, such as an order of user 999999, and expect an IntegrityError.",
    ),
    CONSTRAINTS: Broken(
        "every unique rule and every CHECK gone",
        "insert a row that a rule forbids, and expect the error: with pytest.raises(IntegrityError).",
    ),
    CASCADES: Broken(
        "every cascade gone",
        "put something into a cart, delete the user, and expect that cart_items has no row of theirs.",
    ),
}

_RULES = {
    "tests.notices-email": Broken(
        "the rule gone that two users can't share an e-mail address",
        "insert two users with one e-mail, and expect an IntegrityError.",
    ),
    "tests.notices-price": Broken(
        "the rule gone that no price is below zero",
        "insert a product for -1, and expect an IntegrityError.",
    ),
    "tests.notices-stock": Broken(
        "the rule gone that no stock is below zero",
        "set the quantity of a variant in inventory to -1, and expect an IntegrityError.",
    ),
    "tests.notices-rating": Broken(
        "ratings allowed to go beyond 5",
        "insert a review with a rating of 6, the nearest that is wrong, and expect an IntegrityError.",
    ),
    "tests.notices-orphan": Broken(
        "the key of an order to its user gone",
        "insert an order of a user who does not exist, and expect an IntegrityError.",
    ),
    "tests.notices-cart": Broken(
        "the cascade gone that deletes a cart with its user",
        "delete a user who has only a cart, and expect that the cart has no row left.",
    ),
    "tests.notices-status": Broken(
        "an order allowed to have any status",
        "insert an order whose status is a word that no shop knows, and expect an error of the database.",
    ),
    "tests.notices-variant": Broken(
        "the rule gone that a product has each size and colour once",
        "insert two variants of one product with the same size and colour, each with a SKU of its own, and expect an "
        "IntegrityError.",
    ),
    "tests.notices-quantity": Broken(
        "a quantity of 0 allowed in a cart",
        "put 0 pieces of a variant into a cart, the nearest that is wrong, and expect an IntegrityError.",
    ),
    "tests.notices-float": Broken(
        "prices kept as floating-point numbers",
        "insert products for 0.10 and 0.20, let text('select sum(price) …') add them up, and expect exactly "
        "Decimal('0.30'). A sum by the model would be rounded.",
    ),
}


def _check(rule: str, broken: Broken) -> Callable[[Examination], None]:
    def check(examination: Examination) -> None:
        _notices(examination, rule, broken)

    return check


for _rule, _broken in (_KINDS | _RULES).items():
    step.check(_rule, needs=_SOUND)(_check(_rule, _broken))


@step.check(TABLES, needs=_SOUND)
def tables_are_tested(examination: Examination) -> None:
    """A test fails when the tables are gone that no test puts a row into."""
    names = [_table(examination, part) for part in examination.untouched]
    _notices(
        examination,
        TABLES,
        Broken(
            f"the {'table' if len(names) == 1 else 'tables'} {_listed(names)} gone",
            "let inspect(connection).get_table_names() say which tables there are, and expect all of yours.",
        ),
    )


@step.check("tests.covers-sample-data", needs=_SOUND)
def sample_data_is_there(examination: Examination) -> None:
    """In one run, rows go into at least three of the contract's tables, some of which refer to others of them."""
    assert examination.roles is not None
    filled = {
        part: table
        for part, table in examination.roles.tables.items()
        if table.is_table and part not in examination.untouched
    }
    oids = {table.oid for table in filled.values()}
    refer = any(key.target in oids - {table.oid} for table in filled.values() for key in table.foreign_keys)
    if len(filled) >= SEVERAL and refer:
        return
    names = [_table(examination, part) for part in filled]
    where = f"Your tests put rows into {_listed(names)} alone" if names else "Your tests put no row into any table"
    raise Failed(
        f"{where}. Most rules of a shop show only where several tables play together.",
        next="Let a fixture make a small shop: a category, a product, a variant, a user with an order.",
    )


def _table(examination: Examination, part: str) -> str:
    assert examination.roles is not None
    return examination.roles.tables[part].label


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
