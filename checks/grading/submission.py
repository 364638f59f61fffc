"""What learners hand in: a project folder, a zip of one, or a plain SQL dump; read without trusting any of it."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO

from workshop.errors import WorkshopError

MOST_FILES = 2_000
MOST_BYTES = 50_000_000

#: What tools leave beside a learner's files.
_NOT_THEIRS = frozenset(
    ("__MACOSX", "__pycache__", ".git", ".venv", "venv", "node_modules", ".ipynb_checkpoints", ".idea", ".vscode")
)
_DEEPEST = 3  # folders around the project's own
_CUSTOM_DUMP = b"PGDMP"

#: The name of a file that isn't there: it stands for the empty folder around it.
EMPTY = ".empty-folder"


class NotASubmission(Exception):
    """It can't be read as one; the text says why."""


@dataclass(frozen=True)
class Submission:
    """One learner's work, in memory.

    Attributes:
        files: path below the project folder → content; of a dump, the one file. Empty when it is no submission. A path
            that ends in `EMPTY` stands for a folder.
        dump: the name of the SQL dump in `files`; None for a project.
        fault: why it is no submission; empty when it is one.
    """

    name: str
    files: Mapping[str, bytes] = field(repr=False)
    dump: str | None = None
    fault: str = ""

    @cached_property
    def digest(self) -> str:
        """A hash of all that counts."""
        digest = hashlib.sha256(f"{self.dump}\n{self.fault}\n".encode())
        for name, content in sorted(self.files.items()):
            digest.update(f"{name}\n{len(content)}\n".encode(errors="surrogateescape") + content)
        return digest.hexdigest()


def find_submissions(folder: Path) -> list[Path]:
    """What lies in the folder and may be a submission, in order of name.

    Raises WorkshopError when there is no such folder, or nothing in it.
    """
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.name != "__MACOSX")
    except OSError as error:
        raise WorkshopError(f"The submissions can't be read from {folder}: {error.strerror}.") from None
    if not found:
        raise WorkshopError(f"There is nothing to grade in {folder}: put a folder, a zip or an .sql of each there.")
    return found


def names_of(paths: list[Path]) -> dict[Path, str]:
    """How each submission is called: its file's name without the ending, with it where two would be the same."""
    stems = [path.stem if path.suffix.lower() in (".zip", ".sql") else path.name for path in paths]
    folded = [stem.lower() for stem in stems]
    return {
        path: stem if folded.count(stem.lower()) == 1 else path.name for path, stem in zip(paths, stems, strict=True)
    }


def read_submission(path: Path, name: str) -> Submission:
    """Read it, whatever it is; what is no submission says why in `fault`."""
    try:
        if path.is_symlink():
            raise NotASubmission("It is a link to somewhere else.")
        files = dict(_project(_entries(path)))
        if files:
            return Submission(name, files)
        dumps = {entry.name: content for entry, content in _entries(path) if entry.suffix.lower() == ".sql"}
        return _dump(name, dumps)
    except NotASubmission as fault:
        return Submission(name, {}, fault=str(fault))
    except OSError as error:
        return Submission(name, {}, fault=f"It can't be read: {error.strerror or error}.")


def _entries(path: Path) -> list[tuple[PurePosixPath, bytes]]:
    if path.is_dir():
        return list(_limited(_walk(path)))
    if path.suffix.lower() == ".sql":
        return list(_limited(iter([(PurePosixPath(path.name), lambda: _open(path))])))
    if path.suffix.lower() == ".zip":
        return _unpack(path)
    raise NotASubmission("It is neither a folder, nor a zip, nor an SQL dump (.sql).")


Opened = tuple[PurePosixPath, Callable[[], IO[bytes]]]


def _limited(files: Iterator[Opened]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Read all files, as long as they are not too many and too big: by what comes, and not by what they claim."""
    left = MOST_BYTES
    for number, (path, opened) in enumerate(files, 1):
        if number > MOST_FILES:
            raise NotASubmission(f"It holds more than {MOST_FILES:,} files.")
        with opened() as file:
            content = file.read(left + 1)
        left -= len(content)
        if left < 0:
            raise NotASubmission(f"It holds more than {MOST_BYTES // 1_000_000} MB.")
        yield path, content


def _walk(folder: Path) -> Iterator[Opened]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _NOT_THEIRS)
        here = PurePosixPath(Path(place).relative_to(folder).as_posix())
        if not folders and not names:
            yield here / EMPTY, io.BytesIO
        for name in sorted(names):
            path = Path(place, name)
            if stat.S_ISREG(path.lstat().st_mode):  # no link, no pipe, no device
                yield PurePosixPath(path.relative_to(folder).as_posix()), lambda path=path: _open(path)  # type: ignore[misc]


def _open(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)), "rb")


def _unpack(path: Path) -> list[tuple[PurePosixPath, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            return list(_limited(_members(archive)))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise NotASubmission(f"The zip can't be read: {error}.") from None


def _members(archive: zipfile.ZipFile) -> Iterator[Opened]:
    if len(archive.infolist()) > 10 * MOST_FILES:
        raise NotASubmission(f"It holds more than {MOST_FILES:,} files.")
    for member in archive.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[:1]:
            raise NotASubmission(f"The zip has a path that leads out of it: {member.filename}.")
        kind = member.external_attr >> 16
        is_file = not member.is_dir() and (not stat.S_IFMT(kind) or stat.S_ISREG(kind))
        if _NOT_THEIRS & set(path.parts):
            continue
        if member.is_dir():
            yield path / EMPTY, io.BytesIO
        if is_file:
            yield path, lambda member=member: archive.open(member)  # type: ignore[misc]


def _project(entries: list[tuple[PurePosixPath, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The files of the project folder, wherever in the submission that is."""
    roots = {root for path, _ in entries for root in _roots(path)}
    if not roots:
        return
    root = min(roots, key=lambda path: (len(path.parts), path.name != "ecommerce-db", path.as_posix()))
    for path, content in entries:
        if path.is_relative_to(root):
            yield path.relative_to(root).as_posix(), content


def _roots(path: PurePosixPath) -> Iterator[PurePosixPath]:
    """The folder that this file shows to be a project's."""
    is_model = path.parent.name == "models" and path.suffix == ".py"
    is_schema = path.parent.name == "schemas" and path.suffix == ".sql"
    root = path.parent.parent if is_model or is_schema else path.parent if path.name == "config.py" else None
    if root is not None and len(root.parts) <= _DEEPEST:
        yield root


def _dump(name: str, dumps: Mapping[str, bytes]) -> Submission:
    if not dumps:
        raise NotASubmission("It holds neither a project (config.py, models/ or schemas/) nor an SQL dump.")
    if len(dumps) > 1:
        raise NotASubmission(f"It holds {len(dumps)} SQL files and no project, so which of them to take is unclear.")
    [(file, content)] = dumps.items()
    if content.startswith(_CUSTOM_DUMP):
        raise NotASubmission("It is a dump in pg_dump's custom format: pg_dump --format=plain makes one of SQL.")
    return Submission(name, {file: content}, dump=file)
