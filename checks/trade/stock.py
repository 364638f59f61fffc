"""Stock and its movements in a learner's schema: putting pieces there, counting them, writing movements down.

A row of inventory may be written by hand, be made with its variant by a trigger, or be moved by movements alone;
movements may hang on the variant or on its row of inventory, and a sale may be counted down or up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from checks.catalog import ForeignKey
from checks.labels import Labels, labels_of, same
from checks.outcome import CantTell, Skipped
from checks.probe import Shop
from checks.rows import Draft, NoRow, Row, qualified, quote
from checks.rules.references import pointing_at
from checks.session import Statement

ADDITION = ("addition", "restock", "purchase", "receipt", "inbound", "add")
SALE = ("sale", "sold", "outbound", "order")
ADJUSTMENT = ("adjustment", "adjust", "correction")

#: Pieces put in stock: more than any check buys, and few enough for a small integer; as many as fit on smaller shelves.
PLENTY = (1000, 400, 99)

#: A way to bring a variant's stock from what it is to a number of pieces.
_Way = Callable[[Row, Row | None, int], None]


def key_to(shop: Shop, part: str, *targets: str) -> ForeignKey:
    """The foreign key from a part to the first of these that it points at, a required one before others.

    Skipped when there is none: the checks on foreign keys say so.
    """
    table = shop.table(part)
    for target in targets:
        keys = shop.foreign_keys(part, target) if target in shop.roles.tables else []
        if keys:
            return min(keys, key=lambda key: not all(c.not_null for c in table.columns if c.name in key.columns))
    raise Skipped


class OutOfReach(CantTell):
    """No way was found to put pieces of a variant into the stock.

    `tried` is an addition that was taken and moved nothing, where there was one: then there is no way at all.
    """


@dataclass(frozen=True)
class Movement:
    """A row of stock_movements: what it says of a variant."""

    type: Any
    change: int


class Stock:
    """The pieces of each variant, which remembers how they are written down in this design.

    Skipped when a part of the contract's is missing.
    """

    @classmethod
    def of(cls, shop: Shop) -> Stock:
        """The stock of that shop."""
        return shop.recall(cls) or shop.remember(cls(shop))

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.table = shop.table("inventory")
        self.key = key_to(shop, "inventory", "product_variants")
        self.quantity = shop.column("inventory", "quantity").name
        self._ways: list[_Way] = [self._written, self._moved]
        self._known: list[tuple[Any, int]] = []  # ways to move it that worked: a type, and which sign it has then
        self._in_vain: str | None = None  # an addition that was taken, and moved nothing
        self._plenty: tuple[int, ...] = PLENTY  # those that may fit, as far as that is known
        self._is_written = False  # a new variant's row goes in by hand, and stays as it was written

    # -- inventory ---------------------------------------------------------------------------------------------

    def row(self, variant: Row) -> Row | None:
        """The variant's row of inventory."""
        rows = select(self.shop, "inventory", pointing_at(self.key, variant))
        return Row(self.table, rows[0]) if rows else None

    def pieces(self, variant: Row) -> int | None:
        """How many pieces there are, or None where nothing keeps count."""
        row = self.row(variant)
        return None if row is None else row[self.quantity]

    def begin(self, variant: Row, pieces: int) -> Row:
        """The first pieces of a new variant; CantTell when no way was found to put them there."""
        if self._is_written:
            with suppress(NoRow):
                row = self.shop.row("inventory", pointing_at(self.key, variant) | {self.quantity: pieces})
                if row[self.quantity] == pieces:
                    return row
        is_new = self.row(variant) is None
        row = self.fill(variant, pieces)
        self._is_written = is_new and self._ways[0] == self._written
        return row

    def stock_up(self, variant: Row) -> Row:
        """Plenty of a new variant; CantTell when no way was found to put any there."""
        for pieces in self._plenty:
            with suppress(CantTell):
                row = self.begin(variant, pieces)
                self._plenty = (pieces,)
                return row
        if self._plenty == PLENTY:
            self._plenty = ()  # nothing ever worked, and to look for a way takes long
        raise self._out_of_reach(PLENTY[0])

    def fill(self, variant: Row, pieces: int) -> Row:
        """Have exactly so many pieces, in whichever way this design takes; CantTell when none was found."""
        row = self.row(variant)
        for way in list(self._ways):
            if row is None or row[self.quantity] != pieces:
                with suppress(NoRow):
                    way(variant, row, pieces)
                row = self.row(variant)
            if row is not None and row[self.quantity] == pieces:
                self._ways.sort(key=lambda other: other != way)  # begin with what worked, the next time
                return row
        raise self._out_of_reach(pieces)

    def _out_of_reach(self, pieces: int) -> OutOfReach:
        return OutOfReach(
            f"No way was found to put {pieces} pieces of a variant into {self.table.label}: neither by its row nor by "
            "a movement.",
            table=self.table.label,
            tried=self._in_vain,
        )

    def _written(self, variant: Row, row: Row | None, pieces: int) -> None:
        if row is None:
            self.shop.row("inventory", pointing_at(self.key, variant) | {self.quantity: pieces})
        else:
            self.shop.session.keep(row.update(**{self.quantity: pieces}))

    def _moved(self, variant: Row, row: Row | None, pieces: int) -> None:
        if row is None:
            with suppress(NoRow):
                self.shop.row("inventory", pointing_at(self.key, variant) | {self.quantity: 0})
        missing = pieces - (self.pieces(variant) or 0)
        types = Ledger(self.shop, self).types.values(*(ADDITION if missing > 0 else (*ADJUSTMENT, *SALE)))
        ways = [(type_, sign) for sign in (1, -1) for type_ in types]
        for way in sorted(ways, key=lambda way: way not in self._known):
            if way in self._known or self._leads_there(variant, way, missing):
                with suppress(NoRow):
                    self._move(variant, way, missing)
                    self._known.append(way)
                    return

    def _move(self, variant: Row, way: tuple[Any, int], missing: int) -> Row:
        """Write a movement of that type; a sale may be counted up, and an adjustment know one direction only."""
        type_, sign = way
        ledger = Ledger(self.shop, self)
        return self.shop.row("stock_movements", ledger.about(variant) | ledger.says(type_, sign * missing))

    def _leads_there(self, variant: Row, way: tuple[Any, int], missing: int) -> bool:
        """Whether such a movement brings what is missing; tried, and taken back."""
        before = self.pieces(variant) or 0
        with suppress(NoRow), self.shop.isolated():
            movement = self._move(variant, way, missing)
            moved = (self.pieces(variant) or 0) - before
            if missing > 0 and way[1] > 0:
                self._in_vain = movement.tried if moved == 0 else None
            return moved == missing
        return False


