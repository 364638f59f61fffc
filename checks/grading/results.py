"""The results of a class as files: grades.jsonl, grades.csv, and for each learner Gradescope's results.json."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from checks.grading.bench import OURS, Graded, Options, maximum
from checks.grading.choice import Key
from checks.grading.pages import learner_page
from workshop.settings import ROOT

Line = Mapping[str, Any]

_COUNTED = ("pass", "fail", "skipped", "not_attempted")


class Results:
    """The folder that the results go to. It holds learners' names and grades: its owner alone may read it."""

    def __init__(self, folder: Path, options: Options) -> None:
        self.folder = folder
        self._lines = folder / "grades.jsonl"
        self._graded_by = graded_by(options)
        self._steps = options.steps
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._kept = {line["name"]: line for line in self._read()}

    def kept(self, name: str, digest: str) -> Line | None:
        """What came of the same submission under the same checks, if it was graded before."""
        line = self._kept.get(name)
        if line is None or (line["digest"], line["graded_by"]) != (digest, self._graded_by) or line["status"] == OURS:
            return None
        return line if (self.folder / place(name) / "report.html").is_file() else None

    def add(self, graded: Graded) -> Line:
        """Write what belongs to this learner, and a line that stays whatever happens to us next."""
        line = {**graded.line, "graded_by": self._graded_by}
        folder = self.folder / place(line["name"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.html").write_text(learner_page(line, graded.html), encoding="utf-8")
        _write_json(folder / "results.json", gradescope(line))
        with self._lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return line

    def finish(self, lines: Sequence[Line]) -> None:
        """Write grades.jsonl in order and without what is out of date, and grades.csv."""
        fresh = self._lines.with_suffix(".new")
        fresh.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
        fresh.replace(self._lines)
        with (self.folder / "grades.csv").open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(table(lines, self._steps))

    def _read(self) -> Iterable[dict[str, Any]]:
        if not self._lines.is_file():
            return
        for text in self._lines.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(text)
            except ValueError:
                continue  # the last line, when somebody broke off


def _write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")


def place(name: str) -> str:
    """The folder of a learner below the results', `learners/…`: readable, safe, and each name has its own."""
    plain = re.sub(r"[^\w.-]+", "_", name).strip("._")[:80]
    is_own = plain == name == name.lower()
    unique = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:8]
    return f"learners/{plain}" if is_own else f"learners/{plain}-{unique}"


def graded_by(options: Options) -> str:
    """A hash of what decides about a grade beside the submission: the code of the checks, the limits, the steps."""
    return hashlib.sha256(f"{_code()} {asdict(options.limits)} {options.steps}".encode()).hexdigest()[:16]


@cache
def _code() -> str:
    digest = hashlib.sha256()
    for part in ("checks", "workshop"):
        for path in sorted((ROOT / part).rglob("*")):
            if path.suffix in (".py", ".sql", ".css"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


# -- grades.csv ------------------------------------------------------------------------------------------------


def table(lines: Sequence[Line], steps: Sequence[Key]) -> Iterable[list[Any]]:
    """The rows of grades.csv: a head, the maximum, then a learner each; extensions count for nothing else."""
    points = maximum(steps)
    most = {key: out_of for key, out_of in points.items() if key.isdecimal()}
    extras = {key: out_of for key, out_of in points.items() if key not in most}
    yield [
        "submission",
        "status",
        *(column for step in most for column in (f"step_{step}", f"step_{step}_out_of")),
        "score",
        "out_of",
        "percent",
        *(f"extra_{name}" for name in extras),
        "sentence",
    ]
    total = sum(most.values())
    yield [
        "(maximum)",
        "",
        *(figure for out_of in most.values() for figure in (out_of, out_of)),
        total,
        total,
        100,
        *extras.values(),
        "",
    ]
    for line in lines:
        told = [line["steps"].get(step, {"score": 0, "out_of": out_of}) for step, out_of in most.items()]
        yield [
            _cell(line["name"]),
            line["status"],
            *(figure for step in told for figure in (step["score"], step["out_of"])),
            line["score"],
            line["out_of"],
            percent(line),
            *(line["extras"].get(name, {"score": 0})["score"] for name in extras),
            _cell(" ".join(line["sentence"].split())),
        ]


def percent(line: Line) -> float:
    """How much of what could be found out holds."""
    return round(100 * line["score"] / line["out_of"], 1) if line["out_of"] else 0.0


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula: learners choose their files' names and their error messages."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


# -- Gradescope ------------------------------------------------------------------------------------------------


def gradescope(line: Line) -> dict[str, Any]:
    """`results.json` as Gradescope's autograders write it: https://gradescope-autograders.readthedocs.io/en/latest/specs/"""
    tests = [_test(key, number, check) for key, number, check in _required(line["steps"])]
    extras = [_extra(key, number, check) for key, number, check in _required(line["extras"])]
    return {
        "score": line["score"],
        "execution_time": line["seconds"],
        "output": f"{line['status']}. {line['sentence']}".strip(),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [*tests, *extras],
    }


def _required(told: Mapping[str, Any]) -> Iterable[tuple[str, int, Mapping[str, Any]]]:
    for key, chapter in told.items():
        required = (check for check in chapter["checks"] if check["level"] == "must")
        yield from ((key, number, check) for number, check in enumerate(required, 1))


def _extra(name: str, number: int, check: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of an extension: to be seen, and without points."""
    test = _test(name, number, check)
    return {**test, "score": 0, "max_score": 0, "tags": ["extension", name, *test["tags"][1:]]}


def _test(step: str, number: int, check: Mapping[str, Any]) -> dict[str, Any]:
    holds = check["outcome"] == "pass"
    counts = check["outcome"] in _COUNTED
    return {
        "number": f"{step}.{number}",
        "name": check["title"],
        "score": int(holds),
        "max_score": int(counts),
        "status": "passed" if holds or not counts else "failed",
        "output": check["message"] or "",
        "output_format": "text",
        "visibility": "visible",
        "tags": [f"step {step}", check["criterion"], check["outcome"]],
    }
