"""Makes the environment in `.venv/` that everything else runs in: with uv where it can be had, otherwise with pip.

Standard library alone. A stamp in the environment says what it holds, so that nothing is done twice, and that one which
was cut off half-way, or has moved, is made anew.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from workshop.attempt import Failed, Reason, attempt, reason_in
from workshop.errors import WorkshopError

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
REQUIREMENTS = "requirements.txt"
TEST_REQUIREMENTS = "tests/requirements.txt"
OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 14)  # for which all packages are there; a newer one may do
UV = "uv==0.13.9"

_STAMP = ENVIRONMENT / "workshop-setup.json"
_LOG = ENVIRONMENT / "workshop-setup.log"
_LOCK = ROOT / ".venv.lock"
#: What stands in an environment, in small letters.
_PARTS = {".gitignore", ".lock", "bin", "etc", "include", "lib", "lib64", "scripts", "share", _LOG.name}


@dataclass(frozen=True)
class _Stamp:
    """What an environment is: where and for which Python it was made, and which requirements files it holds."""

    root: str = ""
    python: str = ""
    finished: bool = False
    installed: dict[str, str] = field(default_factory=dict)
    """Name of a requirements file, and the fingerprint of what was in it."""


def command(words: str) -> str:
    """How one of our commands is typed on this system."""
    return f"{'py' if sys.platform == 'win32' else 'python3'} -m workshop {words}"


def python() -> Path:
    """The environment's Python, whether it is there or not."""
    return _program("python")


def is_made() -> bool:
    """Whether an environment was made here, and finished."""
    stamp = _read_stamp()
    return stamp is not None and stamp.finished and stamp.root == str(ROOT) and os.access(python(), os.X_OK)


def is_inside() -> bool:
    """Whether this Python is the environment's."""
    return Path(sys.prefix).resolve() == ENVIRONMENT.resolve()


def what_is_missing(error: ImportError) -> str:
    """What to do about a package that can't be imported."""
    lab = command("lab")
    if not is_made():
        return f"The workshop is not set up yet, there is no {error.name}: run `{lab}` first."
    if not is_inside():
        return f"This Python has no {error.name}: take that of the workshop's environment, {python()}."
    return f"The environment in .venv is damaged ({error}): delete the folder .venv, and run `{lab}`."


def activate() -> None:
    """Let child processes (kernels, terminals) find the environment's programs first."""
    folder = str(python().parent)
    rest = os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join([folder, *(entry for entry in rest if entry != folder)])
    os.environ["VIRTUAL_ENV"] = str(ENVIRONMENT)


def continue_inside(arguments: Sequence[str]) -> int:
    """Run `python -m workshop` with these arguments in the environment, in place of this process where that can be."""
    words = [str(python()), "-m", "workshop", *arguments]
    print(end="", flush=True)
    os.chdir(ROOT)
    if sys.platform == "win32":
        # It can't replace a process. Ctrl-C reaches parent and child alike there, and the child answers it.
        signal.signal(signal.SIGINT, lambda *_: None)
        return subprocess.run(words, check=False).returncode
    else:
        os.execv(words[0], words)


def prepare(*requirements: str) -> None:
    """Make sure that the environment is there and holds these requirements files (names from ROOT); say what is done.

    Raises WorkshopError: no network, disk full, folder not writable, Python without venv, `.venv` is something else.
    """
    if not (ROOT / REQUIREMENTS).is_file():
        raise WorkshopError(f"There is no {REQUIREMENTS} in {ROOT}: run this in a clone of the repository.")
    if _holds(requirements):
        return
    try:
        with _alone():
            if not _holds(requirements):  # another one may have made it while we waited
                _make(requirements)
    except BrokenPipeError:
        raise  # nobody reads what we print: no fault of the environment
    except (OSError, Failed) as error:
        _tidy_up(str(error))
        raise WorkshopError(_sentence(str(error))) from error


def _make(requirements: Sequence[str]) -> None:
    started = time.monotonic()
    if _is_reusable():
        print("The environment in .venv is brought up to date:")
    else:
        _clear_away()
        print("The workshop makes its environment in .venv (once; half a gigabyte):")
        _create()
    before = _read_stamp() or _Stamp()
    _write_stamp(_Stamp())
    try:
        _install(requirements)
    except Failed as failure:
        # It ended by itself, so what was there before still holds; a stamp that stays unfinished would mean that we
        # were cut off half-way, and that the environment can't be trusted.
        if failure.reason is not Reason.DISK_FULL:
            _write_stamp(before) if before.finished else _STAMP.unlink()
        raise
    version, packages = _look_at_python()
    _link_repository(packages)
    installed = before.installed | {name: _fingerprint(name) for name in requirements}
    _write_stamp(_Stamp(str(ROOT), version, finished=True, installed=installed))
    _compile_in_background(packages)
    print(f"Done in {time.monotonic() - started:.0f} s.", flush=True)


