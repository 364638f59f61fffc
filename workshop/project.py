"""The learner's project folder: what may be written there, what its models are, and that nothing in it gets lost.

A Python file is written only when the project can be loaded with it; otherwise the last good file stays and the text
becomes a draft. What a new text replaces is kept in the history.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import shutil
import symtable
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path, PurePosixPath
from types import FunctionType, ModuleType

from sqlalchemy import MetaData, Table
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeEngine

from workshop import loading
from workshop.errors import WorkshopError
from workshop.faults import Fault, FaultyProject, find_fault
from workshop.remarks import remarks
from workshop.settings import ROOT, settings
from workshop.words import listed

MODELS_INIT = '''"""Brings the files of this folder together: after `from models import Base` all tables are known."""

from importlib import import_module
from pkgutil import iter_modules

_files = sorted(module.name for module in iter_modules(__path__))


def __getattr__(name):
    """Find a name while the files are still being read: one file may need a class from a later one."""
    for file in _files if not name.startswith("_") else []:
        module = import_module(f"{__name__}.{file}")
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(f"no file in {__name__} has a {name}")


for _file in _files:
    _public = {key: value for key, value in vars(import_module(f"{__name__}.{_file}")).items() if key[0] != "_"}
    globals().update(_public)
'''
"""`models/__init__.py` as the workshop writes it when there is none."""

_INIT = PurePosixPath("models/__init__.py")


class ProjectFileError(WorkshopError):
    """A text was not accepted as a file of the project."""


def save(name: str, text: str) -> str:
    """Make `text` the project's file `name`, such as "models/core.py", and say what it brought.

    Raises ProjectFileError when the name lies outside the project, or when the project can't be loaded with the text.
    """
    path = checked_path(name)
    if not text.strip():
        raise ProjectFileError(f"The cell is empty, so {path} is left as it was.")
    texts = {path: text.strip("\n") + "\n"}
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ProjectFileError(f"{path} is not saved: its character {error.start + 1} is none that exists.") from None
    if path.suffix != ".py":
        write(texts)
        return f"{path} saved."
    return _save_module(path, texts) if loading.module_name(path) else _save_script(path, texts)


def project_files() -> tuple[Path, ...]:
    """The files that the database schema is built from: the models, then `schemas/*.sql`, each in order of name."""
    folder = settings().project
    return (*sorted((folder / "models").rglob("*.py")), *sorted((folder / "schemas").glob("*.sql")))


def fingerprint() -> str:
    """A hash that changes when one of `project_files()` does; line endings don't count."""
    return _fingerprint(project_files())


def load_models() -> list[MetaData]:
    """Every MetaData of the project's models, as the files are now; the notebook's classes come along.

    Files that have not changed since they were last loaded are not loaded again, so that the classes a notebook holds
    stay the project's. Raises FaultyProject when the models can't be loaded.
    """
    _complete_package()
    if _state.loaded_from != _sources():
        _load({})
    notebook = _notebook()
    for name, value in _merged(_state.names).items():
        notebook.setdefault(name, value)  # it may have been cleared since
    return list(_state.metadatas)


def file_of(table: Table) -> PurePosixPath | None:
    """The file that makes a table of the models, as they were last loaded."""
    for path, names in _state.names.items():
        if any(value is table or getattr(value, "__table__", None) is table for value in names.values()):
            return path
    return None


def make_folder() -> Path:
    """The project folder, made when missing, and importable: `from models import User`, `import config`."""
    folder = settings().project
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkshopError(
            f"The project folder {shown(folder)} can't be made ({error.strerror}): make its place yours, or set "
            "WORKSHOP_PROJECT to another one."
        ) from None
    loading.enter(folder)
    return folder


def archive(paths: Sequence[Path], history: Path | None = None) -> Path:
    """Move files of the project, and drafts of such files, into a folder of the history, and say into which.

    It is a new one unless `history` is given. Raises WorkshopError when one can't be moved.
    """
    folder, config = history or _new_history_folder(), settings()
    for path in paths:
        target = folder / path.relative_to(config.project if path.is_relative_to(config.project) else config.home)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)  # the history may lie on another disk
        except OSError as error:
            raise WorkshopError(f"{shown(path)} can't be moved to {shown(folder)}: {error.strerror}.") from None
    return folder


def drafts() -> Path:
    """The folder of texts that were not accepted, each under its name in the project."""
    return settings().home / "drafts"


def unsaved() -> str:
    """A sentence on files whose latest text was not accepted, which is a draft newer than the file; else empty."""
    folder, project = drafts(), settings().project
    kept = {draft: project / draft.relative_to(folder) for draft in sorted(folder.rglob("*.py"))}
    files = [name_of(file) for draft, file in kept.items() if not file.is_file() or _changed(file) < _changed(draft)]
    return f"Your latest text of {listed(files)} was not saved: run its cell to see why." if files else ""


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns


