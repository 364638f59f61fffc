"""Orders that are sold in every way a shop knows: line by line, many rows in one statement, more than there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks.labels import labels_of
from checks.outcome import CantTell, Failed
from checks.probe import Shop, shorten
from checks.rows import Draft, NoRow, Row, numbered_on, qualified, quote, why
from checks.rules.references import pointing_at
from checks.session import RETURNING, Answer, Statement
from checks.trade import purchase
from checks.trade.stock import key_to

#: What becomes of a pending order, one step after the other.
STEPS = purchase.WAY[1:]
CANCELLED = ("cancelled", "canceled")


@dataclass(frozen=True)
class Line:
    """Something that is ordered."""

    variant: Row
    quantity: int


@dataclass(frozen=True)
class Refused:
    """Where orders came to a halt, and PostgreSQL's answer there."""

    moment: str  # for a sentence: "when its lines were written", "at paid"
    answer: Answer


class Orders:
    """Orders and their lines; Skipped when a part of the contract's is missing."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.table = shop.table("orders")
        self.status = shop.column("orders", "status").name
        self.quantity = shop.column("order_items", "quantity").name
        self.order_key = key_to(shop, "order_items", "orders")
        self.variant_key = key_to(shop, "order_items", "product_variants")

    # -- writing -----------------------------------------------------------------------------------------------

    def begin(self) -> Row:
        """A pending order without lines."""
        purchase.begin_pending(self.shop)
        return self.shop.row("orders")

    def line(self, order: Row, line: Line) -> Draft:
        """A line that would be taken, not written yet; NoRow when there is none."""
        return self.shop.draft("order_items", self._pins(order, line))

    def about(self, draft: Draft, variant: Row) -> Draft:
        """The same line for another variant."""
        return Draft(draft.table, draft.values | pointing_at(self.variant_key, variant))

    def write(self, drafts: Sequence[Draft]) -> Refused | None:
        """Write lines one by one, up to the first that is refused."""
        for draft in drafts:
            answer = self.shop.session.keep(draft.but())
            if _came_to_nothing(answer, 1):
                return Refused("when its lines were written", answer)
        return None

    def place(self, *lines: Line) -> Row:
        """A pending order with these lines, which is an ordinary thing; Failed when a line is refused."""
        order = self.begin()
        for line in lines:
            try:
                self.shop.row("order_items", self._pins(order, line))
            except NoRow as none:
                if none.table.oid != self.shop.table("order_items").oid or none.answer is None:
                    raise
                raise self.refused_though_in_stock(Refused("when its lines were written", none.answer)) from none
        return order

    def _pins(self, order: Row, line: Line) -> dict[str, Any]:
        whose = pointing_at(self.order_key, order) | pointing_at(self.variant_key, line.variant)
        return whose | {self.quantity: line.quantity}

    # -- going on ----------------------------------------------------------------------------------------------

    def advance(self, order: Row, status: str) -> Refused | None:
        """Take an order to a status, paid for where the shop wants that; what refused it, or None."""
        answer = purchase.advance(self.shop, order, status)
        if answer is None:
            return None
        _came_to_nothing(answer, 1)
        return Refused(f"at {status}", answer)

    def advance_together(self, orders: Sequence[Row], status: str) -> Refused | None:
        """Take several orders to a status in one statement; what refused it, or None."""
        for order in orders:  # their lines may have moved something, such as a total
            order.values = self.shop.read(order) or order.values
        with self.shop.isolated():
            first = Row(orders[0].table, dict(orders[0].values))
            if purchase.advance(self.shop, first, status) is not None:
                changes = {self.status: next(iter(labels_of(self.shop, "orders", "status").values(status)), None)}
            else:
                changes = {n: v for n, v in first.values.items() if n in self._written and v != orders[0].values[n]}
        answer = self.shop.session.keep(_update(orders, changes))
        if _came_to_nothing(answer, len(orders)) and self._paid(orders):
            answer = self.shop.session.keep(_update(orders, changes))
        if _came_to_nothing(answer, len(orders)):
            return Refused(f"at {status}", answer)
        for order in orders:
            order.values = self.shop.read(order) or order.values
        if any(order[self.status] != changes[self.status] for order in orders):
            return Refused(f"at {status}", Answer(answer.tried))
        return None

    @property
    def _written(self) -> frozenset[str]:
        return frozenset(column.name for column in self.table.columns if not column.generated)

    def _paid(self, orders: Sequence[Row]) -> bool:
        return all(purchase.pay(self.shop, order) for order in orders)

    def deliver(self, *orders: Row) -> Refused | None:
        """From pending to delivered, one step at a time, several in one statement; where that came to a halt."""
        for status in STEPS:
            refused = self.advance(orders[0], status) if len(orders) == 1 else self.advance_together(orders, status)
            if refused is not None:
                return refused
        return None

    def must_deliver(self, *orders: Row) -> None:
        """The same, where nothing stands in the way; Failed when something does."""
        refused = self.deliver(*orders)
        if refused is not None:
            raise self.refused_though_in_stock(refused)

    def refused_though_in_stock(self, refused: Refused) -> Failed:
        """An ordinary order came to a halt."""
        answer = refused.answer
        return Failed(
            f"There was enough in stock, but an order was refused {refused.moment}: {why(answer.refusal)}.",
            next=f"Look for the rule or trigger on {self.table.label}, on its lines or on the stock that refuses an "
            "ordinary order.",
            table=self.shop.table("inventory").label,
            tried=shorten(answer.tried),
            sqlstate=answer.refusal.sqlstate if answer.refusal else None,
        )


def together(drafts: Sequence[Draft]) -> Statement:
    """Several rows of one table in one INSERT; each gets the columns of the first."""
    columns = list(drafts[0].values)
    drafts = numbered_on(drafts)
    head, _, row = drafts[0].but().sql.removesuffix(RETURNING).rpartition(" values ")
    values = tuple(draft.values.get(name) for draft in drafts for name in columns)
    return Statement(f"{head} values {', '.join([row] * len(drafts))}{RETURNING}", values)


def _update(rows: Sequence[Row], changes: Mapping[str, Any]) -> Statement:
    """The same change to several rows of one table, in one UPDATE."""
    table = rows[0].table
    key = sorted(table.primary_key.columns) if table.primary_key else ["ctid"]
    which = " or ".join(["(" + " and ".join(f"{quote(name)} = %s" for name in key) + ")"] * len(rows))
    sets = ", ".join(f"{quote(name)} = %s" for name in changes)
    values = (*changes.values(), *(row[name] for row in rows for name in key))
    return Statement(f"update {qualified(table)} set {sets} where {which}{RETURNING}", values)


def _came_to_nothing(answer: Answer, expected: int) -> bool:
    refusal = answer.refusal
    # Our statement is an ordinary one: a name that isn't there (class 42) is one in the learner's own trigger.
    if refusal is not None and not refusal.is_verdict and not refusal.sqlstate.startswith("42"):
        raise CantTell(f"The try itself went wrong: {why(refusal)}.", tried=shorten(answer.tried))
    return answer.rowcount != expected


__all__ = ["CANCELLED", "STEPS", "Line", "Orders", "Refused", "together"]
