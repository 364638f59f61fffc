"""Making `.venv/`: once, again when it has to be, and with a sentence when it can't be."""

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.setup.checkouts import BASE_PYTHON, ODD_NAME, Checkout, bare_copy_to, machine, run

pytestmark = pytest.mark.usefixtures("uv")

# A package whose installation takes a while, so that it can be killed in the middle.
SLOW_BACKEND = """
import pathlib, time

def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path(__file__).with_name("started").touch()
    time.sleep(4)
    raise SystemExit("never done")
"""
SLOW_PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "slow"
version = "1.0"
"""
NOWHERE = "http://127.0.0.1:9/simple"


class LogIn(BaseHTTPRequestHandler):
    """A page of HTML, whatever is asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html><body>Your room number, please</body></html>")

    def log_message(self, *_: object) -> None:
        pass


def stamp_of(checkout: Checkout) -> dict[str, object]:
    stamp: dict[str, object] = json.loads((checkout.environment / "workshop-setup.json").read_text(encoding="utf-8"))
    return stamp


def leave_a_trace(checkout: Checkout) -> Path:
    """A file in the environment: it is there as long as that environment is."""
    trace = checkout.environment / "trace"
    trace.touch()
    return trace


def sentence_of(answer: subprocess.CompletedProcess[str]) -> str:
    """What a failed command said, which is one line of text."""
    assert answer.returncode == 1
    (sentence,) = answer.stderr.splitlines()
    return sentence


def wheel_of(name: str, megabytes: int, folder: Path) -> Path:
    """A wheel that holds this much of what doesn't compress."""
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}.bin", os.urandom(megabytes * 2**20))
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return wheel


def test_it_is_made_once(checkout: Checkout) -> None:
    first = checkout.prepare()
    assert first.returncode == 0, first.stderr
    assert "makes its environment" in first.stdout
    stamp = checkout.environment / "workshop-setup.json"
    written = stamp.stat().st_mtime_ns
    again = checkout.prepare()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert stamp.stat().st_mtime_ns == written


def test_the_workshop_is_imported_from_any_folder(checkout: Checkout, tmp_path: Path) -> None:
    assert checkout.prepare().returncode == 0
    program = "import workshop, checks, json; print(json.dumps([workshop.__file__, checks.__file__]))"
    files = json.loads(run([str(checkout.python), "-c", program], tmp_path).stdout)
    assert files == [str(checkout.root / name / "__init__.py") for name in ("workshop", "checks")]


def test_another_python_finds_it_made(checkout: Checkout) -> None:
    assert checkout.prepare().returncode == 0
    inside = run(
        [str(checkout.python), "-c", "from workshop import bootstrap as b; b.prepare('requirements.txt')"],
        checkout.root,
    )
    assert (inside.returncode, inside.stdout, inside.stderr) == (0, "", "")


def test_new_requirements_go_into_the_same_environment(checkout: Checkout, tmp_path: Path) -> None:
    assert checkout.prepare().returncode == 0
    trace = leave_a_trace(checkout)
    (checkout.root / "requirements.txt").write_text(f"{wheel_of('brick', 1, tmp_path).as_uri()}\n", encoding="utf-8")
    answer = checkout.prepare()
    assert answer.returncode == 0, answer.stderr
    assert "brought up to date" in answer.stdout
    assert trace.exists()
    assert list(checkout.environment.rglob("brick.bin"))


def test_what_tests_need_is_added_when_it_is_asked_for(checkout: Checkout) -> None:
    (checkout.root / "tests/requirements.txt").write_text("# nothing either\n", encoding="utf-8")
    assert checkout.prepare().returncode == 0
    assert "up to date" in checkout.prepare("requirements.txt", "tests/requirements.txt").stdout
    assert checkout.prepare("requirements.txt", "tests/requirements.txt").stdout == ""
    assert checkout.prepare().stdout == ""


