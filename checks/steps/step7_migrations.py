"""Step 7: Alembic's revisions build the same schema as the models and the SQL files, and take it away again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from checks.migrations.contents import Contents, Difference, first_difference, leftovers
from checks.migrations.trial import Chain, Described, Trial, Trouble, try_out
from checks.outcome import CantTell, Failed, Outcome, Result, Skipped
from checks.report import Report
from checks.step import StepChecks
from checks.subject import Subject
from workshop.alembic_words import way_out
from workshop.errors import WorkshopError
from workshop.words import counted

step: StepChecks[Trial] = StepChecks(7)

#: What env.py has to be told: the models, or where the database is. The file that Alembic makes says neither.
_TOLD = re.compile(
    r"^[^#\n]*(?:\btarget_metadata\s*=\s*(?!None\b|target_metadata\b)\S|\bSettings\b|\benviron\b|\bgetenv\b)",
    re.MULTILINE,
)

#: A revision of which more is there than the frame.
_DOES = re.compile(r"^[^#\n]*\bop\.\w+\(", re.MULTILINE)


def run(subject: Subject) -> tuple[Result, ...]:
    if not subject.has_project:
        raise WorkshopError("Step 7 is about a project's migrations: say which folder with --project.")
    return step.run(_try_out(subject)) if _begun(subject) else step.not_attempted()


def _begun(subject: Subject) -> bool:
    """There is a revision that does something, or somebody has told env.py something."""
    folder = subject.project / "migrations"
    meant = {folder / "env.py": _TOLD, **dict.fromkeys(folder.glob("versions/*.py"), _DOES)}
    return any(path.is_file() and sign.search(path.read_text("utf-8", "replace")) for path, sign in meant.items())


def _try_out(subject: Subject) -> Trial:
    """Nothing is tried where Alembic has no files to begin with."""
    return Trial(subject) if _missing(subject) else try_out(subject)


def _missing(subject: Subject) -> list[str]:
    return [name for name in ("alembic.ini", "migrations/env.py") if not (subject.project / name).exists()]


# -- what Alembic begins with ----------------------------------------------------------------------------------

_PLACEHOLDER = "sqlalchemy.dialects:driver"  # driver://user:pass@localhost/dbname
_FROM_SETTINGS = (
    "Take the URL from the settings, in env.py: from config import Settings; create_engine(Settings().database_url). "
    "Leave sqlalchemy.url out of alembic.ini."
)


@step.check("migrations.environment")
def alembic_runs(trial: Trial) -> None:
    """The two files are there, and env.py comes to the point where migrations would run."""
    missing = _missing(trial.subject)
    if missing:
        raise Failed(
            f"{trial.subject.project.name}/ has no {' and no '.join(missing)}.",
            next="Let Alembic make it: %alembic init migrations. It wants an empty folder migrations/."
            if len(missing) == 2
            else f"Write {missing[0]} again; %alembic init migrations makes both files in an empty folder.",
        )
    described = trial.described
    if isinstance(described, Trouble) and _PLACEHOLDER in described.text:
        raise Failed(
            "migrations/env.py takes the URL from alembic.ini, where it is still the example of alembic init.",
            next=_FROM_SETTINGS,
        )
    if isinstance(described, Trouble) and described.kind != "other_database":
        _raise_trouble("migrations/env.py could not be run", described)
    if isinstance(described, Described) and not described.has_run:
        raise Failed(
            "migrations/env.py runs, but never calls context.configure() and context.run_migrations().",
            next="Let it end as Alembic made it: run_migrations_online() is called in the last line.",
        )


@step.check("migrations.url", needs=("migrations.environment",))
def url_comes_from_the_settings(trial: Trial) -> None:
    """With DATABASE_URL naming a scratch database, Alembic goes there and nowhere else."""
    if isinstance(trial.described, Trouble):
        raise Failed(
            f"With DATABASE_URL naming a scratch database, Alembic went to the database {trial.described.text} all "
            "the same. It was stopped before it could connect.",
            next=_FROM_SETTINGS,
        )


_ALEMBIC = ("migrations.environment", "migrations.url")


@step.check("migrations.metadata", needs=_ALEMBIC)
def metadata_is_the_models(trial: Trial) -> None:
    """env.py's target_metadata knows every table that a model of the project makes."""
    described = _described(trial)
    if not described.tables:
        raise Failed(
            "target_metadata in migrations/env.py knows no table, so Alembic has nothing to compare a database with.",
            next="Write from models import Base, and target_metadata = Base.metadata.",
        )
    if isinstance(trial.models, Trouble):
        raise CantTell(f"The project's models could not be loaded: {trial.models}.")
    lacking = sorted(set(trial.models or ()) - set(described.tables))
    if lacking:
        raise Failed(
            f"target_metadata in migrations/env.py knows {counted(len(described.tables), 'table')}, but not "
            f"{_listed(lacking)}.",
            table=lacking[0],
            next="Import all models in env.py: from models import Base brings every file of models/.",
        )


