"""Columns that could hold what nobody may keep of a payment card: one look at every column of the database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from checks.probe import Shop

#: Columns whose names hold a word like these, in any schema of the learner's
#: (oids below 16384 are PostgreSQL's own).
_QUERY = """
select n.nspname, c.relname, a.attname, t.typname, t.typcategory, a.atttypmod, pg_catalog.pg_table_is_visible(c.oid),
       t.typtype = 'd'
       or exists (select from pg_catalog.pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal)
       or exists (
           select from pg_catalog.pg_constraint k
           where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any (k.conkey)
       )
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
where a.attrelid operator(pg_catalog.>=) 16384 and a.attnum > 0 and not a.attisdropped
  and a.attname ~* '(card|cc|acc|iban|pan|pin|cv|csc|security|last|digits)'::text
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname !~ '^pg_'::text and n.nspname <> 'information_schema'
order by not pg_catalog.pg_table_is_visible(c.oid), n.nspname, c.relname, a.attnum
"""

#: What a column is called that holds card data, as whole words.
_FORBIDDEN = re.compile(
    r"\b(pan|cvv|cvc|cvn|csc|pin|iban|cardnumber|cardno|cardnum|ccnumber|ccnum|ccno|creditcard|accountnumber|accountno"
    r"|securitycode|security code|(card|cc|account|acct|acc) (number|num|no|nr)"
    r"|card (security|verification) (code|value))\b|^credit card$"
)
#: What says that a column holds something about the number and not the number.
_ABOUT = re.compile(r"\b(token|check|checked|verified|result|match|matched|present|required|valid|attempts|count)\b")
_LAST4 = re.compile(r"\b(last 4|last four|last digits|last 4 digits)\b")


@dataclass(frozen=True)
class Place:
    """A column anywhere in the database."""

    table: str  # with its schema where it is not on the search path
    column: str
    type: str
    category: str  # pg_type.typcategory
    typmod: int
    is_guarded: bool  # a CHECK, a domain or a trigger may say what it holds

    @property
    def words(self) -> str:
        """The column's name in words: `cardNumber2` is `card number 2`."""
        apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", self.column).lower()
        return " ".join(re.findall(r"[a-z]+|\d+", apart))

    @property
    def is_last4(self) -> bool:
        return bool(_LAST4.search(self.words))

    @property
    def length(self) -> int | None:
        """How many characters fit; None for no limit of the type's own."""
        return self.typmod - 4 if self.type in ("varchar", "bpchar") and self.typmod >= 4 else None

    @property
    def is_card_data(self) -> bool:
        """Named for card data, and of a type that can hold it."""
        holds = self.category not in "BD" and not _ABOUT.search(self.words) and not self.is_last4
        return holds and bool(_FORBIDDEN.search(self.words))


def places(shop: Shop) -> list[Place]:
    """Columns whose names call for a second look, those on the search path first; asked for once."""
    if shop not in _asked:
        _asked[shop] = _ask(shop)
    return _asked[shop]


_asked: WeakKeyDictionary[Shop, list[Place]] = WeakKeyDictionary()


def _ask(shop: Shop) -> list[Place]:
    return [
        Place(table if visible else f"{schema}.{table}", column, type_, category, typmod, guarded)
        for schema, table, column, type_, category, typmod, visible, guarded in shop.session.query(_QUERY)
    ]