def own_init() -> list[Path]:
    """`models/__init__.py`, when it is not as the workshop writes it."""
    path = settings().project / _INIT
    return [path] if path.is_file() and path.read_bytes() != MODELS_INIT.encode() else []


def name_of(path: Path) -> str:
    """A file of the project as a learner names it, such as "models/core.py"."""
    return path.relative_to(settings().project).as_posix()


def shown(path: Path) -> str:
    """A path as a learner knows it: from the repository on where it lies in it."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


# --- Names ----------------------------------------------------------------------------------------------------------


def checked_path(name: str) -> PurePosixPath:
    """`name` as a path within the project folder; raises ProjectFileError with what is wrong about it."""
    written = name.strip().strip("'\"").replace("\\", "/")
    if not written:
        raise ProjectFileError("Which file is this? Put its name in the first line: %%project_file models/core.py")
    path = PurePosixPath(written)
    if path.is_absolute() or ":" in written or written.startswith("~") or ".." in path.parts:
        raise ProjectFileError(f"{written} lies outside the project folder; name a place in it, like models/core.py.")
    if not all(re.fullmatch(r"[\w.+-][\w.+ -]*", part) for part in path.parts) or not path.parts:
        raise ProjectFileError(f"{written} is no file name; use letters, digits, _ and -, as in models/core.py.")
    if not path.suffix and not path.name.startswith("."):
        raise ProjectFileError(f"{path} has no ending; is it {path}.py or {path}.sql?")
    module = loading.module_name(path)
    if module is not None and not all(part.isidentifier() for part in module.split(".")):
        raise ProjectFileError(f"Python can't import a file called {path.name}; use letters, digits and _ alone.")
    _check_place(path)
    return path


def _check_place(path: PurePosixPath) -> None:
    folder = settings().project
    target = folder / path
    if not target.resolve().is_relative_to(folder.resolve()):
        raise ProjectFileError(f"{path} leads out of the project folder through a link; choose another name.")
    if target.is_dir():
        raise ProjectFileError(f"{path} is a folder already; choose another name for the file.")
    blocking = next((parent for parent in path.parents if (folder / parent).is_file()), None)
    if blocking:
        raise ProjectFileError(f"{blocking} is a file, so nothing can be put into it; choose another name.")


# --- Accepting a module ---------------------------------------------------------------------------------------------


def _save_script(path: PurePosixPath, texts: dict[PurePosixPath, str]) -> str:
    """Tests, migrations and scripts are run by their own tools; here they only have to be Python."""
    folder = settings().project
    try:
        compile(texts[path], folder / path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        fault = find_fault(error, folder, (), lambda _: texts[path])
    else:
        write(texts)
        _draft(path).unlink(missing_ok=True)
        return f"{path} saved."
    raise _rejection(path, texts[path], fault)


def _save_module(path: PurePosixPath, texts: dict[PurePosixPath, str]) -> str:
    if path.parts[0] == "models" and path != _INIT and not (make_folder() / _INIT).is_file():
        texts = {**texts, _INIT: MODELS_INIT}
    fault = _try(texts, path)
    if fault is not None and _pending_drafts(path):
        # Two files that changed together can each be wrong without the other: the drafts get another chance.
        texts = {**_pending_drafts(path), **texts}
        fault = _try(texts, path) and fault
    if fault is not None:
        raise _rejection(path, texts[path], fault)
    others = [str(other) for other in texts if other not in (path, _INIT)]
    too = f" The draft of {' and '.join(others)} fits now, and is saved too." if others else ""
    defined = _state.names.get(path, {})
    told = "".join(f"\n{remark}" for remark in remarks(defined))
    return f"{path} saved{': ' if defined else ''}{', '.join(defined)}.{too}{told}"


def _try(texts: dict[PurePosixPath, str], path: PurePosixPath) -> Fault | None:
    try:
        _load(texts, path)
    except FaultyProject as problem:
        return problem.fault
    write(texts)
    _state.loaded_from = _sources()
    for each in texts:
        _draft(each).unlink(missing_ok=True)
    return None


def _complete_package() -> None:
    """Files put into models/ by hand get the `__init__.py` that the first saved one would have brought."""
    models = settings().project / "models"
    if any(models.glob("*.py")) and not (models / "__init__.py").is_file():
        write({_INIT: MODELS_INIT})


def _rejection(path: PurePosixPath, text: str, fault: Fault) -> ProjectFileError:
    draft = _draft(path)
    draft.parent.mkdir(parents=True, exist_ok=True)
    _replace(draft, text)
    last = "The last good one stays" if (settings().project / path).is_file() else "There is no earlier one to keep"
    where = f"line {fault.line}" if fault.file == str(path) and fault.line else fault.place
    return ProjectFileError(
        f"{path} is not saved, because of {where}.\n\n{fault}\n\n{last}; this text is kept in {shown(draft)}."
    )


def _draft(path: PurePosixPath) -> Path:
    return drafts() / path


def _pending_drafts(but: PurePosixPath) -> dict[PurePosixPath, str]:
    folder = drafts()
    found = {PurePosixPath(file.relative_to(folder).as_posix()): file for file in sorted(folder.glob("models/*.py"))}
    return {path: file.read_text("utf-8") for path, file in found.items() if path != but}


# --- Files ----------------------------------------------------------------------------------------------------------


def write(texts: loading.Texts, history: Path | None = None) -> Path | None:
    """Write the files, each at one go; what they replace is kept in a folder of the history: the one returned.

    It is `history`, or a new one where that is needed. Raises ProjectFileError when a file can't be written.
    """
    folder = make_folder()
    changed = {path: text for path, text in texts.items() if _bytes(folder / path) != text.encode()}
    replaced = [path for path in changed if (folder / path).is_file()]
    try:
        history = history or (_new_history_folder() if replaced else None)
        for path in replaced:
            assert history is not None
            (history / path).parent.mkdir(parents=True, exist_ok=True)
            (history / path).write_bytes((folder / path).read_bytes())
        for path, text in changed.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            _replace(folder / path, text)
    except OSError as error:
        raise ProjectFileError(f"{shown(folder)} can't be written to: {error.strerror}.") from None
    return history


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    fresh.write_text(text, "utf-8", newline="\n")
    fresh.replace(path)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _new_history_folder() -> Path:
    now = f"{datetime.now():%Y-%m-%d_%H-%M-%S}"
    for number in itertools.count(1):
        folder = settings().home / "history" / (now if number == 1 else f"{now}_{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("unreachable")


def _fingerprint(files: tuple[Path, ...]) -> str:
    folder, digest = settings().project, hashlib.sha256()
    for path in files:
        text = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(folder).as_posix()}\n{len(text)}\n".encode() + text)
    return digest.hexdigest()


def _sources() -> tuple[Path, str]:
    """What decides how the models load: the project, and every Python file that they may import."""
    folder = settings().project
    return folder, _fingerprint((*sorted(folder.glob("*.py")), *sorted((folder / "models").rglob("*.py"))))


# --- What is loaded, and what the notebook sees of it ----------------------------------------------------------------

Names = dict[str, object]


@dataclass
class _State:
    """What was loaded last: from which sources, and what each file defines."""

    loaded_from: tuple[Path, str] | None = None
    metadatas: tuple[MetaData, ...] = ()
    names: dict[PurePosixPath, Names] = field(default_factory=dict)


_state = _State()


def _load(texts: loading.Texts, path: PurePosixPath = _INIT) -> None:
    """Load the models, and the module that `path` is, afresh; show the notebook what they define."""
    sources = _sources()
    beside = [] if path.parts[0] == "models" else [loading.module_name(path) or ""]
    modules = loading.load(make_folder(), texts, beside)
    names = {_path(module): _defined(module, texts) for module in modules if module.__file__}
    names.pop(_INIT, None)
    kept = {file: found for file, found in _state.names.items() if file not in names and file.parts[0] != "models"}
    _publish(modules, _merged(_state.names), _merged(kept) | _merged(names))
    _state.loaded_from, _state.metadatas = sources, tuple(loading.metadatas(modules))
    _state.names = kept | names


def _path(module: ModuleType) -> PurePosixPath:
    return PurePosixPath(Path(module.__file__ or "").relative_to(settings().project).as_posix())


def _merged(names: dict[PurePosixPath, Names]) -> Names:
    return {name: value for found in names.values() for name, value in found.items()}


def _defined(module: ModuleType, texts: loading.Texts) -> Names:
    """What a module makes itself, not what it imports: classes, functions, tables, types and the like."""
    path = _path(module)
    text = texts[path] if path in texts else loading.source(settings().project / path)
    symbols = symtable.symtable(text, str(path), "exec").get_symbols()
    own = {one.get_name() for one in symbols if one.is_assigned() and not one.is_imported()}
    kinds = (type, FunctionType, Table, MetaData, registry, TypeEngine, Enum)
    return {
        name: value
        for name, value in vars(module).items()
        if name in own and name[0] != "_" and (isinstance(value, kinds) or type(value).__module__ == module.__name__)
    }


def _publish(modules: list[ModuleType], old: Names, new: Names) -> None:
    """Put what was loaded into the notebook's namespace in place of what was there from an earlier load."""
    notebook = _notebook()
    for name, value in old.items():
        if notebook.get(name) is value:
            del notebook[name]
    fresh = {module.__name__: module for module in modules}
    for name, value in list(notebook.items()):
        if isinstance(value, ModuleType) and value.__name__ in fresh:
            notebook[name] = fresh[value.__name__]
    notebook.update(new)


def _notebook() -> Names:
    """The namespace of the running notebook; one that nobody sees, outside IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return {} if shell is None else shell.user_ns