class Ledger:
    """The movements, and the types that they have in this design."""

    def __init__(self, shop: Shop, stock: Stock) -> None:
        self.shop = shop
        self.stock = stock
        self.table = shop.table("stock_movements")
        self.key = key_to(shop, "stock_movements", "product_variants", "inventory")
        self.change = shop.column("stock_movements", "quantity_change").name
        self.type = shop.column("stock_movements", "movement_type").name
        self.types: Labels = labels_of(shop, "stock_movements", "movement_type")

    def about(self, variant: Row) -> dict[str, Any]:
        """The stored values by which a movement belongs to that variant; empty when it has nothing to belong to."""
        if self.key.target != self.stock.table.oid:
            return pointing_at(self.key, variant)
        row = self.stock.row(variant)
        return {} if row is None else pointing_at(self.key, row)

    def says(self, type_: Any, change: int) -> dict[str, Any]:
        return {self.type: type_, self.change: change}

    def sold(self, variant: Row) -> list[int]:
        """What the sale movements of a variant say, each with its sign."""
        about = self.about(variant)
        rows = select(self.shop, "stock_movements", about) if about else []
        for value in self.types.values(*SALE):
            if found := [row[self.change] for row in rows if same(row[self.type], value)]:
                return found
        return []

    def draft(self, variant: Row) -> Draft:
        """A movement of that variant that would be taken: an addition, or the first that is; NoRow when none is."""
        none: NoRow | None = None
        for names, change in ((ADDITION, 4), (ADJUSTMENT, 4), (SALE, -4), (SALE, 4)):
            for type_ in self.types.values(*names):
                try:
                    return self.shop.draft("stock_movements", self.about(variant) | self.says(type_, change))
                except NoRow as refused:
                    none = none or refused
        raise none or NoRow(self.table, None)


def select(shop: Shop, part: str, where: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """Rows of a part by stored column; each with its place."""
    table = shop.table(part)
    condition = " and ".join(f"{quote(name)} = %s" for name in where)
    sql = f"select *, ctid::text as ctid from {qualified(table)} where {condition}"
    return shop.session.attempt(Statement(sql, tuple(where.values()))).rows


__all__ = ["ADDITION", "ADJUSTMENT", "SALE", "Ledger", "Stock", "key_to", "select"]