@step.check("migrations.head", needs=_ALEMBIC)
def there_is_one_head(trial: Trial) -> None:
    """At least one revision, and one way through them."""
    if isinstance(trial.chain, Trouble):
        _raise_trouble("The revisions in migrations/versions/ can't be read", trial.chain)
    chain = _chain(trial)
    if not chain.revisions:
        raise Failed(
            "migrations/versions/ holds no revision yet.",
            next='Generate one: %alembic revision --autogenerate -m "the whole shop", in front of an empty database.',
        )
    if len(chain.heads) > 1:
        raise Failed(
            f"The revisions end in {len(chain.heads)} heads, {_listed(list(chain.heads))}: Alembic can't know "
            "which of them is the newest state.",
            next="Let one of them build on the other (its down_revision), or join them: "
            '%alembic merge heads -m "one way".',
        )


_HEAD = ("migrations.head",)


# -- the way up ------------------------------------------------------------------------------------------------


@step.check("migrations.upgrade", needs=_HEAD)
def upgrade_builds_the_same(trial: Trial) -> None:
    """The facts of the migrated database are those of the one that the files build."""
    if trial.upgrade:
        _raise_trouble("alembic upgrade head stopped on an empty database", trial.upgrade)
    if isinstance(trial.wanted, WorkshopError):
        raise CantTell(f"There is nothing to compare the migrated database with. {trial.wanted}")
    difference = first_difference(_known(trial.wanted), _known(trial.migrated), _FILES, _MIGRATED)
    if difference:
        _raise_difference(difference, "alembic upgrade head, on an empty database", _write_revision(difference))


_FILES, _MIGRATED, _LIVE = "the schema of your files", "the migrated database", "the workshop's database"
_UPGRADE = ("migrations.upgrade",)


@step.check("migrations.steps", needs=_HEAD)
def steps_pass(trial: Trial) -> None:
    """Every MUST of steps 2 to 6 holds on the migrated database."""
    if trial.upgrade:
        raise Skipped
    lacking = [report for report in trial.reports if not report.passed]
    if not lacking:
        return
    first = lacking[0]
    if not first.attempted:
        raise Failed(
            f"On the migrated database step {first.step} ({first.title}) finds none of its tables.",
            next="Write a revision that makes them.",
        )
    result = _first_failure(first)
    if result is None:
        raise CantTell(f"On the migrated database step {first.step} ({first.title}) could not be judged.")
    raise Failed(
        f"On the migrated database step {first.step} ({first.title}) does not pass: {result.happened}",
        table=result.table,
        column=result.column,
        tried=result.tried,
        sqlstate=result.sqlstate,
        next=f"If check_step({first.step}) passes on your own database, a revision lacks this rule: write it there. "
        "Triggers and functions are never generated.",
    )


def _first_failure(report: Report) -> Result | None:
    return next((result for result in report.checks if result.outcome is Outcome.FAIL), None)


@step.check("migrations.drift", needs=_HEAD)
def alembic_sees_no_difference(trial: Trial) -> None:
    """alembic check on the migrated database finds nothing to do."""
    if trial.upgrade:
        raise Skipped
    if isinstance(trial.drift, Trouble):
        _raise_trouble("alembic check stopped on the migrated database", trial.drift)
    if trial.drift:
        raise Failed(
            f"alembic check finds {counted(len(trial.drift), 'difference')} between the models and the migrated "
            f"database: {_listed(list(trial.drift))}.",
            tried="alembic check",
            next=_next_for_drift(trial.drift),
        )


def _next_for_drift(drift: Sequence[str]) -> str:
    if all(difference.startswith("remove_") for difference in drift):
        return (
            "If your SQL files make these, tell Alembic to leave them alone: context.configure(…, include_object=…) in "
            "env.py. A revision that Alembic writes now would drop them."
        )
    return (
        'Let Alembic write a further revision, %alembic revision --autogenerate -m "…", and read it before you run it.'
    )


@step.check("migrations.stamped", needs=_HEAD)
def workshop_database_is_stamped(trial: Trial) -> None:
    """Alembic's table in the workshop's own database holds the head, and its schema is that of the head."""
    chain = _chain(trial)
    head = chain.heads[0]
    difference = None
    if trial.migrated is not None and trial.live is not None:
        difference = first_difference(trial.migrated, trial.live, _MIGRATED, _LIVE)
    is_there = trial.migrated is not None and difference is None  # it only lacks the number
    if not trial.stamp:
        raise Failed(
            "The workshop's database holds no revision's number: Alembic does not know what is in it.",
            next="It holds what the revisions build, so write the number in: %alembic stamp head."
            if is_there
            else "If it has the tables already, write the number in: %alembic stamp head. Else %alembic upgrade head.",
        )
    at = f"The workshop's database is at revision {_listed(list(trial.stamp))}"
    if not set(trial.stamp) <= set(chain.revisions):
        raise Failed(
            f"{at}, and no file in migrations/versions/ has that number.",
            next="It holds what the revisions build, so correct the number: %alembic stamp --purge head."
            if is_there
            else "Put that file back. If it is gone for good: %alembic stamp --purge head corrects the number, and a "
            "further revision brings what is missing.",
        )
    if list(trial.stamp) != [head]:
        raise Failed(
            f"{at}, and the head is {head}.",
            next="It holds all that the head brings, so write the number in: %alembic stamp head."
            if is_there
            else "Bring it up: %alembic upgrade head.",
        )
    if difference:
        _raise_difference(
            difference,
            None,
            "Somebody changed the database by hand or by build_schema(), or a revision after it had run. Leave that as "
            "it was and write the change into a further revision, or call build_schema() to have what your files say.",
        )


