"""Columns that hold money, and whether they keep every cent."""

from __future__ import annotations

import re

from checks import contract
from checks.catalog import Column, Table
from checks.catalog.facts import INEXACT, NUMERIC
from checks.contract import Kind
from checks.outcome import Failed
from checks.probe import Shop
from workshop.words import counted

#: Words that make a column one that holds money (contract, rule "money"), and the units money is counted in.
_MONEY = frozenset({"price", "amount", "cost", "fee", "total", "subtotal"})
_UNITS = frozenset({"cents", "cent", "minor", "net", "gross", "eur", "usd", "gbp", "euro", "euros", "dollars", "value"})

#: What else may stand last in the name of a price: that of a variant which differs from its product's.
_OTHER = frozenset({"override", "adjustment", "difference", "diff", "delta"})


def money_columns(shop: Shop, part: str) -> list[Column]:
    """The columns of a part that hold money: those the contract names, and others by the words in their names."""
    return _money_columns(shop, part, shop.table(part))


def _money_columns(shop: Shop, part: str, table: Table) -> list[Column]:
    named = {
        c.name for k in contract.table(part).columns if k.kind is Kind.MONEY and (c := shop.roles.column(part, k.name))
    }
    return [column for column in table.columns if column.name in named or _sounds_like_money(column)]


def _sounds_like_money(column: Column) -> bool:
    words = [_one(word) for word in re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", column.name).lower())]
    if not _MONEY & set(words):
        return False
    # "total_reviews" counts reviews and "price_changed_at" is a time: the last word says what the column holds.
    return column.type.base in INEXACT or (words[-1] in _MONEY | _UNITS | _OTHER and column.type.category in "NS")


def _one(word: str) -> str:
    return word[:-1] if word.endswith("s") and word[:-1] in _MONEY else word


def money_is_exact(shop: Shop, part: str) -> None:
    """Every column of a part that holds money is numeric, to the cent or finer."""
    keeps_money_exact(shop, part, shop.table(part))


def keeps_money_exact(shop: Shop, part: str, table: Table) -> None:
    """The same of what plays the part, be it a table or a view."""
    for column in _money_columns(shop, part, table):
        type_ = column.type
        where = {"table": table.label, "column": column.name}
        next_ = f"Declare {column.name} as Numeric(10, 2)."
        if type_.base not in NUMERIC:
            why = "which rounds: 0.10 + 0.20 is not 0.30 there" if type_.base.startswith("float") else "not numeric"
            raise Failed(
                f"{table.label}.{column.name} holds money, but its type is {type_.text}, {why}.", next=next_, **where
            )
        if type_.scale is not None and type_.scale < 2:
            raise Failed(
                f"{table.label}.{column.name} is {type_.text}: it keeps {counted(max(type_.scale, 0), 'digit')} behind "
                "the point, so 19.99 does not come back as 19.99.",
                next=next_,
                **where,
            )
