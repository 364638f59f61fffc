"""Puts the reference in the place of the first steps, from whatever state the project and the database are in.

What is the learner's gives way where it has to, and goes to the history; nothing is lost.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from workshop import project, schema
from workshop.checker import ask
from workshop.errors import WorkshopError
from workshop.reference import files_until
from workshop.schema import BuildError
from workshop.settings import settings
from workshop.start import get_ready
from workshop.steps import EXTENSIONS, STEPS, Extension, Step, find_step, up_to
from workshop.words import listed

Files = Mapping[PurePosixPath, str]


def catch_up(step: int | str) -> None:
    """Make the files of steps 1 to `step` those of the reference, and build; also of an extension, by its name.

    What they replace, and what can't stay beside them, is moved to the history. Files of later steps stay if the
    project builds and these steps pass with them. Prints what was written, what went where, and what was built.

    Raises WorkshopError when there is no such step, no solution of one of them, no PostgreSQL to be had, or when the
    schema can't be built.
    """
    last = find_step(step)
    if not last.is_written:
        raise WorkshopError(
            f"{last.heading}, is made by commands, one after the other: call catch_up({last.needs}), then work through "
            f"{last.notebook}. show_solution({last.key}, give_up=True) shows how."
        )
    files = files_until(step)
    url = get_ready().url
    plan = _plan(last, files)
    has_tables = any(path.parts[0] in ("models", "schemas") for path in files)
    if plan.is_empty and not (has_tables and _is_to_be_built(last, url)):
        print(f"{_steps(last)} as in the reference already: nothing to do.")
        return
    history = _carry_out(plan, last)
    if has_tables:
        _build(last, files, url, history)


def _steps(step: Step) -> str:
    if isinstance(step, Extension):
        return f"Steps 1 to {step.needs} and {step.name} are"
    if step.number == 1:
        return "Step 1 is"
    return f"Steps 1 {'and' if step.number == 2 else 'to'} {step.number} are"


# --- Files ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """What is to be done: texts to write, folders to make, files to put aside."""

    texts: Files
    folders: Sequence[Path]
    aside: Sequence[Path]

    @property
    def is_empty(self) -> bool:
        return not (self.texts or self.folders or self.aside)


def _plan(step: Step, files: Files) -> _Plan:
    folder = settings().project
    texts = {path: text for path, text in files.items() if not _holds(folder / path, text)}
    folders = [folder / name for each in up_to(step) for name in each.folders]
    aside = set(_in_the_way(step, files, folders))
    if any(path.parts[0] == "models" for path in texts):
        aside.update(project.own_init())  # it may name files that go
    outermost = [path for path in sorted(aside) if not aside.intersection(path.parents)]
    return _Plan(texts, [path for path in folders if not path.is_dir()], outermost)


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes().replace(b"\r\n", b"\n") == text.encode()


def _carry_out(plan: _Plan, step: Step) -> Path | None:
    """Write and put aside, and say so; into which folder of the history, where that was needed."""
    folder = settings().project
    replaced = [folder / path for path in plan.texts if (folder / path).is_file() and folder / path not in plan.aside]
    history = project.archive(plan.aside) if plan.aside else None
    for path in plan.folders:
        path.mkdir(parents=True, exist_ok=True)
    history = project.write(plan.texts, history)
    written = f"; written: {listed([str(path) for path in plan.texts])}" if plan.texts else ""
    print(f"{_steps(step)} as in the reference now{written}.")
    if history is not None:
        print(f"What was there before is in {project.shown(history)}: {_named([*replaced, *plan.aside])}.")
    return history


def _named(paths: Iterable[Path]) -> str:
    drafts = project.drafts()
    return listed(
        [
            f"drafts/{path.relative_to(drafts).as_posix()}" if path.is_relative_to(drafts) else project.name_of(path)
            for path in paths
        ]
    )


# --- What has to give way -------------------------------------------------------------------------------------------


def _in_the_way(step: Step, files: Files, folders: Sequence[Path]) -> Iterator[Path]:
    """What can't stay beside the reference, but for the files that it replaces."""
    folder, drafts = settings().project, project.drafts()
    ours = {folder / path for path in files}
    yield from _blocking(ours, folders)
    for each in up_to(step):
        yield from set(each.files(folder)) - ours
    made = _made(text for path, text in files.items() if path.parts[0] == "models")
    for path in (folder / "models").rglob("*.py"):
        if path.is_file() and path not in ours and made & _made([path.read_text("utf-8", errors="replace")]):
            yield path
    if _misleads(folder / "names.toml", {table for table, _ in made}):
        yield folder / "names.toml"
    # A draft gets another chance whenever a file is saved, and would then replace what is written now.
    others = (each for each in (*STEPS, *EXTENSIONS) if each not in up_to(step))
    kept = {path for each in others for path in each.files(drafts)}
    yield from (path for path in drafts.rglob("*") if path.is_file() and path not in kept)