# -- and down --------------------------------------------------------------------------------------------------


@step.check("migrations.downgrade", needs=_UPGRADE)
def downgrade_leaves_nothing(trial: Trial) -> None:
    """After downgrade base the database is as empty as before, and the way up is free."""
    if trial.downgrade:
        _raise_trouble("alembic downgrade base stopped", trial.downgrade)
    left = leftovers(trial.before, _known(trial.after))
    if left:
        more = f" and {counted(len(left) - 3, 'more thing')}" if len(left) > 3 else ""
        blocked = f" So alembic upgrade head stopped the second time: {trial.again}." if trial.again else ""
        raise Failed(
            f"alembic downgrade base leaves {', '.join(left[:3])}{more} behind.{blocked}",
            tried="alembic upgrade head, alembic downgrade base",
            next=_drop_it(left[0]),
        )
    if trial.again:
        _raise_trouble("After alembic downgrade base, alembic upgrade head stopped", trial.again)


def _drop_it(left: str) -> str:
    _, what, name = left.split(" ", 2)
    if what == "table":
        return f'Drop it in downgrade(): op.drop_table("{name}"), the tables that refer to others first.'
    statement = f"drop {what} {name}"
    return f'Write op.execute("{statement}") at the end of the downgrade() of the revision that makes it.'


# -- words -----------------------------------------------------------------------------------------------------


def _described(trial: Trial) -> Described:
    if not isinstance(trial.described, Described):
        raise Skipped
    return trial.described


def _chain(trial: Trial) -> Chain:
    if not isinstance(trial.chain, Chain):
        raise Skipped
    return trial.chain


def _known(contents: Contents | WorkshopError | None) -> Contents:
    if contents is None or isinstance(contents, WorkshopError):
        raise Skipped
    return contents


def _raise_trouble(what: str, trouble: Trouble) -> NoReturn:
    if trouble.kind == "other_database":
        raise Failed(
            f"{what}: it went to the database {trouble.text}, which nobody named, and was held back.",
            next="Use the connection that op.get_bind() gives, and no engine of its own, in a revision.",
        )
    raise Failed(f"{what}: {trouble}.", next=_next_for(trouble))


def _next_for(trouble: Trouble) -> str:
    match trouble.kind:
        case "time":
            return "Look for a loop that never ends, or for a question that waits for an answer."
        case "database" if "already exists" in trouble.text:
            return "Something makes it twice, or a downgrade did not drop it: look at the revision named here."
        case "database" if trouble.hint:
            return f"Correct that statement in the revision. PostgreSQL advises: {trouble.hint}"
        case "database":
            return "Correct that statement in the revision."
        case "alembic" if "script_location" in trouble.text or "alembic.ini" in trouble.text:
            return "In alembic.ini, script_location has to be migrations."
        case "alembic" if way_out(trouble.text):
            return way_out(trouble.text)
        case _ if trouble.place:
            return f"Put {trouble.place} right, and check again."
        case _:
            return "Read migrations/env.py and the newest revision once more: one of them has it."


def _raise_difference(difference: Difference, tried: str | None, next: str) -> NoReturn:
    raise Failed(difference.sentence, table=difference.table, column=difference.column, tried=tried, next=next)


def _write_revision(difference: Difference) -> str:
    match difference.kind:
        case "type":
            return (
                "Write it into a revision, op.execute(…): Alembic makes a type with its first table, and that is all."
            )
        case "function" | "trigger" | "view" | "materialized view" | "sequence" | "rule" | "policy":
            return (
                f"Alembic never generates a {difference.kind}: write it into a revision, op.execute(…) with the text "
                "of your SQL file."
            )
        case "constraint":
            return "Write it into a revision, op.create_check_constraint(…) or op.execute(…): Alembic overlooks some."
        case "index":
            return "Write it into a revision: op.create_index(…), or op.execute(…) with the statement of your SQL file."
        case _:
            return "Write a revision that makes up for it; %alembic revision --autogenerate finds what models say."


def _listed(names: list[str], most: int = 4) -> str:
    shown = names[:most]
    return f"{', '.join(shown)} and {len(names) - most} more" if len(names) > most else ", ".join(shown)
