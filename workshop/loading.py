"""Imports the modules of the project folder afresh, with texts from memory in place of files that are not saved yet.

Python's own import keeps compiled files and finds a change by time and size, so that two saves within a second could
give stale code. The finder here reads every module from its source, every time.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import CodeType, ModuleType

from sqlalchemy import MetaData, Table
from sqlalchemy.orm import registry

from workshop.faults import FaultyProject, find_fault

Texts = Mapping[PurePosixPath, str]
"""Texts that stand in for files: path within the project folder → text."""

_folder: Path | None = None  # the project folder that is on sys.path now
_texts: dict[Path, str] = {}  # absolute path → the text that stands in for the file


def enter(folder: Path) -> None:
    """Put the project folder first on `sys.path`, read by the finder below; another project's goes."""
    global _folder
    if _folder not in (None, folder):
        _forget(_loaded_here())
        sys.path[:] = [entry for entry in sys.path if entry != str(_folder)]
    _folder = folder
    if _finder not in sys.path_hooks:
        sys.path_hooks.insert(0, _finder)
    for entry, finder in list(sys.path_importer_cache.items()):
        if Path(entry).is_relative_to(folder) and not isinstance(finder, _Finder):
            del sys.path_importer_cache[entry]
    sys.path[:] = [str(folder), *(entry for entry in sys.path if entry != str(folder))]


def load(folder: Path, texts: Texts, modules: Sequence[str] = ()) -> list[ModuleType]:
    """Import `modules` and all of the package `models` from `folder`, with nothing left of an earlier import.

    When one of them can't be imported or mapped, FaultyProject says why and `sys.modules` is as it was before.
    """
    enter(folder)
    with _standing_in(texts):
        before = _forget(_loaded_here() | {name for name in sys.modules if _hides_ours(name)})
        try:
            loaded = [importlib.import_module(name) for name in [*modules, *_model_modules()]]
            for one in _registries(loaded):
                one.configure()
            return loaded
        except BaseException as error:  # a learner's file may raise anything: sys.exit() and an interrupt end here, too
            fault = find_fault(error, folder, _model_files(), source)
            for one in _registries([sys.modules[name] for name in _loaded_here()]):
                one.dispose(cascade=True)
            _forget(_loaded_here())
            sys.modules.update(before)
    raise FaultyProject(fault)  # out here, where the error and with it the learner's half-made classes are let go


def metadatas(modules: Sequence[ModuleType]) -> list[MetaData]:
    """Every MetaData the modules hold: by itself, or through a Table, a registry or a declarative class."""
    found = {}
    for value in _values(modules):
        one = value if isinstance(value, MetaData) else getattr(value, "metadata", None)
        if isinstance(one, MetaData):
            found[id(one)] = one
    return list(found.values())


def module_name(path: PurePosixPath) -> str | None:
    """The module that a file of the project is when it is loaded with it, else None.

    Loaded are the models and what lies beside them at the top; tests, migrations and scripts run by their own tools.
    """
    parts = path.with_suffix("").parts
    if path.suffix != ".py" or (len(parts) > 1 and parts[0] != "models"):
        return None
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def source(path: Path) -> str:
    """The text of a project file: the one standing in for it, else the file's."""
    return _texts[path] if path in _texts else path.read_text("utf-8-sig", errors="replace")


def _model_modules() -> list[str]:
    assert _folder is not None
    models = _folder / "models"
    names = _module_names(models)
    return ["models", *(f"models.{name}" for name in names)] if names or _is_there(models / "__init__.py") else []


def _model_files() -> list[Path]:
    assert _folder is not None
    found = {*(_folder / "models").rglob("*.py"), *(path for path in _texts if path.suffix == ".py")}
    return sorted(found)


def _module_names(folder: Path) -> list[str]:
    names = {path.stem for path in _texts if path.parent == folder and path.suffix == ".py"}
    names |= {path.stem for path in folder.glob("*.py")}
    names |= {path.parent.name for path in folder.glob("*/__init__.py")}
    return sorted(name for name in names - {"__init__"} if name.isidentifier())


def _is_there(path: Path) -> bool:
    return path in _texts or path.is_file()


@contextmanager
def _standing_in(texts: Texts) -> Iterator[None]:
    assert _folder is not None
    _texts.update({_folder / path: text for path, text in texts.items()})
    try:
        yield
    finally:
        _texts.clear()


def _loaded_here() -> set[str]:
    return {name for name, module in list(sys.modules.items()) if isinstance(getattr(module, "__loader__", 0), _Loader)}


def _hides_ours(name: str) -> bool:
    """Is it a module from elsewhere that has the name of one of the project's?"""
    assert _folder is not None
    top = name.partition(".")[0]
    return top not in sys.stdlib_module_names and (top == "models" or _is_there(_folder / f"{top}.py"))


def _forget(names: set[str]) -> dict[str, ModuleType]:
    return {name: sys.modules.pop(name) for name in names}


def _registries(modules: Sequence[ModuleType]) -> list[registry]:
    found = {}
    for value in _values(modules):
        one = value if isinstance(value, registry) else getattr(value, "registry", None)
        if isinstance(one, registry):
            found[id(one)] = one
    return list(found.values())


def _values(modules: Sequence[ModuleType]) -> Iterator[object]:
    for module in modules:
        yield from (value for value in vars(module).values() if isinstance(value, type | MetaData | Table | registry))


class _Finder:
    """Finds modules in one folder of the project, and remembers nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(self, name: str, target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        package = self._folder / name.rpartition(".")[2]
        module = self._folder / f"{package.name}.py"
        for path, inside in ((package / "__init__.py", [str(package)]), (module, None)):
            if _is_there(path):
                return importlib.util.spec_from_file_location(
                    name, path, loader=_Loader(name, str(path)), submodule_search_locations=inside
                )
        if not package.is_dir():
            return None
        folder = importlib.machinery.ModuleSpec(name, None, is_package=True)
        folder.submodule_search_locations = [str(package)]
        return folder

    def iter_modules(self, prefix: str = "") -> Iterator[tuple[str, bool]]:
        """What pkgutil.iter_modules asks for, with which models/__init__.py finds its files."""
        for name in _module_names(self._folder):
            yield prefix + name, (self._folder / name / "__init__.py").is_file()


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles a module's source each time, from memory where a text stands in for the file."""

    def get_data(self, path: str) -> bytes:
        standing_in = _texts.get(Path(path))
        return super().get_data(path) if standing_in is None else standing_in.encode()

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _finder(entry: str) -> _Finder:
    if _folder is None or not Path(entry).is_relative_to(_folder):
        raise ImportError("not a folder of the project")
    return _Finder(Path(entry))
