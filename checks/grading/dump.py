"""A plain SQL dump, cut into what can be sent to PostgreSQL: statements, and the rows after a COPY."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<space> \s+ | --[^\n]* )
    | (?P<comment> /\* )
    | (?P<string> [eE]'(?:[^'\\]|\\.|'')*(?:'|\Z) | '(?:[^']|'')*(?:'|\Z) | "(?:[^"]|"")*(?:"|\Z) )
    | (?P<dollar> \$(?:[^\W\d]\w*)?\$ )
    | (?P<word> [^\W\d][\w$]* )
    | (?P<end> ; )
    | (?P<meta> \\ [^\n]* )
    | (?P<other> [^\s] )
    """,
    re.VERBOSE | re.DOTALL,
)
_COPY = re.compile(r"\s*copy\b.*\bfrom\s+stdin\b", re.IGNORECASE | re.DOTALL)
_ROUTINE = re.compile(r"\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """A statement of the dump, its line, and the rows that follow it when it is a COPY."""

    line: int
    sql: str
    rows: str | None = None


def decoded(content: bytes) -> str:
    """The text of a dump; Windows shells write UTF-16. Raises ValueError when it is none."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    return content.decode("utf-8-sig")


def parts(text: str) -> Iterator[Part]:
    """The statements in their order. What is meant for psql, such as `\\connect`, is left out."""
    text = text.replace("\r\n", "\n")
    start, position, depth = 0, 0, 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        assert found is not None  # `other` takes whatever is left
        position = found.end()
        kind = found.lastgroup
        is_first = not text[start : found.start()].strip()
        if kind in ("space", "comment") or (kind == "meta" and is_first):
            position = _end_of_comment(text, position) if kind == "comment" else position
            start = position if is_first else start
        elif kind == "dollar":
            closed = text.find(found.group(), position)
            position = len(text) if closed < 0 else closed + len(found.group())
        elif kind == "word" and _ROUTINE.match(text, start):
            depth = _deeper(found.group().lower(), depth)  # begin atomic … end has statements of its own
        elif kind == "end" and depth <= 0:
            sql, line = text[start : found.start()], text.count("\n", 0, start) + 1
            rows = None
            if _COPY.match(sql):
                rows, position = _rows(text, position)
            if sql.strip():
                yield Part(line, sql, rows)
            start, depth = position, 0
    if text[start:].strip():
        yield Part(text.count("\n", 0, start) + 1, text[start:])


def _deeper(word: str, depth: int) -> int:
    if word == "end":
        return depth - 1
    return depth + 1 if word == "atomic" or (word == "case" and depth) else depth


def _end_of_comment(text: str, position: int) -> int:
    """Where a comment ends that began before `position`; one may hold another."""
    depth = 1
    for found in re.compile(r"/\*|\*/").finditer(text, position):
        depth += 1 if found.group() == "/*" else -1
        if depth == 0:
            return found.end()
    return len(text)


def _rows(text: str, position: int) -> tuple[str, int]:
    """The rows from the line after `position` up to the line `\\.`, and where that ends."""
    begin = text.find("\n", position) + 1 or len(text)
    found = re.compile(r"^\\\.$", re.MULTILINE).search(text, begin)
    return (text[begin : found.start()], found.end()) if found else (text[begin:], len(text))
