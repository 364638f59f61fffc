"""Processes with code of the learner's: what they answer, and that nothing outlives them."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from checks.own_process import run

ORPHAN = """
import subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
)
print(child.pid)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "script.py"


def _is_gone(pid: int) -> bool:
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_what_it_has_started_ends_with_it(script: Path, tmp_path: Path) -> None:
    script.write_text(ORPHAN, "utf-8")
    assert _is_gone(int(run(script, "", tmp_path, {}, 20).output))


def test_a_late_one_ends_with_all_that_it_has_started(script: Path, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    script.write_text(
        ORPHAN.replace("print(child.pid)", f"open({str(told)!r}, 'w').write(str(child.pid))\nchild.wait()")
    )
    assert run(script, "", tmp_path, {}, 3).is_late
    assert _is_gone(int(told.read_text("utf-8")))


def test_it_hears_the_question_and_answers(script: Path, tmp_path: Path) -> None:
    script.write_text("import json, sys; print(json.dumps(sys.stdin.read())); sys.stderr.write('well\\n'); sys.exit(3)")
    ended = run(script, "Who?", tmp_path, {}, 20)
    assert (ended.answer, ended.last_words, ended.status, ended.is_late) == ("Who?", "well", 3, False)