def _tidy_up(output: str) -> None:
    """After a failure: a full disk gets the space back that a half-made environment takes; any other leaves a log."""
    if reason_in(output) is Reason.DISK_FULL and _STAMP.exists() and not is_made():
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    with contextlib.suppress(OSError):
        _LOG.write_text(output, encoding="utf-8")


def _sentence(output: str) -> str:
    """What to tell the reader about what a tool wrote, or the system said, before giving up."""
    again = "run the command again"
    match reason_in(output):
        case Reason.DISK_FULL:
            return f"The disk is full: free about 1 GB where {ROOT} is (and your home folder), and {again}."
        case Reason.NOT_TRUSTED:
            return (
                "The package index shows a certificate that this computer doesn't trust, as behind a company's proxy: "
                f"name the company's certificate file in SSL_CERT_FILE and PIP_CERT, and {again}."
            )
        case Reason.OFFLINE:
            return f"The packages can't be fetched, the network doesn't answer: connect this computer, and {again}."
        case Reason.NOT_WRITABLE:
            return f"You may not write in {ROOT}: clone the repository into a folder of your own, and {again} there."
        case Reason.TOO_LONG:
            return f"{ROOT} is too long a path here: clone the repository into one that is shorter, and {again} there."
        case _ if sys.version_info[:2] > NEWEST_PYTHON:
            tried = "{}.{} to {}.{}".format(*OLDEST_PYTHON, *NEWEST_PYTHON)
            return (
                "Not all packages can be had for Python {}.{}, which is newer than they are: ".format(*sys.version_info)
                + f"run the command with Python {tried} (https://www.python.org/downloads/)."
            )
        case Reason.NOT_SERVED:
            package = output.rpartition(Reason.NOT_SERVED.value[0])[2].split()[0]
            return (
                f"The package index answers, but not with {package}: where this network wants you to log in first, do "
                f"so in a browser, or name another index in PIP_INDEX_URL and UV_DEFAULT_INDEX, and {again}."
            )
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["nothing was said"]
    telling = [line for line in lines if "error:" in line.lower()] or lines
    return f"The environment can't be made ({telling[-1]}); {_LOG} has the whole story."


# What is there


def _program(name: str) -> Path:
    return ENVIRONMENT / (f"Scripts/{name}.exe" if sys.platform == "win32" else f"bin/{name}")


