"""What `python3 -m workshop` answers, down to Pythons that can't run it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.setup.checkouts import BASE_PYTHON, ROOT, Checkout, machine, run
from workshop.cli import COMMANDS

OLD = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10")


def python_of(version: str) -> str | None:
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    installed = sorted(versions.glob(f"{version}.*/bin/python"))
    return str(installed[0]) if installed else shutil.which(f"python{version}")


def words_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("version", OLD)
def test_an_old_python_is_told_in_one_sentence(version: str) -> None:
    python = python_of(version)
    if python is None or subprocess.run([python, "--version"], capture_output=True).returncode:
        pytest.skip(f"there is no Python {version} here")
    answer = run([python, "-B", "-m", "workshop", "lab"], ROOT)
    assert answer.returncode == 1
    assert answer.stdout == ""
    (sentence,) = words_of(answer.stderr)
    assert f"this is Python {version}:" in sentence
    assert "3.11 or newer" in sentence


def test_an_unknown_command_is_told_which_there_are() -> None:
    answer = run([BASE_PYTHON, "-m", "workshop", "labb"], ROOT)
    assert (answer.returncode, answer.stdout) == (2, "")
    (sentence,) = words_of(answer.stderr)
    assert "'labb'" in sentence
    assert all(name in sentence for name in COMMANDS)


def test_help_has_a_line_for_each_command() -> None:
    answer = run([BASE_PYTHON, "-m", "workshop", "--help"], ROOT)
    assert answer.returncode == 0
    assert [line.split()[0] for line in words_of(answer.stdout)[1:]] == list(COMMANDS)
    nothing_said = run([BASE_PYTHON, "-m", "workshop"], ROOT)
    assert (nothing_said.returncode, nothing_said.stderr) == (2, answer.stdout)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str) -> None:
    answer = run([BASE_PYTHON, "-m", "workshop", name, "--help"], ROOT)
    assert answer.returncode == 0
    assert answer.stdout.startswith(f"usage: python3 -m workshop {name}") or os.name == "nt"


@pytest.mark.parametrize("name", ["stop", "reset"])
def test_without_an_environment_the_way_to_it_is_named(checkout: Checkout, name: str) -> None:
    answer = run([BASE_PYTHON, "-S", "-m", "workshop", name], checkout.root)
    assert (answer.returncode, answer.stdout) == (1, "")
    (sentence,) = words_of(answer.stderr)
    assert "not set up yet" in sentence
    assert "-m workshop lab" in sentence


def test_doctor_needs_no_environment(checkout: Checkout) -> None:
    answer = run([BASE_PYTHON, "-S", "-m", "workshop", "doctor"], checkout.root)
    assert answer.returncode == 0
    assert "Environment  not made yet" in answer.stdout
    assert "-m workshop lab" in words_of(answer.stdout)[-1]


def test_the_checks_without_an_environment_name_the_way_to_it(checkout: Checkout) -> None:
    answer = run([BASE_PYTHON, "-S", "-m", "checks", "2"], checkout.root)
    assert (answer.returncode, answer.stdout) == (2, "")
    (sentence,) = words_of(answer.stderr)
    assert "-m workshop lab" in sentence


def test_plain_python_shows_our_sentence_alone() -> None:
    answer = run([sys.executable, "-c", "import checks; checks.check_step('two')"], ROOT)
    assert (answer.returncode, answer.stdout) == (1, "")
    (sentence,) = words_of(answer.stderr)
    assert sentence.startswith("There is no step 'two' to check. The steps are 1")
    other = run([sys.executable, "-c", "import checks, workshop.errors; 1 / 0"], ROOT)
    assert words_of(other.stderr)[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.skipif(os.name == "nt", reason="there a pipe ends in another way")
@pytest.mark.parametrize("command", ["--help", "doctor", "lab"])
def test_who_reads_no_further_gets_no_traceback(checkout: Checkout, command: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words, env = checkout.words(command), machine()
    done = subprocess.run(words, cwd=checkout.root, env=env, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("name", ["stop", "doctor"])
def test_arguments_that_mean_nothing_are_refused(checkout: Checkout, name: str) -> None:
    answer = checkout.run(name, "--force")
    assert answer.returncode == 1
    assert len(words_of(answer.stderr)) == 1
