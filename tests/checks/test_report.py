"""The report in its three forms says the same, and nothing a learner wrote becomes markup."""

from __future__ import annotations

import re
from html import unescape

from checks.contract import Criterion, Level, Rule
from checks.outcome import Outcome, Result
from checks.report import Report

MUST = Rule("users.email-unique", Level.MUST, Criterion.INTEGRITY, "Two accounts can't share one `email`.")
OTHER = Rule("users.exists", Level.MUST, Criterion.SCHEMA, "There is a table `users`.")
ADVICE = Rule("users.any-case", Level.ADVICE, Criterion.INTEGRITY, "One account, whatever the case.")

FAILED = Result(
    MUST,
    Outcome.FAIL,
    table='us<er>s"',
    column="email",
    expected="…",
    happened="PostgreSQL took <script>alert(1)</script> & more.",
    tried="insert into users (email) values ('<b>')",
    next="Make email unique.",
)


def _report(*results: Result) -> Report:
    return Report(2, "Core entities", results)


def test_text_and_html_say_the_same() -> None:
    report = _report(FAILED, Result(OTHER, Outcome.PASS), Result(ADVICE, Outcome.ADVICE, happened="h", next="n"))
    html = re.sub(r"<style>.*?</style>", "", report.to_html(), flags=re.S)
    shown = re.sub(r"\W+", "", unescape(re.sub(r"<[^>]+>", " ", html)))
    for line in str(report).splitlines():
        words = re.sub(r"^\s*(?:[✓✗→○?]|Tried:|Happened:|Where:|Next:)?\s*", "", line).rstrip(":")
        assert re.sub(r"\W+", "", words) in shown


def test_required_rules_and_good_practice_are_counted_apart() -> None:
    held = (Result(MUST, Outcome.PASS), Result(OTHER, Outcome.PASS))
    report = _report(*held, Result(ADVICE, Outcome.PASS))
    assert "What holds (2 required, 1 of good practice)" in report.to_html()
    assert report.verdict().endswith("2 of 2 required rules hold.")
    report = _report(*held, Result(ADVICE, Outcome.ADVICE, happened="h", next="n"))
    assert "What holds (2)" in report.to_html()
    assert report.verdict().endswith("2 of 2 required rules hold. Of good practice, 1 rule is open.")


def test_nothing_becomes_markup() -> None:
    html = _report(FAILED).to_html()
    assert "<script>" not in html
    assert "<b>" not in html
    assert "us<er>s" not in html
    assert "<code>email</code>" in html


def test_passed_needs_every_must() -> None:
    assert _report(Result(MUST, Outcome.PASS), Result(ADVICE, Outcome.ADVICE)).passed
    assert _report(Result(MUST, Outcome.PASS), Result(OTHER, Outcome.CANT_TELL)).passed
    for outcome in (Outcome.FAIL, Outcome.SKIPPED, Outcome.NOT_ATTEMPTED):
        assert not _report(Result(MUST, Outcome.PASS), Result(OTHER, outcome)).passed


def test_a_check_that_cannot_tell_is_shown_and_not_counted() -> None:
    report = _report(Result(MUST, Outcome.PASS), Result(OTHER, Outcome.CANT_TELL, happened="The disk was full."))
    assert (report.score, report.out_of) == (1, 1)
    assert "passed, as far as the checks can tell. 1 of 2 required rules hold, and 1 could not be tried." in str(report)
    assert 'class="shop-report new"' in report.to_html()
    assert "can't tell" in str(report)
    assert "The disk was full." in str(report)


def test_a_report_ends_with_the_way_on() -> None:
    assert str(_report(FAILED, Result(OTHER, Outcome.PASS))).endswith(
        "\nStuck? hint(2) gives the next hint for the first thing to put right."
    )
    assert "<code>hint(2)</code>" in _report(FAILED).to_html()
    assert "check_step(1) says" in str(_report(Result(MUST, Outcome.SKIPPED), Result(OTHER, Outcome.PASS)))
    assert _report(Result(MUST, Outcome.PASS), Result(ADVICE, Outcome.ADVICE)).foot == ""
    assert _report(Result(MUST, Outcome.NOT_ATTEMPTED)).foot.startswith("Begin with the first of them: `hint(2)`")


def test_what_needs_doing_comes_first() -> None:
    text = str(_report(Result(OTHER, Outcome.PASS), FAILED))
    assert text.index("✗") < text.index("✓")
