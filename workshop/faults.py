"""Says in a learner's terms why a project file can't be used: which file, which line of theirs, and the reason."""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workshop.errors import WorkshopError

Reader = Callable[[Path], str]
"""Gives the text of a project file as it was loaded."""


@dataclass(frozen=True)
class Fault:
    """Why a project file can't be used; `file` is its path within the project folder, `code` the line itself."""

    file: str | None
    line: int | None
    code: str
    reason: str

    @property
    def place(self) -> str:
        """What to name first: "models/core.py, line 12", or as much of it as is known."""
        return f"{self.file or 'the models'}{f', line {self.line}' if self.line else ''}"

    def __str__(self) -> str:
        excerpt = f"{self.line:>6} | {self.code}\n\n" if self.line and self.code.strip() else ""
        return f"{excerpt}{self.reason}"


class FaultyProject(WorkshopError):
    """The project's files can't be used as they are; carries the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"The project can't be read, because of {fault.place}.\n\n{fault}")
        self.fault = fault


def find_fault(error: BaseException, folder: Path, files: Sequence[Path], read: Reader) -> Fault:
    """Trace an error that came while `files` of the project `folder` were loaded back to the learner's own line."""
    path, line = _innermost_line(error, folder)
    if not isinstance(error, SyntaxError):
        path, line = _mapped_line(str(error), [path] if path else files, read) or (path, line)
    lines = read(path).splitlines() if path else []
    return Fault(
        file=path.relative_to(folder).as_posix() if path else None,
        line=line,
        code=lines[line - 1].rstrip() if line and 0 < line <= len(lines) else "",
        reason=plain_reason(error),
    )


def _innermost_line(error: BaseException, folder: Path) -> tuple[Path | None, int | None]:
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(folder):
        return Path(error.filename), error.lineno
    found: tuple[Path | None, int | None] = (None, None)
    frames = list(traceback.walk_tb(error.__traceback__))
    for frame, line in frames:
        # A base class that only passes a new class on to SQLAlchemy: the line to look at is that of the new class.
        passes_on = frame.f_code.co_name == "__init_subclass__" and frame is not frames[-1][0]
        if Path(frame.f_code.co_filename).is_relative_to(folder) and not passes_on:
            found = Path(frame.f_code.co_filename), line
    return found


# SQLAlchemy names the class of a mapping that can't work, often an attribute or a name in quotes, and never the line.
_MAPPED_CLASS = re.compile(r"Mapper\[(\w+)|relationship '?(\w+)\.|annotation for \"(\w+)\.|^(\w+)\.\w+ and back-ref")
_ATTRIBUTE = re.compile(r"relationship '?\w+\.(\w+)|\"\w+\.(\w+)\"|'(\w+)' attribute|^\w+\.(\w+) and back-ref")
_QUOTED = re.compile(r"failed to locate a name \('(.+?)'\)|no property '(\w+)'")


def _mapped_line(message: str, files: Sequence[Path], read: Reader) -> tuple[Path, int] | None:
    """The line that a message about mapped classes is about, as near as its names lead."""
    mapped, attribute, quoted = (_found(pattern, message) for pattern in (_MAPPED_CLASS, _ATTRIBUTE, _QUOTED))
    lines = [(path, number, line) for path in files for number, line in enumerate(read(path).splitlines(), 1)]
    inside = [each for path in files for each in _class_lines(path, mapped, read)] if mapped else []
    if quoted:
        name = re.compile(rf"[\"'\[]{re.escape(quoted)}[\"'\]]")
        return next(((path, number) for path, number, line in [*inside, *lines] if name.search(line)), None)
    if attribute:
        name = re.compile(rf"^\s*{attribute}\b")
        inside = [each for each in inside if name.search(each[2])] or inside
    return inside[0][:2] if inside else None


def _found(pattern: re.Pattern[str], message: str) -> str | None:
    match = pattern.search(message)
    return match[match.lastindex or 0] if match else None


def _class_lines(path: Path, name: str, read: Reader) -> list[tuple[Path, int, str]]:
    text = read(path)
    lines = text.splitlines()
    return [
        (path, number, lines[number - 1])
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and node.name == name
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    ]


# What learners meet most: SQLAlchemy's or Python's words → the sentence instead.
_PLAIN = {
    r"failed to locate a name \('(.+?)'\)":
        "No class {} is in the project's models: save its file first, or mend its spelling.",
    r"Mapper\[(\w+).* has no property '(\w+)'":
        "The other side of this relationship, {1} in the class {0}, doesn't exist.",
    r"Mapper\[(\w+).*could not assemble any primary key":
        "The class {} has no primary key: give one column primary_key=True.",
    r"on relationship (\S+) - there are no foreign keys":
        "The relationship {} has no foreign key to go by: a ForeignKey between the two tables is missing.",
    r"on relationship (\S+) - there are multiple foreign key":
        "The relationship {} has several foreign keys to go by: name the one in foreign_keys=[…].",
    r"^(\S+) and back-reference (\S+) are both of the same direction":
        "{} and {} point the same way: the one that leads to a single row needs remote_side=[…].",
    r"column '(\S+)' could not find table '(\S+)'":
        "{} points to a table {}, which no file of the project makes.",
    r"ForeignKey '\S+' on table '(\S+)': table '(\S+)' has no column named '(\S+)'":
        "A foreign key of {} points to {}.{}, and there is no such column.",
    r"Table '(\S+)' is already defined":
        "The project makes the table {} twice: look for a second class or Table of that name.",
    r"^Class <class '[\w.]*?(\w+)'> does not have a __table__":
        "The class {} doesn't say which table it stands for: give it a __tablename__.",
    r"annotation for \"(\S+)\" can't be correctly interpreted":
        "The annotation of {} has to read Mapped[…].",
    r"table '(\S+)', column '(\S+)'\): Can't generate DDL for NullType":
        "The column {}.{} has no type.",
    r"^Naming convention including %\(constraint_name\)s":
        "A CheckConstraint here has no name: give it name=\"…\", in a word or two that say what the rule is.",
    r"^__table_args__ value must be a tuple":
        "__table_args__ has to be a tuple: write (UniqueConstraint(…),), in brackets and with a comma at the end.",
    r"^Argument 'arg' is expected to be one of type .*, got '<class '(\w+)'>'":
        "A server_default is SQL, and this is a Python {}: write true(), false(), func.now() or text(\"…\").",
    r"^No module named '(models)\.(\w+)":
        "The project has no {}/{}.py yet: save that file first.",
    r"^cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'":
        "There is no {} to import in {}.",
}  # fmt: skip


def plain_reason(error: BaseException) -> str:
    """The error in one or two plain lines; what learners meet most is put in words of their own project."""
    if isinstance(error, SyntaxError):
        return f"Python can't read this line: {error.msg}."
    if isinstance(error, SystemExit):
        return "This ends Python (sys.exit), where the file is only read."
    if isinstance(error, KeyboardInterrupt):
        return "You interrupted it here."
    message = str(error).partition("(Background on this error")[0].strip()
    for pattern, sentence in _PLAIN.items():
        found = re.search(pattern, message)
        if found:
            return sentence.format(*found.groups())
    lines = [re.split(r"\.  ", line)[0].strip() for line in message.splitlines() if line.strip()][:2]
    return ": ".join([type(error).__name__, *lines[:1]]) + "".join(f"\n{line}" for line in lines[1:])