def _blocking(ours: set[Path], folders: Sequence[Path]) -> Iterator[Path]:
    """Files where a folder is needed, folders where a file is, and packages that Python takes before the module."""
    for path in (*folders, *(path.parent for path in ours)):
        if path.is_file():
            yield path
    for path in ours:
        if path.is_dir():
            yield path
        if (path.with_suffix("") / "__init__.py").is_file():
            yield path.with_suffix("")


_MADE = re.compile(r"""^\s*__tablename__\b.*?=\s*["'](\w+)|\bTable\(\s*["'](\w+)|^class\s+(\w+)""", re.MULTILINE)


def _made(texts: Iterable[str]) -> set[tuple[str, str]]:
    """The tables and classes that Python texts make, as pairs of which one is empty; also where they don't load."""
    return {(mapped or plain, name) for text in texts for mapped, plain, name in _MADE.findall(text)}


def _misleads(path: Path, tables: set[str]) -> bool:
    """Does names.toml give a part to another table than the reference's?"""
    if not path.is_file():
        return False
    try:
        declared = tomllib.loads(path.read_text("utf-8"))
    except ValueError:
        return True
    sections = [section for section in declared.values() if isinstance(section, dict)]
    return any(key.partition(".")[0] in tables for section in sections for key in section)


# --- Building -------------------------------------------------------------------------------------------------------


def _is_to_be_built(step: Step, url: str) -> bool:
    return not schema.is_up_to_date(url) or bool(_open_steps(step, url))


def _build(step: Step, files: Files, url: str, history: Path | None) -> None:
    """Build, with the other files of the project as long as that works and the steps pass; say what came of it."""
    rows_lost = 0
    while True:
        others = _others(files)
        try:
            built = schema.rebuild(url)
        except BuildError as problem:
            if problem.fault is None or not others:
                raise
            spoilers = [path for path in others if project.name_of(path) == problem.fault.file] or others
            reason = "the schema can't be built with"
        else:
            rows_lost = rows_lost or built.rows_lost
            still_open = _open_steps(step, url)
            if not (others and still_open):
                break
            spoilers, reason = others, f"step {still_open[0]} does not pass with"
        history = project.archive(spoilers, history)
        them = "it" if len(spoilers) == 1 else "them"
        print(f"Put aside in {project.shown(history)}, since {reason} {them}: {_named(spoilers)}.")
    print(replace(built, rows_lost=rows_lost))
    if still_open:
        print(f"All the same, not everything passes: check_step({still_open[0]}) says what.")


def _others(files: Files) -> list[Path]:
    """What the schema is built from beside the reference."""
    ours = {"models/__init__.py", *map(str, files)}
    return [path for path in project.project_files() if project.name_of(path) not in ours]


def _open_steps(step: Step, url: str) -> list[int]:
    """Which of the steps with tables don't pass; none where the checks can't tell."""
    try:
        steps = ask("progress", step.last_step, "--first", 2, url=url)["steps"]
    except WorkshopError:
        return []
    return [each["step"] for each in steps if each["state"] != "passed"]
