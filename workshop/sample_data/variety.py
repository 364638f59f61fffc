"""Values that differ from row to row though nobody knows what they mean: SQL that counts in the shape of an example."""

from __future__ import annotations

import re
from collections.abc import Callable

#: SQL about one row of a sample table; the table's alias goes in.
Expression = Callable[[str], str]

_ALPHABETS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def literal(text: str) -> str:
    """Text as an SQL literal, whatever `standard_conforming_strings` says."""
    quoted = text.replace("'", "''")
    return f"'{quoted}'" if "\\" not in quoted else "E'" + quoted.replace("\\", "\\\\") + "'"


def varied(base: str, category: str, example: str, count: Callable[[], int], start: int) -> Expression | None:
    """SQL that gives each of `count()` rows a value of its own, beginning with number `start`; None for unknown types.

    base, category: of the column's base type (`workshop.sample_data.table.Column`). example: a value that fits.
    count: only asked for text, which has limited room; counting the rows takes a while.
    """

    def number(alias: str) -> str:
        return f"({alias}.n + {start})" if start else f"{alias}.n"

    if category == "S":
        return _counted(example, count() + start, number)
    if template := _BY_TYPE.get(base):
        return lambda alias: template.replace("«n»", number(alias)).replace("«example»", literal(example))
    return None


_BY_TYPE = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric"), "«n»"),
    "uuid": "md5(«n»::text || «example»)::uuid",
    "bytea": "decode(lpad(to_hex(2147483648 + «n»), greatest(8, 2 * length(«example»::bytea)), '0'), 'hex')",
    "date": "date '2000-01-01' + «n»",
    **dict.fromkeys(("timestamp", "timestamptz"), "timestamp '2000-01-01 00:00' + «n» * interval '1 minute'"),
    "daterange": "daterange(date '2000-01-01' + «n», date '2000-01-02' + «n»)",
    "tsrange": "tsrange(date '2000-01-01' + «n», date '2000-01-02' + «n»)",
    "tstzrange": "tstzrange(date '2000-01-01' + «n», date '2000-01-02' + «n»)",
    **dict.fromkeys(("int4range", "int8range", "numrange"), "format('[%s,%s)', «n», «n» + 1)"),
    "inet": "'10.0.0.0'::inet + «n»",
}


def _counted(example: str, most: int, number: Expression) -> Expression | None:
    """Count up in the last letters and digits of the example, as many of them as `most` needs."""
    pieces: list[Expression | str] = []
    room = 1
    for run in reversed(re.findall(r"\d+|[a-z]|[A-Z]|[^\da-zA-Z]+", example, re.ASCII)):
        alphabet = next((letters for letters in _ALPHABETS if run[0] in letters), "")
        if room > most or not alphabet:
            pieces.append(run)
            continue
        width = next(w for w in range(1, len(run) + 1) if room * len(alphabet) ** w > most or w == len(run))
        pieces.append(_digits(number, room, width) if alphabet == _ALPHABETS[0] else _letter(number, room, alphabet))
        pieces.append(run[: len(run) - width])
        room *= len(alphabet) ** width
    if room <= most:
        return None
    kept = [piece for piece in reversed(pieces) if piece]
    return lambda alias: " || ".join(literal(piece) if isinstance(piece, str) else piece(alias) for piece in kept)


def _digits(number: Expression, room: int, width: int) -> Expression:
    return lambda alias: f"lpad(({number(alias)} / {room} % {10**width})::text, {width}, '0')"


def _letter(number: Expression, room: int, alphabet: str) -> Expression:
    return lambda alias: f"substr('{alphabet}', ({number(alias)} / {room} % {len(alphabet)})::int + 1, 1)"
