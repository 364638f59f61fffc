"""Candidate values for a column of any type: pure, and the same on every run.

The first candidate of a pool is different for each serial number `k`, so that unique columns are served. The rest
is there for rules that nobody foresaw: constants that the column's CHECKs mention and their neighbours, other
lengths, other letter case, other signs. Which candidates the rules allow is not guessed here; the server says.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any

from checks.catalog import Column, Type
from checks.catalog.facts import TEXT

_EPOCH = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
_NAMESPACE = uuid.UUID("7d3f9a52-0000-4000-8000-000000000000")

#: A password hash of each usual length: bcrypt 60, SHA-256 in hexadecimal 64, Argon2id 97.
BCRYPT = "$2b$12$" + "Kx7qVbTz0eWmRf3uYh1LgO" + "aC5dJ8nPs2vX4iB6kE9tQwMrUyZlHoG"
SHA256_HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ARGON2 = (
    "$argon2id$v=19$m=65536,t=3,p=4$" + "c2FsdHNhbHRzYWx0c2FsdA" + "$" + "x8Wk3vQpLzR7tYbN2mJhD5sGfC9aE1uOiK6rT4wVqXM"
)

#: What a text column whose name holds the word usually wants; `{k}` or `{word}` makes it
#: unique, the latter from its first letter on.
_BY_NAME: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("email|mail", ("{word}.probe@shop.example", "{word}{k}@shop.example", "{word}@example.com")),
    ("hash|digest|password", (BCRYPT, ARGON2, SHA256_HEX)),
    ("url|uri|link|src|website", ("https://shop.example/probe-{k}.jpg", "/probe-{k}.jpg")),
    ("phone|mobile|tel|fax", ("+49301234{k:04d}", "0301234{k:04d}", "555-01{k:02d}")),
    ("country", ("DE", "US", "DEU", "Germany", "de")),
    ("currency", ("EUR", "USD", "eur")),
    ("locale|language|lang", ("en", "en-US", "en_US", "EN")),
    ("zip|postal|postcode", ("10115", "12345-6789", "SW1A 1AA")),
    ("color|colour", ("blue", "Blue", "BLUE", "#0000ff", "#00F")),
    ("size", ("M", "42", "medium")),
    ("slug|handle|username|login", ("{word}-probe", "{word}probe", "{word}_probe")),
    (
        "sku|code|number|barcode|ean|gtin|reference",
        ("{WORD}-{k:04d}", "{word}-{k}", "{k:08d}00017", "{WORD}{k:05d}"),
    ),
    ("path", ("/probe/{k}", "probe.{k}", "1.{k}")),
    ("ip|address", ("192.0.2.{k}",)),
    ("gender|sex", ("f", "F", "female")),
)


def pool(column: Column, k: int, expressions: Iterable[str] = ()) -> list[Any]:
    """Candidates for a column, best first; `expressions` are the rules that mention it.

    Values are what psycopg2 and JSON can both carry as text. Empty when the type is unknown.
    """
    return list(dict.fromkeys(_fitting(column, k, expressions)))


def choice(column: Column, k: int, expressions: Iterable[str] = (), place: int = 0) -> Any:
    """The candidate at that place of the pool, or the last there is; LookupError when there is none."""
    candidates = list(islice(_fitting(column, k, expressions), 1)) if place == 0 else pool(column, k, expressions)
    if not candidates:
        raise LookupError(f"no candidate for a column of type {column.type.text}")
    return candidates[min(place, len(candidates) - 1)]


def _fitting(column: Column, k: int, expressions: Iterable[str]) -> Iterator[Any]:
    mined = [constant for expression in expressions for constant in _constants(expression)]
    limit = column.type.length
    for value in _candidates(column, k, mined):
        yield value[:limit] if limit is not None and isinstance(value, str) else value


def _candidates(column: Column, k: int, mined: Sequence[str]) -> Iterator[Any]:
    type_ = column.type
    if type_.labels:
        yield from type_.labels
    elif type_.category == "A":
        yield from _arrays(column, k, mined)
    elif type_.base in _MAKERS:
        yield from _MAKERS[type_.base](type_, k, mined)
    elif type_.category == "S":
        yield from _texts(column, k, mined)
    elif type_.category == "R":
        yield from ("{}", "empty", "(,)")
    elif type_.category == "C":
        yield from (f"({','.join([''] * size)})" for size in range(1, 13))


def _arrays(column: Column, k: int, mined: Sequence[str]) -> Iterator[str]:
    """One element, none, two, three: of the type whose array this is, which the catalog names with `_` before it."""
    yield from (constant for constant in mined if re.fullmatch(r"\{.*\}", constant))
    base = column.type.base.removeprefix("_")
    element = replace(column.type, base=base, category="S" if base in TEXT else "")
    elements = [json.dumps(str(value)) for value in islice(_candidates(replace(column, type=element), k, mined), 3)]
    elements = elements or [json.dumps(constant) for constant in mined] or ["1"]
    yield f"{{{elements[0]}}}"
    yield "{}"
    for size in (2, 3):
        yield f"{{{','.join((elements * size)[:size])}}}"
    yield from (f"{{{element}}}" for element in elements[1:])


def _texts(column: Column, k: int, mined: Sequence[str]) -> Iterator[str]:
    lengths = _lengths(mined)
    for shape in _shapes(column.name.lower()):
        yield shape.format(k=k, word=_word(k), WORD=_word(k).upper())
    limit = column.type.length
    if limit is not None and limit < 8:
        yield _letters(k, limit)
        yield _letters(k, limit).upper()
        yield str(k).zfill(limit)[-limit:]
    yield f"Probe {k}"
    yield from (
        f"probe-{k}",
        f"PROBE{k}",
        f"probe{k}",
        f"Probe{_letters(k, 3)}",
        _letters(k, 6),
        _letters(k, 6).upper(),
    )
    yield from (str(1000 + k), str(k), "A", "a", "Ab", "AB", "ABC", "abc", "1", "")
    for length in lengths:
        for size in (length, length + 1, length - 1):
            if 0 < size <= 400:
                yield (_letters(k, 4) + "x" * size)[:size]
                yield (str(k) + "0" * size)[:size]
                yield (f"{k:x}" + "0a" * size)[:size]
    for constant in mined:
        yield from _like(constant, k)


@cache
def _shapes(name: str) -> tuple[str, ...]:
    return tuple(shape for words, shapes in _BY_NAME if re.search(rf"(^|_)({words})", name) for shape in shapes)


def _like(constant: str, k: int) -> Iterator[str]:
    """A constant that may be a label, a LIKE pattern or a regular expression, as text that fits it."""
    yield constant
    if re.search(r"[^\w\s%]$|\w_$", constant):
        yield f"{constant}{k}"  # what a value begins with
    if "%" in constant or "_" in constant:
        yield constant.replace("%", f"x{k}").replace("_", "x")
    if re.search(r"[\[\\^$+*({]", constant):
        yield from _matching(constant, k)


def _matching(pattern: str, k: int) -> Iterator[str]:
    """Text that matches a simple regular expression, in two or three fillings."""
    import re._constants as token  # type: ignore[import-not-found]
    import re._parser as parser  # type: ignore[import-not-found]

    try:
        parsed = parser.parse(pattern.replace("[[:alpha:]]", "[a-z]").replace("[[:digit:]]", "[0-9]"))
    except (re.error, RecursionError, OverflowError):
        return

    def text(parts: Any, extra: int) -> str:
        return "".join(piece(operation, argument, extra) for operation, argument in parts)

    def member(items: Any, extra: int) -> str:
        if items and items[0][0] is token.NEGATE:
            return next(c for c in "a0A-x" if not re.match(_class(items[1:]), c))
        operation, argument = items[extra % len(items)]
        if operation is token.RANGE:
            low, high = argument
            # Three fillings for each k, none of which is one of the next k's.
            return chr(low + (3 * k + extra) % (high - low + 1))
        if operation is token.CATEGORY:
            return {token.CATEGORY_DIGIT: "7", token.CATEGORY_SPACE: " "}.get(argument, "w")
        return chr(argument)

    def _class(items: Any) -> str:
        inner = "".join(
            re.escape(chr(a)) if o is token.LITERAL else f"{re.escape(chr(a[0]))}-{re.escape(chr(a[1]))}"
            for o, a in items
            if o in (token.LITERAL, token.RANGE)
        )
        return f"[{inner}]" if inner else r"(?!)"

    def piece(operation: Any, argument: Any, extra: int) -> str:
        if operation is token.LITERAL:
            return chr(argument)
        if operation is token.NOT_LITERAL:
            return "a" if argument != ord("a") else "b"
        if operation is token.ANY:
            return "a"
        if operation is token.IN:
            return member(argument, extra)
        if operation is token.BRANCH:
            return text(argument[1][extra % len(argument[1])], extra)
        if operation is token.SUBPATTERN:
            return text(argument[3], extra)
        if operation in (token.MAX_REPEAT, token.MIN_REPEAT):
            least, most, inner = argument
            times = min(int(most), int(least) + extra * 3)
            return "".join(text(inner, extra + i) for i in range(times))
        return ""

    for extra in (0, 1, 2):
        yield text(parsed, extra)


def _letters(k: int, length: int) -> str:
    """`k` in letters: aaa, aab, …"""
    digits = ""
    while k:
        k, rest = divmod(k, 26)
        digits = chr(97 + rest) + digits
    return digits.rjust(length, "a")[-length:]


def _word(k: int) -> str:
    """Four letters that differ from those of other numbers in the first ones, too (7919 is prime to 26)."""
    return _letters(k * 7919 % 26**4, 4)


def _numbers(mined: Sequence[str]) -> list[Decimal]:
    return [Decimal(constant) for constant in mined if re.fullmatch(r"-?\d{1,15}(\.\d{1,8})?", constant)]


def _integers(type_: Type, k: int, mined: Sequence[str]) -> Iterator[int]:
    most = 32767 if type_.base == "int2" else 2147483647
    yield k % most
    yield from (1, 0, 2, 3, 5, 10, 50, 100, 1000)
    for number in _numbers(mined):
        yield from (value for value in (int(number), int(number) + 1, int(number) - 1) if abs(value) <= most)
    yield -1


def _decimals(type_: Type, k: int, mined: Sequence[str]) -> Iterator[Decimal]:
    room = Decimal(10) ** ((type_.precision or 30) - (type_.scale or 0))
    found = [Decimal(10) + k, Decimal(1), Decimal("0.5"), Decimal(0), Decimal(100), Decimal("19.99"), Decimal(5)]
    for number in _numbers(mined):
        found += [number, number + 1, number - 1, number + Decimal("0.01"), number - Decimal("0.01"), number / 2]
    yield from (value for value in found if abs(value) < room)


def _flags(type_: Type, k: int, mined: Sequence[str]) -> Iterator[bool]:
    yield from (True, False)


def _times(type_: Type, k: int, mined: Sequence[str]) -> Iterator[str]:
    for moment in (_EPOCH + timedelta(minutes=k), _EPOCH - timedelta(days=400 + k), _EPOCH + timedelta(days=4000 + k)):
        yield moment.isoformat(sep=" ")
    for day in _days(mined):
        yield from ((day + timedelta(days=k % 300)).isoformat(), (day - timedelta(days=1 + k % 300)).isoformat())


def _dates(type_: Type, k: int, mined: Sequence[str]) -> Iterator[str]:
    for day in (date(1990, 1, 1) + timedelta(days=k), date(2026, 1, 15) + timedelta(days=k), date(2040, 1, 1)):
        yield day.isoformat()
    for day in _days(mined):
        yield from ((day + timedelta(days=k % 300)).isoformat(), (day - timedelta(days=1 + k % 300)).isoformat())


def _days(mined: Sequence[str]) -> Iterator[date]:
    for constant in mined:
        with suppress(ValueError):
            yield date.fromisoformat(constant[:10])


def _documents(type_: Type, k: int, mined: Sequence[str]) -> Iterator[str]:
    yield from ("{}", json.dumps({"k": k}), "[]", json.dumps("text"), "null")
    for key in mined:
        yield from (f"{{{json.dumps(key)}: {value}}}" for value in (k, '"text"', "true", "[]", "{}"))


def _bytes(type_: Type, k: int, mined: Sequence[str]) -> Iterator[str]:
    yield from (f"\\x{k:08x}", "\\x", "\\x" + "ab" * 32)
    for length in _lengths(mined):
        yield "\\x" + f"{k:x}".zfill(2 * length)[-2 * length :]


def _lengths(mined: Sequence[str]) -> list[int]:
    """Numbers that a rule mentions and that may be the length of something."""
    return sorted({int(constant) for constant in mined if re.fullmatch(r"\d{1,3}", constant)} - {0})


def _ranges(low: str, high: str) -> Any:
    def make(type_: Type, k: int, mined: Sequence[str]) -> Iterator[str]:
        yield f"[{low.format(k=k, year=2000 + k)},{high.format(k=k + 1, year=2001 + k)})"
        yield from ("empty", "(,)")

    return make


def _fixed(*values: str) -> Any:
    def make(type_: Type, k: int, mined: Sequence[str]) -> Iterator[str]:
        yield from (value.format(k=k) for value in values)

    return make


_MAKERS: dict[str, Any] = {
    "int2": _integers,
    "int4": _integers,
    "int8": _integers,
    "oid": _integers,
    "numeric": _decimals,
    "float4": _decimals,
    "float8": _decimals,
    "money": _decimals,
    "bool": _flags,
    "timestamp": _times,
    "timestamptz": _times,
    "date": _dates,
    "time": _fixed("12:00:00", "00:00:00"),
    "timetz": _fixed("12:00:00+00"),
    "interval": _fixed("{k} days", "1 hour", "0"),
    "uuid": lambda type_, k, mined: iter((str(uuid.uuid5(_NAMESPACE, str(k))),)),
    "json": _documents,
    "jsonb": _documents,
    "xml": _fixed("<k>{k}</k>"),
    "bytea": _bytes,
    "inet": lambda type_, k, mined: iter((f"10.{k >> 16 & 255}.{k >> 8 & 255}.{k & 255}",)),
    "cidr": _fixed("192.0.2.0/24"),
    "macaddr": _fixed("08:00:2b:01:02:03"),
    "macaddr8": _fixed("08:00:2b:01:02:03:04:05"),
    "pg_lsn": _fixed("0/{k:X}"),
    "jsonpath": _fixed("$"),
    "point": _fixed("({k},0)", "(0,0)"),
    "line": _fixed("{{1,1,{k}}}"),
    "lseg": _fixed("((0,0),({k},1))"),
    "box": _fixed("((0,0),({k},1))"),
    "path": _fixed("((0,0),({k},1))"),
    "polygon": _fixed("((0,0),({k},1),(0,1))"),
    "circle": _fixed("<(0,0),{k}>"),
    "tsvector": _fixed("probe"),
    "tsquery": _fixed("probe"),
    "hstore": _fixed("k=>{k}", ""),
    "ltree": _fixed("probe.p{k}", "p{k}"),
    "bit": lambda type_, k, mined: iter(("1".zfill(max(type_.typmod, 1)), "0".zfill(max(type_.typmod, 1)))),
    "varbit": _fixed("1"),
    "daterange": _ranges("{year}-01-01", "{year}-01-01"),
    "tsrange": _ranges("{year}-01-01", "{year}-01-01"),
    "tstzrange": _ranges("{year}-01-01 00:00+00", "{year}-01-01 00:00+00"),
    "int4range": _ranges("{k}", "{k}"),
    "int8range": _ranges("{k}", "{k}"),
    "numrange": _ranges("{k}", "{k}"),
}


def _constants(expression: str) -> Iterator[str]:
    """Numbers and quoted text that a rule mentions: raw material for candidates, never for a verdict."""
    for quoted in re.findall(r"'((?:[^']|'')*)'", expression):
        yield quoted.replace("''", "'")
    yield from re.findall(r"(?<![\w.'])-?\d+(?:\.\d+)?(?![\w'])", expression)
