"""What the project is made of: pinned with hashes, free of secrets, and of what is known to be open to attack."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.setup.test_requirements import pins, version_of
from workshop.settings import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
AUDIT = "pip-audit==2.10.1"

#: How secrets look: keys of well-known services, private keys, and a password in a URL.
SECRETS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a key of AWS": r"\bAKIA[0-9A-Z]{16}\b",
    "a token of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{22,}",
    "a token of Slack": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a key of an AI service": r"\bsk-[A-Za-z0-9_-]{32,}",
    "a key of Google": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a token of PyPI": r"\bpypi-[A-Za-z0-9_-]{50,}",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.",
    "a long password in a URL": r"://[^\s:/@{}]+:[A-Za-z0-9_-]{20,}@",
}


def _locked() -> dict[str, dict[str, int]]:
    """How many hashes there are, by package and version."""
    found: dict[str, dict[str, int]] = {}
    for entry in re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", LOCK)):
        if not entry.strip():
            continue
        pin = Requirement(entry.partition("\\")[0])
        hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)
        versions = found.setdefault(pin.name.lower(), {})
        versions[version_of(pin)] = versions.get(version_of(pin), 0) + len(hashes)
    return found


def test_every_pin_is_locked_with_hashes() -> None:
    wanted: dict[str, set[str]] = {}
    for name in ("requirements.txt", "tests/requirements.txt"):
        for package, lines in pins(name).items():
            wanted.setdefault(package, set()).update(version_of(pin) for pin in lines)
    locked = _locked()
    assert {package: set(versions) for package, versions in locked.items()} == wanted
    assert all(count for versions in locked.values() for count in versions.values())


def test_the_lock_names_no_place_of_one_machine() -> None:
    assert not re.search(r"://|--index|--find-links", LOCK)


def _committed() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name]


def test_no_file_holds_a_secret() -> None:
    here = Path(__file__).resolve()
    found = [
        f"{path.relative_to(ROOT)}: {what}"
        for path in _committed()
        if path.is_file() and path != here
        for what, pattern in SECRETS.items()
        if re.search(pattern, path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found


@pytest.mark.parametrize(
    "text",
    ["-----BEGIN RSA PRIVATE KEY-----", "AKIA" + "A1" * 8, "ghp_" + "a1" * 18, "postgresql://u:" + "x1" * 12 + "@h/d"],
)
def test_a_secret_would_be_found(text: str) -> None:
    assert any(re.search(pattern, text) for pattern in SECRETS.values())


def test_no_file_of_the_learners_is_committed() -> None:
    committed = {path.relative_to(ROOT).as_posix() for path in _committed()}
    assert not [name for name in committed if re.match(r"(\.workshop|ecommerce-db|\.venv)/|(.*/)?\.env$", name)]


def test_no_pinned_version_is_known_to_be_open_to_attack(tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv.exe" if sys.platform == "win32" else "uv")
    if not uv.exists():
        pytest.skip("there is no uv to run pip-audit with")
    command = [uv, "tool", "run", "--cache-dir", tmp_path / "cache", AUDIT, "--vulnerability-service", "osv"]
    options = [
        "--disable-pip",
        "--require-hashes",
        "--format",
        "json",
        "--timeout",
        "10",
        "-r",
        ROOT / "requirements.lock",
    ]
    try:
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120, check=False)
        answer = json.loads(done.stdout)
    except (ValueError, subprocess.TimeoutExpired):
        pytest.skip("nobody can be asked about vulnerabilities: offline")
    open_to_attack = [
        f"{package['name']} {package['version']}: {', '.join(found['id'] for found in package['vulns'])}"
        for package in answer["dependencies"]
        if package.get("vulns")
    ]
    assert not open_to_attack
