"""python -m checks grade: what it writes, what it does again, and on a Dask cluster that loses a worker."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from checks.__main__ import main
from tests.grading.conftest import hand_in
from workshop.postgres import connect
from workshop.reference import read_reference

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a class is graded on POSIX systems")

SLIP = {"schemas/99.sql": "drop index uq_users_email;"}


def _grade(submissions: Path, output: Path, *more: str, steps: str = "1-6") -> int:
    return main(["grade", str(submissions), "--output", str(output), "--steps", steps, *more])


def _table(output: Path) -> list[dict[str, str]]:
    with (output / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_files_for_everybody_and_only_what_changed_again(
    submissions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "grades"
    hand_in(submissions / "ada", {}, step=2)
    hand_in(submissions / "ben", SLIP, step=2)
    (submissions / "=cmd|calc.sql").write_text("create table users (id int primary key)", encoding="utf-8")
    assert _grade(submissions, output, "--jobs", "2") == 0
    assert "3 submissions: 3 graded" in capsys.readouterr().out

    most, formula, ada, ben = _table(output)
    assert (most["submission"], most["step_2"], most["out_of"]) == ("(maximum)", "29", "168")
    assert formula["submission"] == "'=cmd|calc"
    assert (ada["status"], ada["step_1"], ada["step_2"], ada["step_3"]) == ("graded", "5", "29", "0")
    assert ben["step_2"] == "28"
    assert output.stat().st_mode & 0o077 == 0

    lines = [json.loads(line) for line in (output / "grades.jsonl").read_text("utf-8").splitlines()]
    assert [line["name"] for line in lines] == ["=cmd|calc", "ada", "ben"]
    page = (output / "learners" / "ben" / "report.html").read_text("utf-8")
    assert "python -m checks 2 --database-url" in page
    assert "share one e-mail address." in page
    index = (output / "index.html").read_text("utf-8")
    assert 'href="learners/ada/report.html"' in index
    assert "share one e-mail address." in index
    _is_gradescopes(json.loads((output / "learners" / "ben" / "results.json").read_text("utf-8")), int(ben["score"]))

    first = (output / "learners" / "ada" / "report.html").stat().st_mtime_ns
    (submissions / "ben" / "schemas" / "99.sql").unlink()
    assert _grade(submissions, output, "--jobs", "1") == 0
    assert [row["step_2"] for row in _table(output)][2:] == ["29", "29"]
    assert (output / "learners" / "ada" / "report.html").stat().st_mtime_ns == first


def test_extensions_are_extras_and_another_choice_is_graded_anew(submissions: Path, tmp_path: Path) -> None:
    output = tmp_path / "grades"
    coupons = {path.as_posix(): text for path, text in read_reference("coupons").files.items()}
    hand_in(submissions / "ada", coupons, step=5)
    hand_in(submissions / "ben", {}, step=2)
    assert _grade(submissions, output, "--jobs", "1", steps="coupons,2,wishlists") == 0
    most, ada, ben = _table(output)
    assert [name for name in most if name.startswith(("step", "extra"))] == [
        "step_2",
        "step_2_out_of",
        "extra_wishlists",
        "extra_coupons",
    ]
    assert (most["out_of"], most["extra_coupons"]) == ("29", "23")
    assert (ada["score"], ada["percent"], ada["extra_coupons"], ada["extra_wishlists"]) == ("29", "100.0", "23", "0")
    assert (ben["score"], ben["percent"], ben["extra_coupons"]) == ("29", "100.0", "0")
    results = json.loads((output / "learners" / "ada" / "results.json").read_text("utf-8"))
    extras = [test for test in results["tests"] if "extension" in test["tags"]]
    assert (len(extras), {test["max_score"] for test in extras}) == (23, {0})
    assert results["score"] == sum(test["score"] for test in results["tests"]) == 29
    assert "python -m checks coupons" in (output / "learners" / "ada" / "report.html").read_text("utf-8")
    assert "Extension, Wishlists" not in (output / "index.html").read_text("utf-8")

    assert _grade(submissions, output, "--jobs", "1", steps="2") == 0
    assert {name for name in _table(output)[0] if name.startswith("extra")} == set()


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ("9", "no step 9"),
        ("1-9", "no step 9"),
        (" ,", "names no step"),
        ("coupon", "'coupons'"),
        ("7-6", "names no step"),
    ],
)
def test_a_choice_of_steps_that_is_none(
    submissions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], steps: str, says: str
) -> None:
    assert _grade(submissions, tmp_path / "grades", steps=steps) == 2
    assert says in capsys.readouterr().err


def _is_gradescopes(results: dict[str, Any], score: int) -> None:
    """By https://gradescope-autograders.readthedocs.io/en/latest/specs/."""
    assert results["score"] == score == sum(test["score"] for test in results["tests"])
    assert results["visibility"] == "visible"
    for test in results["tests"]:
        assert isinstance(test["name"], str)
        assert isinstance(test["output"], str)
        assert test["status"] in ("passed", "failed")
        assert test["visibility"] in ("hidden", "after_due_date", "after_published", "visible")
        assert 0 <= test["score"] <= test["max_score"]
    failed = [test["name"] for test in results["tests"] if {"fail", "step 2"} <= set(test["tags"])]
    assert failed == ["Two accounts can't share one e-mail address."]


@pytest.mark.parametrize(
    ("make", "says"), [(False, "can't be read"), (True, "nothing to grade")], ids=["no folder", "an empty one"]
)
def test_nothing_to_grade(make: bool, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if make:
        (tmp_path / "submissions").mkdir()
    assert _grade(tmp_path / "submissions", tmp_path / "grades") == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("who", ["as_superuser_url", "as_maker_url"])
def test_on_a_server_that_is_named(
    submissions: Path, tmp_path: Path, whole: Path, database: str, who: str, request: pytest.FixtureRequest
) -> None:
    shutil.copytree(whole, submissions / "ada")
    url = request.getfixturevalue(who)
    assert _grade(submissions, tmp_path / "grades", "--database-url", url, steps="2,7") == 0
    row = _table(tmp_path / "grades")[1]
    assert (row["step_2"], row["step_7"], row["sentence"]) == ("29", "8", "")
    with closing(connect(url, "tests")) as connection, connection.cursor() as cursor:
        cursor.execute("select datname from pg_database where datname ~ '^ecommerce_|^workshop_scratch'")
        assert cursor.fetchall() == []


def test_a_dask_worker_that_is_killed_costs_nobody_a_grade(submissions: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    output = tmp_path / "grades"
    for number in range(6):
        hand_in(submissions / f"learner{number}", {}, step=2)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        killed: list[int] = []
        killer = threading.Thread(target=_kill_one, args=(cluster, output / "grades.jsonl", killed))
        killer.start()
        assert _grade(submissions, output, "--dask", cluster.scheduler_address) == 0
        killer.join()
        seen = _written(output / "grades.jsonl")
    assert killed, "it was all over before a worker could be killed"
    assert sorted(seen) == [f"learner{number}" for number in range(6)]
    assert [(row["status"], row["step_2"]) for row in _table(output)[1:]] == [("graded", "29")] * 6


def _kill_one(cluster: Any, written: Path, killed: list[int]) -> None:
    """Once two submissions are graded, one of the workers is gone in the middle of its next one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and len(_written(written)) < 2:
        time.sleep(0.05)
    if len(_written(written)) < 5:
        pid = next(iter(cluster.workers.values())).pid
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)


def _written(path: Path) -> list[str]:
    if not path.is_file():
        return []
    return [json.loads(line)["name"] for line in path.read_text("utf-8").splitlines() if line.endswith("}")]
