"""What a run has counted, told at its end: the matrix in its two figures, and the faults by file.

pytest's hook is in the topmost conftest: with several workers, the process that sums up collects nothing itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest

_MATRIX = {
    "wrong schemas turned down": ("test_wrong_schema_is_turned_down", "test_a_broken_design_is_turned_down"),
    "right designs, step by step, taken": ("test_right_design_is_taken", "test_other_way_is_taken"),
}


def of(reporter: pytest.TerminalReporter) -> Iterator[str]:
    """A line for each figure."""
    ran = [
        (report, outcome == "passed")
        for outcome in ("passed", "failed")
        for report in reporter.getreports(outcome)
        if report.when == "call"
    ]
    yield from _of_the_matrix(ran)
    yield from _of_the_faults(ran)


def _of_the_matrix(ran: list[tuple[pytest.TestReport, bool]]) -> Iterator[str]:
    for words, tests in _MATRIX.items():
        cases = [passed for report, passed in ran if _function(report) in tests and "[" in report.nodeid]
        if cases:
            yield f"Matrix: {sum(cases)} of {len(cases)} {words}."


def _function(report: pytest.TestReport) -> str:
    return report.nodeid.rpartition("::")[2].partition("[")[0]


def _of_the_faults(ran: list[tuple[pytest.TestReport, bool]]) -> Iterator[str]:
    """What was tried, survived and lost, by file; and the figures that tests have noted."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    figures = []
    for report, passed in ran:
        before, folder, test = report.nodeid.partition("tests/faults/")
        if before or not folder:
            continue
        noted = dict(report.user_properties)
        counts[test.partition(".py")[0]][not passed] += int(str(noted.get("cases", 1)))
        figures += [noted["figure"]] if "figure" in noted else []
    for name, (survived, lost) in sorted(counts.items()):
        what = name.removeprefix("test_").replace("_", " ")
        yield f"Faults, {what}: {survived + lost} tried, {survived} survived, {lost} lost."
    for figure in figures:
        yield f"Faults, figure: {figure}"
