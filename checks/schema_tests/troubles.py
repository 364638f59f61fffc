"""What to say of tests that don't pass where they should."""

from __future__ import annotations

from checks.outcome import Failed
from checks.schema_tests import runs
from checks.schema_tests.runs import MOST_OUTPUT, Fault, Run
from workshop.words import counted


def judge_run(run: Run, when: str, *, next: str | None = None) -> None:
    """Return when every test has passed; raise Failed with what went wrong otherwise.

    when: goes behind "fails", such as "on your own schema". next: what to do where a test just fails.
    """
    if run.is_good:
        return
    during = run.during or "a test"
    if run.stopped == "time":
        raise Failed(
            f"{during} was still running after {runs.SECONDS} seconds, {when}.",
            next="Look there for a loop without an end, a sleep, or a second connection that waits for the first one.",
        )
    if run.stopped == "output":
        raise Failed(
            f"The tests print more than {MOST_OUTPUT // 1_000_000} MB; {during} was stopped.",
            next="Take the print out: a test says by assert what it expects.",
        )
    faults = (*run.broken, *run.failed)
    if any(fault.kind in ("SystemExit", "Exit") for fault in faults) or run.stopped == "end":
        raise _ends_python(run)
    if run.elsewhere:
        raise Failed(
            f"A test goes to the database {run.elsewhere[0] or 'without a name'}, and not to the one that DATABASE_URL "
            "names. It was stopped before it connected.",
            next='Take the address from os.environ["DATABASE_URL"] or Settings().database_url, and write none down.',
        )
    if run.hosts and faults:
        raise Failed(
            f"A test asks another computer, {run.hosts[0]}. Without a network it fails, though the schema is the same.",
            next="Let the tests need nothing but the database.",
        )
    if run.broken:
        raise _not_loaded(run.broken[0])
    if run.failed:
        raise _fails(run, when, next)
    if run.skipped:
        raise Failed(
            f"{counted(run.skipped, 'test is', 'tests are')} skipped, {when}, and none is left that passes.",
            next="Take skip away: a test that is not run can't notice anything.",
        )
    if run.collected:
        raise Failed(f"None of {counted(run.collected, 'test', 'tests')} has passed, {when}.", next=_SEE)
    raise _none_found(run)


_SEE = "Run them in a cell, as the notebook does: pytest shows all that Python says."


def _ends_python(run: Run) -> Failed:
    faults = [fault for fault in (*run.broken, *run.failed) if fault.kind in ("SystemExit", "Exit")]
    where = faults[0].place or faults[0].where if faults else run.during
    place = f" in {where}" if where else ""
    return Failed(
        f"The tests end Python itself{place}, so nobody hears what the others found.",
        next="Take sys.exit() out, and os._exit() too: a test that is not content fails by assert.",
    )


def _not_loaded(fault: Fault) -> Failed:
    name = fault.where or "The folder tests/"
    return Failed(f"{name} could not be loaded: {_why(fault)}.", next=f"Put that right. {_SEE}")


def _fails(run: Run, when: str, next_: str | None) -> Failed:
    first = run.failed[0]
    if len(run.failed) == 1:
        said = f"{first.where} fails {when}"
    else:
        said = f"{len(run.failed)} tests fail {when}, the first one is {first.where}"
    return Failed(
        f"{said}: {_why(first)}.",
        next=next_ or _next_for(first),
    )


def _next_for(fault: Fault) -> str:
    if fault.kind == "FixtureLookupError":
        return "Write that fixture into tests/conftest.py, or ask for one that is there, such as session."
    if fault.text.startswith("'NoneType' object has no attribute"):
        return "Something is None there. If it comes from a fixture: that one has to yield it."
    if fault.kind in _REFUSALS:
        return (
            "If the database is right to refuse that, let the test expect it: with pytest.raises(IntegrityError). Else "
            "put the row right, or the schema."
        )
    return "Is it the test that is wrong, or the schema? Put right whichever it is."


#: What SQLAlchemy and psycopg2 raise where the database refuses a row.
_REFUSALS = ("IntegrityError", "NotNullViolation", "UniqueViolation", "CheckViolation", "ForeignKeyViolation")


def _none_found(run: Run) -> Failed:
    if "Error" in run.last_words:
        return Failed(
            f"The tests could not be loaded: {run.last_words.removeprefix('E').strip()}.",
            next=f"Put that right. {_SEE}",
        )
    return Failed(
        "pytest finds no test in tests/.",
        next="Name the file test_schema.py, and let the name of each function begin with test_.",
    )


def _why(fault: Fault) -> str:
    said = f"{fault.kind}: {fault.text}" if fault.text else fault.kind or "it says no more"
    return f"{said}, in {fault.place}" if fault.place else said
