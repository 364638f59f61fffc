"""Machines for the set-up to try itself on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup.checkouts import ODD_NAME, Checkout, bare_copy_to


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A copy that asks for no packages, so that making its environment takes no network and a moment."""
    return bare_copy_to(tmp_path / ODD_NAME)


@pytest.fixture
def uv() -> None:
    """For tests that would otherwise fetch uv."""
    if shutil.which("uv") is None:
        pytest.skip("there is no uv on the PATH")


@pytest.fixture
def path_without_uv(tmp_path: Path) -> str:
    """A PATH with nothing but git, so that neither uv nor another Python is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return str(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MB."""
    folder = tmp_path / "small disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root on Linux can mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