@pytest.mark.skipif(sys.platform == "win32", reason="there the tools don't keep the lock")
def test_killed_half_way_it_is_made_anew(checkout: Checkout) -> None:
    (checkout.root / "slow").mkdir()
    (checkout.root / "slow/backend.py").write_text(SLOW_BACKEND, encoding="utf-8")
    (checkout.root / "slow/pyproject.toml").write_text(SLOW_PROJECT, encoding="utf-8")
    (checkout.root / "requirements.txt").write_text("./slow\n", encoding="utf-8")
    program = "from workshop import bootstrap; bootstrap.prepare('requirements.txt')"
    with subprocess.Popen([BASE_PYTHON, "-c", program], cwd=checkout.root, env=machine()) as victim:
        while not (checkout.root / "slow/started").exists():
            assert victim.poll() is None
            time.sleep(0.05)
        victim.kill()
    assert stamp_of(checkout)["finished"] is False
    trace = leave_a_trace(checkout)
    (checkout.root / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    answer = checkout.prepare()
    assert answer.returncode == 0, answer.stderr
    assert "waiting for it" in answer.stdout  # the tool that it had started was still at work
    assert "makes its environment" in answer.stdout
    assert not trace.exists()
    assert stamp_of(checkout)["finished"] is True


def test_a_repository_that_has_moved_gets_a_new_one(checkout: Checkout, tmp_path: Path) -> None:
    assert checkout.prepare().returncode == 0
    trace = leave_a_trace(checkout)
    moved = Checkout(checkout.root.rename(tmp_path / "elsewhere"))
    answer = moved.prepare()
    assert answer.returncode == 0, answer.stderr
    assert not (moved.environment / trace.name).exists()
    assert stamp_of(moved)["root"] == str(moved.root)


@pytest.mark.skipif(sys.platform == "win32", reason="there the tools don't keep the lock")
def test_killed_while_pip_is_made_the_next_one_waits_for_what_goes_on(checkout: Checkout) -> None:
    program = "from workshop import bootstrap; bootstrap.prepare('requirements.txt')"
    with subprocess.Popen([BASE_PYTHON, "-c", program], cwd=checkout.root, env=machine()) as victim:
        while not list(checkout.environment.glob("lib/*/site-packages/pip")):  # ensurepip has started its own process
            assert victim.poll() is None
            time.sleep(0.05)
        victim.kill()
    answer = checkout.prepare()
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "waiting for it" in answer.stdout


def test_one_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    assert checkout.prepare().returncode == 0
    checkout.python.unlink()
    answer = checkout.prepare()
    assert answer.returncode == 0, answer.stderr
    assert run([str(checkout.python), "-c", ""], checkout.root).returncode == 0


def test_what_a_deletion_has_left_of_one_is_made_anew(checkout: Checkout) -> None:
    assert checkout.prepare().returncode == 0
    for name in ("workshop-setup.json", "pyvenv.cfg"):
        (checkout.environment / name).unlink()
    answer = checkout.prepare()
    assert answer.returncode == 0, answer.stderr
    assert "makes its environment" in answer.stdout
    assert not list(checkout.root.glob(".venv-old-*"))


def test_a_deleted_one_does_not_come_back(checkout: Checkout) -> None:
    """Its packages are still being compiled in the background."""
    assert checkout.prepare().returncode == 0
    while checkout.environment.exists():
        shutil.rmtree(checkout.environment, ignore_errors=True)
    time.sleep(1)
    assert not checkout.environment.exists()


def test_one_that_lacks_a_package_is_told_to_be_damaged(checkout: Checkout) -> None:
    assert checkout.prepare().returncode == 0  # without any package
    assert "damaged (No module named" in sentence_of(checkout.run("stop"))
    doctor = checkout.run("doctor")
    assert (doctor.returncode, doctor.stderr) == (0, "")
    assert "delete the folder .venv" in doctor.stdout.splitlines()[-1]


def test_one_that_somebody_else_made_is_used(checkout: Checkout) -> None:
    subprocess.run([BASE_PYTHON, "-m", "venv", "--without-pip", checkout.environment], check=True)
    trace = leave_a_trace(checkout)
    answer = checkout.prepare()
    assert answer.returncode == 0, answer.stderr
    assert trace.exists()
    assert checkout.prepare().stdout == ""


def test_something_else_of_that_name_is_left_alone(checkout: Checkout) -> None:
    checkout.environment.mkdir()
    diary = checkout.environment / "diary.txt"
    diary.touch()
    assert "is not a Python environment" in sentence_of(checkout.run("lab"))
    assert diary.exists()


def test_two_at_once_make_one(checkout: Checkout) -> None:
    program = "from workshop import bootstrap; bootstrap.prepare('requirements.txt')"
    both = [
        subprocess.Popen(
            [BASE_PYTHON, "-c", program], cwd=checkout.root, env=machine(), stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("makes its environment" in output for output in outputs) == 1


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_without_a_network_it_says_so(checkout: Checkout, path_without_uv: str, tmp_path: Path, tool: str) -> None:
    (checkout.root / "requirements.txt").write_text("idna==3.20\n", encoding="utf-8")
    offline = {
        "PIP_INDEX_URL": NOWHERE,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": "",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "1",
        "UV_DEFAULT_INDEX": NOWHERE,
        "UV_HTTP_RETRIES": "0",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }
    answer = checkout.run("lab", **offline, **({} if tool == "uv" else {"PATH": path_without_uv}))
    assert "network doesn't answer" in sentence_of(answer)
    assert (f"with {tool}" if tool == "uv" else "uv, which") in answer.stdout
    # Nothing that was there is lost: the next try goes on from here.
    trace = leave_a_trace(checkout)
    (checkout.root / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    assert checkout.prepare().returncode == 0
    assert trace.exists()


def test_a_uv_that_does_not_run_is_done_without(checkout: Checkout, path_without_uv: str) -> None:
    uv = Path(path_without_uv, "uv.exe" if sys.platform == "win32" else "uv")
    uv.write_bytes(b"for another computer")
    uv.chmod(0o755)
    answer = checkout.prepare(PATH=path_without_uv)
    assert answer.returncode == 0, answer.stderr
    assert "with uv failed" in answer.stdout
    assert "does not run" in checkout.run("doctor", PATH=path_without_uv).stdout


def test_an_index_without_the_packages_is_told(checkout: Checkout, path_without_uv: str) -> None:
    """A hotel's page of log-in, which answers to everything."""
    (checkout.root / "requirements.txt").write_text("idna==3.20\n", encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), LogIn) as hotel:
        Thread(target=hotel.serve_forever).start()
        answer = checkout.run(
            "lab",
            PATH=path_without_uv,
            PIP_INDEX_URL=f"http://127.0.0.1:{hotel.server_port}/simple",
            PIP_CONFIG_FILE=os.devnull,
            PIP_FIND_LINKS="",
            PIP_NO_CACHE_DIR="1",
        )
        hotel.shutdown()
    assert "not with idna==3.20: where this network wants you to log in" in sentence_of(answer)


def test_a_python_newer_than_the_packages_is_told(checkout: Checkout) -> None:
    (checkout.root / "requirements.txt").write_text("./not-there\n", encoding="utf-8")
    program = (
        "from workshop import bootstrap, cli; bootstrap.NEWEST_PYTHON = (3, 0); raise SystemExit(cli.main(['lab']))"
    )
    assert "run the command with Python 3.11 to 3.0" in sentence_of(run([BASE_PYTHON, "-c", program], checkout.root))


def test_a_disk_too_small_for_pip_is_named(small_disk: Path) -> None:
    checkout = bare_copy_to(small_disk / ODD_NAME)
    with (small_disk / "filling").open("wb") as filling:
        filling.write(bytes(shutil.disk_usage(small_disk).free - 2**22))
    before = shutil.disk_usage(small_disk).free
    assert "disk is full" in sentence_of(checkout.run("lab"))
    assert shutil.disk_usage(small_disk).free > before - 2**20


def test_a_full_disk_is_named_and_gets_its_space_back(small_disk: Path, tmp_path: Path) -> None:
    checkout = bare_copy_to(small_disk / ODD_NAME)
    wheel = wheel_of("boulder", 60, tmp_path)
    (checkout.root / "requirements.txt").write_text(f"{wheel.as_uri()}\n", encoding="utf-8")
    before = shutil.disk_usage(small_disk).free
    assert "disk is full" in sentence_of(checkout.run("lab", UV_CACHE_DIR=str(tmp_path / "cache")))
    assert shutil.disk_usage(small_disk).free > before - 2**20


def test_a_folder_that_is_not_ours_to_write_in(checkout: Checkout) -> None:
    if sys.platform != "win32" and os.geteuid() == 0:
        python = python_of_nobody(checkout)
    else:
        python = [BASE_PYTHON]
        checkout.root.chmod(0o555)
    answer = run([*python, "-m", "workshop", "lab"], checkout.root)
    assert "clone the repository into a folder of your own" in sentence_of(answer)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="it takes another user")
def test_one_whose_python_is_in_a_closed_folder_of_somebody_else(checkout: Checkout, tmp_path: Path) -> None:
    assert checkout.prepare().returncode == 0
    (tmp_path / "closed").mkdir(mode=0o700)
    checkout.python.unlink()
    checkout.python.symlink_to(tmp_path / "closed" / "python")
    answer = run([*python_of_nobody(checkout), "-m", "workshop", "lab"], checkout.root)
    assert "clone the repository into a folder of your own" in sentence_of(answer)


def python_of_nobody(checkout: Checkout) -> list[str]:
    """Words that run a Python as the user nobody, who may look at the checkout."""
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/", "/usr/bin/python3"]
    for folder in [checkout.root, *checkout.root.parents]:
        if folder.stat().st_mode & 0o5 != 0o5:  # pytest's own, one level more with several workers
            folder.chmod(0o755)
    question = [*words, "-c", "import sys; raise SystemExit(sys.version_info < (3, 11))"]
    if not shutil.which("setpriv") or run(question, checkout.root).returncode:
        pytest.skip("there is no Python 3.11 here that everybody may run")
    return words


def test_a_path_in_which_no_environment_can_be(tmp_path: Path) -> None:
    checkout = bare_copy_to(tmp_path / f"a{os.pathsep}b")
    assert "rename the folder" in sentence_of(checkout.run("lab"))
    assert not checkout.environment.exists()


def test_debian_without_venv_is_told_which_package(checkout: Checkout, path_without_uv: str) -> None:
    program = "import runpy, sys; sys.modules['ensurepip'] = None; runpy.run_module('workshop', run_name='__main__')"
    answer = run([BASE_PYTHON, "-c", program, "lab"], checkout.root, {"PATH": path_without_uv})
    version = "{}.{}".format(*sys.version_info)
    assert f"sudo apt install python{version}-venv" in sentence_of(answer)
    assert not checkout.environment.exists()
