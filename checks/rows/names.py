"""Names as SQL."""

from __future__ import annotations

import re
from functools import lru_cache

from checks.catalog import Table


@lru_cache(maxsize=1000)
def quote(name: str) -> str:
    """An identifier as SQL: quoted only where it has to be."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in _RESERVED else in_quotes(name)


def in_quotes(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def qualified(table: Table) -> str:
    return quote(table.name) if table.visible else f"{quote(table.schema)}.{quote(table.name)}"


#: What PostgreSQL does not take for a name without quotes (its documentation, appendix C, "reserved").
_RESERVED = frozenset(
    word
    for line in (
        "all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create",
        "current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc",
        "distinct do else end except false fetch for foreign from grant group having in initially intersect into",
        "lateral leading limit localtime localtimestamp not null offset on only or order placing primary references",
        "returning select session_user some symmetric system_user table then to trailing true union unique user using",
        "variadic when where window with",
    )
    for word in line.split()
)
