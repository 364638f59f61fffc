"""The pins: each of them is one, they fit what pyproject.toml asks for, and no place of one machine is among them."""

import re
import tomllib

from packaging.requirements import Requirement

from tests.setup.checkouts import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(name: str) -> dict[str, list[Requirement]]:
    """The requirements in a file, by package; some have one line for each Python."""
    found: dict[str, list[Requirement]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-e .")):
            requirement = Requirement(line)
            found.setdefault(requirement.name.lower(), []).append(requirement)
    return found


def version_of(pin: Requirement) -> str:
    (specifier,) = pin.specifier
    assert specifier.operator == "=="
    return specifier.version


def test_every_line_is_one_version() -> None:
    for name in ("requirements.txt", "tests/requirements.txt"):
        for lines in pins(name).values():
            assert all(re.fullmatch(r"[\w.]+", version_of(pin)) and pin.url is None for pin in lines)


def test_what_the_project_asks_for_is_pinned_within_its_bounds() -> None:
    pinned = pins("requirements.txt")
    for text in PYPROJECT["project"]["dependencies"]:
        wanted = Requirement(text)
        assert all(wanted.specifier.contains(version_of(pin)) for pin in pinned[wanted.name]), text


def test_what_tests_ask_for_is_pinned() -> None:
    assert {Requirement(text).name for text in PYPROJECT["dependency-groups"]["test"]} <= pins(
        "tests/requirements.txt"
    ).keys()


def test_both_files_name_the_same_versions() -> None:
    pinned = pins("requirements.txt")
    for name, lines in pins("tests/requirements.txt").items():
        for pin in lines if name in pinned else []:
            assert version_of(pin) in {version_of(other) for other in pinned[name]}


def test_the_checkout_itself_is_installed_in_place() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert "-e ." in lines
