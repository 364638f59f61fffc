"""What an instructor wants to know of a class: which rules many miss, what was said most, and who is stuck where."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from statistics import median
from typing import Any

from checks.grading.pages import bar, page, rows, state_of, title_of
from checks.grading.results import percent, place

Line = Mapping[str, Any]

#: From this share of those who began a step on, a rule is worth a word to the whole class.
MANY = 0.4
_MOST = 25  # rules, and messages, that are shown


def class_page(lines: Sequence[Line]) -> str:
    """index.html: the whole class on one page, with a link to each learner's."""
    body = "\n".join(
        [
            "<h1>The class</h1>",
            '<p class="soft">Shares of a rule are of those who began its step.</p>',
            _figures(lines),
            "<h2>Who is stuck where</h2>",
            _stuck(lines),
            *_extensions(lines),
            "<h2>What many miss</h2>",
            _missed(lines),
            "<h2>What was said most</h2>",
            _said(lines),
            "<h2>Everybody</h2>",
            _everybody(lines),
        ]
    )
    return page("The class", body)


def _figures(lines: Sequence[Line]) -> str:
    statuses = Counter(line["status"] for line in lines)
    figures = {
        "submissions": len(lines),
        "median, percent": f"{median(map(percent, lines)):.0f}",
        **dict(statuses.most_common()),
    }
    boxes = "".join(f"<div><b>{value}</b>{escape(name)}</div>" for name, value in figures.items())
    return f'<div class="figures">{boxes}</div>'


def _stuck(lines: Sequence[Line]) -> str:
    """By the first step that somebody has not passed."""
    at: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        at[next((step for step, told in line["steps"].items() if not told["passed"]), "")].append(line)
    steps = list(lines[0]["steps"])
    passed = {step: sum(line["steps"].get(step, {}).get("passed", False) for line in lines) for step in steps}
    told = [(escape(title_of(step)), f"#{passed[step]}", f"#{len(at[step])}", _names(at[step])) for step in steps]
    done = [("nothing is missing", "", f"#{len(at[''])}", _names(at[""]))] if at[""] else []
    return rows(("step", "#passed by", "#stuck here", "who"), [*told, *done])


def _extensions(lines: Sequence[Line]) -> list[str]:
    """Who has begun one; nothing where nobody has."""
    by: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        for name in line["extras"]:
            by[name].append(line)
    passed = {name: sum(line["extras"][name]["passed"] for line in them) for name, them in by.items()}
    told = ((escape(title_of(name)), f"#{passed[name]}", f"#{len(them)}", _names(them)) for name, them in by.items())
    return ["<h2>Extensions</h2>", rows(("", "#passed by", "#begun by", "who"), told)] if by else []


def _names(lines: Sequence[Line]) -> str:
    links = ", ".join(_link(line) for line in lines[:12])
    return f"{links}{f' and {len(lines) - 12} more' if lines[12:] else ''}"


def _link(line: Line) -> str:
    return f'<a href="{escape(place(line["name"]))}/report.html">{escape(line["name"])}</a>'


def _rules(lines: Sequence[Line]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each required rule of each step, and each extension, that somebody began."""
    for line in lines:
        for step, told in {**line["steps"], **line["extras"]}.items():
            if state_of(told) != "not begun":
                yield from ((step, check) for check in told["checks"] if check["level"] == "must")


def _missed(lines: Sequence[Line]) -> str:
    failed: Counter[tuple[str, str]] = Counter()
    waiting: Counter[tuple[str, str]] = Counter()
    all_: Counter[tuple[str, str]] = Counter()
    for step, check in _rules(lines):
        rule = (step, check["title"])
        all_[rule] += 1
        failed[rule] += check["outcome"] == "fail"
        waiting[rule] += check["outcome"] in ("skipped", "not_attempted")
    shares = {rule: (failed[rule] + waiting[rule]) / count for rule, count in all_.items()}
    worst = sorted((rule for rule in all_ if failed[rule]), key=lambda rule: (-shares[rule], rule))
    if not worst:
        return "<p>Nobody misses anything.</p>"
    many = sum(shares[rule] >= MANY for rule in worst)
    told = f"{many} {'rule is' if many == 1 else 'rules are'} missed by {MANY:.0%} or more."
    shown = [
        (
            f"<b>{escape(rule[1])}</b>" if shares[rule] >= MANY else escape(rule[1]),
            escape(title_of(rule[0])),
            f"#{shares[rule]:.0%}",
            bar(shares[rule]),
            f"#{failed[rule]}",
            f"#{waiting[rule]}",
        )
        for rule in worst[:_MOST]
    ]
    return f"<p>{told}</p>{rows(('rule', 'step', '#missed by', '', '#fail', '#wait'), shown)}"


def _said(lines: Sequence[Line]) -> str:
    messages = Counter(
        check["happened"] for _, check in _rules(lines) if check["outcome"] == "fail" and check["happened"]
    )
    if not messages:
        return "<p>Nothing had to be said.</p>"
    return rows(("#times", "message"), ((f"#{count}", escape(text)) for text, count in messages.most_common(_MOST)))


def _everybody(lines: Sequence[Line]) -> str:
    steps = list(lines[0]["steps"])
    marks = {"passed": '<span class="good" title="passed">✓</span>', "open": "{}", "not begun": "○"}
    told = (
        (
            _link(line),
            *(
                "#" + marks[state_of(step)].format(f"{step['score']}/{step['out_of']}")
                for step in line["steps"].values()
            ),
            f"#{percent(line):.0f} %",
            escape(line["status"]),
        )
        for line in lines
    )
    return rows(("submission", *(f"#{step}" for step in steps), "#in all", "status"), told)
