"""The hints as texts: one for each rule, in three levels that can be read, and never with the answer in it."""

from __future__ import annotations

import re

from checks import contract
from checks.contract import Rule
from checks.hints import HINTS, Hint
from workshop.settings import ROOT
from workshop.steps import find_step

CHAPTERS: tuple[contract.Step | contract.Extension, ...] = (*contract.STEPS, *contract.EXTENSIONS)
RULES = [rule for chapter in CHAPTERS for rule in chapter.rules]
CHAPTER_OF = {rule.id: chapter.key for chapter in CHAPTERS for rule in chapter.rules}
TABLES = {table.name: table for chapter in CHAPTERS for table in contract.tables_of(chapter.key)}

#: Names that mean a table of the shop; `order` is a word of SQL as well, and looked for in another way.
SHOP = contract.stored_names(tuple(TABLES.values())) - {"order"}

#: Columns that a rule turns away, or that a table may have.
NOT_WANTED = {"password", "unit_cost"}


def without_hints(rules: list[Rule]) -> set[str]:
    """The ids of rules that have no hint, or one with an empty level."""
    return {
        rule.id
        for rule in rules
        if (hint := HINTS.get(rule.id)) is None or not all(text.strip() for text in texts(hint))
    }


def texts(hint: Hint) -> tuple[str, ...]:
    return (hint.rule, hint.place, hint.shape.story, hint.shape.code, hint.why)


def test_every_rule_has_a_hint_in_three_levels() -> None:
    assert without_hints(RULES) == set()


def test_a_new_rule_without_a_hint_is_noticed() -> None:
    new = Rule("users.nickname-required", RULES[0].level, RULES[0].criterion, "Every user has a nickname.")
    assert without_hints([*RULES, new]) == {new.id}


def test_hints_stand_in_their_steps_file_in_the_contracts_order() -> None:
    """Whoever edits a rule finds its hint in the same place, and none is left over."""
    for chapter in CHAPTERS:
        name = chapter.key if isinstance(chapter.key, str) else f"step{chapter.key}"
        path = ROOT / "checks" / "hints" / f"{name}.py"
        written = re.findall(r'^    "([\w.-]+)": ', path.read_text("utf-8"), re.MULTILINE)
        assert written == [rule.id for rule in chapter.rules]


def test_each_is_read_in_a_minute() -> None:
    """80 to 160 words in all, which teachers found best, and the reason in one sentence or two."""
    for rule_id, hint in HINTS.items():
        lines = hint.shape.code.splitlines()
        assert 80 <= len(" ".join(texts(hint)).split()) <= 160, rule_id
        assert 1 <= len(_sentences(hint.rule)) <= 2, rule_id
        assert 1 <= len(_sentences(hint.why)) <= 2 and hint.why.endswith("?"), rule_id
        assert 3 <= len(lines) <= 10 and max(map(len, lines)) <= 100, rule_id


def test_each_reads_easily() -> None:
    """No harder than for the ninth year of school."""
    for rule_id, hint in HINTS.items():
        assert _grade(" ".join((hint.rule, hint.place, hint.shape.story, hint.why))) <= 9, rule_id


def test_each_leads_one_way_and_blames_nobody() -> None:
    forbidden = re.compile(r"\b(alternatively|another way|either|simply|obviously|easy|you forgot|wrongly)\b", re.I)
    for rule_id, hint in HINTS.items():
        found = forbidden.search(" ".join((hint.place, hint.shape.story, hint.why)))
        assert found is None, (rule_id, found)


def test_each_reason_says_more_than_the_rule() -> None:
    for rule in RULES:
        title = _words(rule.text)
        assert len(_words(HINTS[rule.id].rule) & title) < 0.8 * len(title), rule.id


def test_no_code_is_about_the_shop() -> None:
    for rule_id, hint in HINTS.items():
        shown = f"{hint.shape.story} {hint.shape.code}"
        assert _words(shown) & SHOP == set(), rule_id
        assert not re.search(r"\border\b(?! by)", shown), rule_id


def test_each_place_is_complete() -> None:
    """With names filled in it leads to a file or to the report, and leaves no gap."""
    for rule_id, hint in HINTS.items():
        part = rule_id.partition(".")[0]
        table = hint.table or (part if part in TABLES else "")
        place = hint.place.format(table=table, column=hint.column, file=find_step(CHAPTER_OF[rule_id]).patterns[-1])
        assert not re.search(r"``|[{}]", place), rule_id
        assert place.count("`") % 2 == 0, rule_id
        assert re.search(r"`[\w/]+\.(py|sql)`|`schemas/`|`ecommerce-db`|the report names|DATABASE_URL", place), rule_id


def test_columns_that_stand_in_are_the_contracts() -> None:
    named = {name for table in TABLES.values() for column in table.columns for name in column.names}
    named |= {column.name for chapter in CHAPTERS for _, column in chapter.added}
    for rule_id, hint in HINTS.items():
        if hint.column:
            assert hint.column in named | NOT_WANTED or hint.column.endswith("_id"), rule_id
        assert hint.table in {*TABLES, ""}, rule_id


def _sentences(text: str) -> list[str]:
    text = re.sub(r"`[^`]*`", "it", text)
    return [part for part in re.split(r"[.!?]+[”)]*(?:\s+(?=[A-Z“])|$)", text) if part.strip()]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z_]+", text.lower()))


def _grade(text: str) -> float:
    """The year of school in which a text can be read (Flesch and Kincaid, 1975)."""
    words = re.findall(r"[A-Za-z']+", re.sub(r"`[^`]*`", "it", text))
    return 0.39 * len(words) / len(_sentences(text)) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59


def _syllables(word: str) -> int:
    found = len(re.findall(r"[aeiouy]+", word.lower()))
    is_silent = word.lower().endswith("e") and not word.lower().endswith("le")
    return max(found - is_silent, 1)