def _read_stamp() -> _Stamp | None:
    try:
        return _Stamp(**json.loads(_STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write_stamp(stamp: _Stamp) -> None:
    _STAMP.write_text(json.dumps(asdict(stamp), indent=1), encoding="utf-8")


def _fingerprint(requirements: str) -> str:
    return hashlib.sha256((ROOT / requirements).read_bytes()).hexdigest()


def _holds(requirements: Sequence[str]) -> bool:
    stamp = _read_stamp()
    if stamp is None or not is_made():
        return False
    if any(stamp.installed.get(name) != _fingerprint(name) for name in requirements):
        return False
    return is_inside() or _look_at_python()[0] == stamp.python


def _look_at_python() -> tuple[str, Path]:
    """The version of the environment's Python ("3.11") and where its packages are; ("", …) where it doesn't run."""
    facts = "['%d.%d' % sys.version_info[:2], sysconfig.get_path('purelib')]"
    question = f"import json, sys, sysconfig; print(json.dumps({facts}))"
    try:
        answer = subprocess.run([python(), "-I", "-c", question], capture_output=True, check=True, text=True).stdout
        version, packages = json.loads(answer)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return "", ENVIRONMENT
    return version, Path(packages)


def _is_reusable() -> bool:
    """Whether packages can go into what is there: finished by us for this very place, or made by somebody else."""
    version, _ = _look_at_python()
    if not version or tuple(map(int, version.split("."))) < OLDEST_PYTHON:
        return False
    if not _STAMP.exists():
        return (ENVIRONMENT / "pyvenv.cfg").exists()
    stamp = _read_stamp()
    return stamp is not None and stamp.finished and stamp.root == str(ROOT) and stamp.python == version


# Making it


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other process is at work on the environment, and keep others from it meanwhile."""
    global _input
    with _LOCK.open("a+") as lock:
        if not _try_to_lock(lock.fileno()):
            print("Another process is at work on the environment; waiting for it.", flush=True)
            while not _try_to_lock(lock.fileno()):
                time.sleep(0.2)
        _input = lock.fileno()
        yield


#: The standard input of the tools that we start. They keep the lock by it: where we are killed, they go on writing for
#: a while, and so do those that they start in their turn, as ensurepip does with pip.
_input = subprocess.DEVNULL


def _run(what: str, *words: str) -> None:
    attempt(what, words, ROOT, _input)


if sys.platform == "win32":
    import msvcrt

    def _try_to_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_to_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _clear_away() -> None:
    """Remove what is at `.venv`, where it is an environment or was about to become one."""
    if not os.path.lexists(ENVIRONMENT):
        return
    if not _is_environment():
        raise WorkshopError(
            f"{ENVIRONMENT} is not a Python environment, so it was left alone: move it away and run the command again."
        )
    old = ENVIRONMENT.with_name(f".venv-old-{time.time_ns()}")
    try:
        ENVIRONMENT.rename(old)
    except OSError as error:
        raise WorkshopError(
            f"{ENVIRONMENT} has to be made anew, but something holds it ({error.strerror}): close JupyterLab and "
            "VS Code, and run the command again with the Python outside of it."
        ) from error
    for left_over in ROOT.glob(".venv-old-*"):
        shutil.rmtree(left_over, ignore_errors=True)


def _is_environment() -> bool:
    """Whether `.venv` is a folder that Python's venv, uv or we have made, what a deletion has left of one, or empty."""
    if ENVIRONMENT.is_symlink() or not ENVIRONMENT.is_dir():
        return False
    if _STAMP.exists() or (ENVIRONMENT / "pyvenv.cfg").exists():
        return True
    return all(entry.name.lower() in _PARTS for entry in ENVIRONMENT.iterdir())


def _create() -> None:
    if os.pathsep in str(ROOT):
        raise WorkshopError(
            f"No Python environment can be in {ROOT}, as there is a {os.pathsep} in that path: rename the folder, and "
            "run the command again there."
        )
    if shutil.which("uv") is None:
        _require_ensurepip()
    ENVIRONMENT.mkdir()
    _write_stamp(_Stamp())
    base = getattr(sys, "_base_executable", sys.executable)  # we may ourselves be running in an environment
    # pip after it, and not by it: venv keeps to itself why pip could not be installed.
    _run("environment", base, "-m", "venv", "--without-pip", str(ENVIRONMENT))
    if importlib.util.find_spec("ensurepip") is not None:  # with uv, pip is there for %pip in a notebook alone
        _make_sure_of_pip()


def _require_ensurepip() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        version = "{}.{}".format(*sys.version_info)
        raise WorkshopError(
            "This Python comes without the part that makes environments: on Debian or Ubuntu run "
            f"`sudo apt install python{version}-venv`, elsewhere take the Python of python.org, "
            "and run the command again."
        )


def _install(requirements: Sequence[str]) -> None:
    """Install requirements files with uv, and with pip where uv can't be had or doesn't get through."""
    files = [word for name in requirements for word in ("-r", name)]
    if uv := shutil.which("uv") or _fetch_uv():
        os.environ.setdefault("UV_SYSTEM_CERTS", "true")  # behind a company's proxy, uv's own certificates don't do
        try:
            _run("packages, with uv", uv, "pip", "install", "--python", str(python()), *files)
            return
        except Failed as failure:
            if failure.reason is Reason.DISK_FULL:
                raise
    _make_sure_of_pip()
    _run("packages, with pip (a minute or two)", str(python()), "-m", "pip", "install", *files)


def _fetch_uv() -> str | None:
    """The uv in the environment, fetched with pip; None where there is none for this system."""
    uv = _program("uv")
    if not uv.exists():
        _make_sure_of_pip()
        try:
            _run("uv, which is quicker than pip", str(python()), "-m", "pip", "install", UV)
        except Failed as failure:
            if failure.reason in (Reason.DISK_FULL, Reason.OFFLINE):
                raise
            return None
    return str(uv)


def _make_sure_of_pip() -> None:
    _, packages = _look_at_python()
    if not (packages / "pip").is_dir():
        _require_ensurepip()
        _run("pip", str(python()), "-m", "ensurepip", "--default-pip")


def _link_repository(packages: Path) -> None:
    """Put the repository on the environment's path, by a relative way.

    The editable install does so too, but writes the path in UTF-8, which Python 3.11 and 3.12 misread on Windows where
    there is an umlaut in it.
    """
    way = os.path.relpath(ROOT, packages)
    (packages / "schema-workbook-checkout.pth").write_text(f"{way}\n", encoding="utf-8")


def _compile_in_background(packages: Path) -> None:
    """Byte-compile the packages, at the lowest priority and without waiting: uv leaves that to the first import.

    matplotlib's first import looks at every font of the computer, which can take seconds; it comes along. The path is
    relative, so that an environment that is deleted meanwhile doesn't come back as a heap of empty folders.
    """
    program = (
        "import compileall, os, sys; hasattr(os, 'nice') and os.nice(19); "
        "compileall.compile_dir(sys.argv[1], quiet=2); import matplotlib.font_manager"
    )
    subprocess.Popen(
        [python(), "-c", program, os.path.relpath(packages, ENVIRONMENT)],
        cwd=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in the terminal is not meant for it
        creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
        | getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
