"""Runs the learner's queries.order_history on a few orders and on many, in a transaction that is never committed.

Run with the project folder as working directory and DATABASE_URL set. On standard input comes, as JSON, the role map;
the answer is printed as JSON: `{"outcome": …, "happened": …, "next": …}`.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import itertools
import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a script: the project's folder comes first, then the checks
    sys.path[0] = str(Path.cwd())
    sys.path.append(str(Path(__file__).resolve().parents[2]))

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.pool import StaticPool

from checks.catalog.facts import TEXT
from checks.inside import answer_channel, first_line, place_of
from checks.outcome import CantTell, Failed, Skipped
from checks.probe import Shop
from checks.roles import RoleMap
from checks.rows import NoRow
from checks.rules import references
from checks.steps.on_database import open_shop
from checks.subject import Subject
from checks.trade import purchase
from workshop.errors import WorkshopError

#: How many orders, with how many lines each: a number of statements that depends on either differs.
FEW, MANY = (2, 1), (6, 3)

#: How deep the product's name may lie: order, lines, line, variant, product.
DEPTH = 8

#: The parts of the contract that lead from an order to the names of its products.
WAY = ("order_items", "product_variants", "products")


#: What the learner writes: a session and a user's id in, orders out.
Function = Callable[[Any, Any], Any]


class _Committed(Exception):
    """The learner's function tried to end the transaction of the check."""


def main() -> None:
    answer = answer_channel()
    asked = json.load(sys.stdin)
    try:
        _try(Subject(os.environ["DATABASE_URL"], RoleMap(asked["tables"], asked["columns"]), Path.cwd()))
        told = {"outcome": "pass"}
    except Failed as failed:
        told = {"outcome": "fail", "happened": failed.happened, "next": failed.next}
    except NoRow as none:
        told = {"outcome": "cant_tell", "happened": f"No row could be made that {none.table.label} takes."}
    except (CantTell, WorkshopError) as unclear:
        told = {"outcome": "cant_tell", "happened": str(unclear)}
    except Skipped:
        told = {"outcome": "skipped"}
    with answer:
        json.dump(told, answer)


def _try(subject: Subject) -> None:
    function = _function()
    with open_shop(subject) as shop:
        engine = _engine(shop.session.connection)
        statements = []
        for orders, lines in (FEW, MANY):
            with shop.isolated():
                user, expected = _make_orders(shop, orders, lines)
                statements.append(_statements(shop, engine, function, user, expected))
                # An index may bring them in order by chance; without one, only the query's own order counts.
                shop.session.query(_NO_INDEXES)
                _statements(shop, engine, function, user, expected)
    few, many = statements
    if many > few:
        raise Failed(
            f"order_history needs {few} statements for {FEW[0]} orders with {FEW[1]} item each, and {many} for "
            f"{MANY[0]} orders with {MANY[1]} items each: the more orders, the more statements.",
            next="Load the items with the orders, down to the product: options(selectinload(…).selectinload(…)).",
        )


def _engine(connection: Any) -> sqlalchemy.Engine:
    """SQLAlchemy on the connection of the check, whose transaction it can neither commit nor roll back."""

    def refuse(_: Any) -> None:
        raise _Committed

    engine = sqlalchemy.create_engine("postgresql+psycopg2://", creator=lambda: connection, poolclass=StaticPool)
    dialect: Any = engine.dialect
    dialect.do_commit, dialect.do_rollback = refuse, lambda _: None
    return engine


# -- the function ----------------------------------------------------------------------------------------------


def _function() -> Function:
    try:
        module = importlib.import_module("queries")
    except BaseException as error:
        raise Failed(
            f"queries.py could not be loaded: {_sentence(error)}.",
            next="Put that right and run the cell that writes queries.py again.",
        ) from None
    function = getattr(module, "order_history", None)
    if not callable(function):
        raise Failed(
            "queries.py has no function order_history.", next="Define order_history(session, user_id) in queries.py."
        )
    if inspect.iscoroutinefunction(function):
        raise Failed(
            "order_history is an async function, but the session it gets is an ordinary one.",
            next="Write def order_history.",
        )
    found: Function = function
    return found


def _sentence(error: BaseException) -> str:
    """What the learner's code raised, and where."""
    said, place = first_line(error), place_of(error)
    named = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return f"{named}, in {place}" if place else named


_NO_INDEXES = "set local enable_indexscan = off; set local enable_bitmapscan = off; select"


# -- the orders ------------------------------------------------------------------------------------------------

_EPOCH = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)


def _make_orders(shop: Shop, orders: int, lines: int) -> tuple[Any, list[tuple[Any, set[str]]]]:
    """A user with so many orders, each with so many lines, and somebody else with one. The oldest changed last.

    Gives the user's id, and of each order the time as stored and the names of its products.
    """
    keys = shop.foreign_keys("orders", "users")
    if not keys:
        raise Skipped
    key = keys[0]
    user, stranger = shop.row("users"), shop.row("users")
    made = []
    for number in range(orders):
        made.append(_order(shop, references.pointing_at(key, user), number, lines))
    _order(shop, references.pointing_at(key, stranger), orders, 1)
    target = key.target_columns[key.columns.index(references.own_column(key))]
    column = shop.table("users").column(target)
    is_uuid = column is not None and column.type.base == "uuid"
    return uuid.UUID(str(user[target])) if is_uuid else user[target], made


def _order(shop: Shop, whose: Mapping[str, Any], number: int, lines: int) -> tuple[Any, set[str]]:
    time = shop.roles.column("orders", "created_at")
    values = dict(whose)
    changed = shop.roles.column("orders", "updated_at")
    for column, days in ((time, number), (changed, 100 - number)):
        if column is not None and not column.generated:
            values[column.name] = (_EPOCH + timedelta(days=days)).isoformat(sep=" ")
    try:
        order = purchase.open_order(shop, values)
    except NoRow:
        order = purchase.open_order(shop, dict(whose))  # the time is the database's own affair
    names = set()
    for _ in range(lines):
        product = shop.row("products")
        shop.stand(product)
        name = product[shop.column("products", "name").name]
        purchase.line_of(shop, order, purchase.stocked_variant(shop), _copied_name(shop, name))
        names.add(name)
    if number == 0:
        purchase.advance(shop, order, "paid")  # where that is possible: not all orders are in one status then
    stored = shop.read(order)
    return (stored or {}).get(time.name) if time is not None else None, names


def _copied_name(shop: Shop, name: str) -> dict[str, str]:
    """A line may keep the name under which the product was sold."""
    copies = {"product_name", "name", "title", "item_name", "product_title"}
    columns = [c for c in shop.table("order_items").columns if c.name in copies and c.type.base in TEXT]
    return {column.name: name for column in columns if not column.generated}


# -- what it returns -------------------------------------------------------------------------------------------


def _statements(
    shop: Shop, engine: sqlalchemy.Engine, function: Function, user: Any, expected: list[tuple[Any, set[str]]]
) -> int:
    """How many statements it takes to call the function and read the product names in what it returns.

    Raises Failed when the orders, their names or their order are not the expected ones.
    """
    shop.session.query("select 1")  # what is due on this connection goes first
    sent: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        first = (statement.split(None, 1) or [""])[0].upper()
        if first in ("COMMIT", "END", "ABORT"):
            raise _Committed
        if first not in ("SAVEPOINT", "RELEASE", "ROLLBACK"):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        known = {name for _, names in expected for name in names}
        found = _called(function, engine, user, _Reader(shop, known))
    finally:
        event.remove(engine, "before_cursor_execute", count)
    _judge(found, expected)
    return len(sent)


def _called(function: Function, engine: sqlalchemy.Engine, user: Any, reader: _Reader) -> list[set[str]]:
    """Of each thing returned, the product names that can be read in it."""
    try:
        with engine.connect() as connection:
            connection.begin()
            with OrmSession(bind=connection, join_transaction_mode="create_savepoint") as session:
                return [reader.names(entry) for entry in _entries(function(session, user))]
    except Failed:
        raise
    except _Committed:
        raise Failed(
            "order_history ends the transaction, though it is only to read.", next="Leave out commit in it."
        ) from None
    except BaseException as error:
        raise Failed(
            f"order_history stopped with {_sentence(error)}.",
            next="Call it in a cell with a user of your own, and look at what it says.",
        ) from None


def _entries(returned: Any) -> list[Any]:
    if isinstance(returned, (str, bytes)) or not hasattr(returned, "__iter__"):
        raise Failed(
            f"order_history returned {_article(returned)}, not the orders.",
            next="Return a list: session.scalars(statement).all().",
        )
    return list(returned.items()) if isinstance(returned, Mapping) else list(returned)


def _article(value: Any) -> str:
    name = type(value).__name__
    return "nothing" if value is None else f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


@dataclasses.dataclass
class _Reader:
    """Finds product names in whatever a function returns: mapped objects, rows, dictionaries, lists."""

    shop: Shop
    known: set[str]

    def names(self, entry: Any) -> set[str]:
        return {text for text in self._texts(entry, 0, set()) if text in self.known}

    def _texts(self, value: Any, depth: int, seen: set[int]) -> Iterator[str]:
        if isinstance(value, str):
            yield value
            return
        if value is None or isinstance(value, (int, float, bytes)) or depth > DEPTH or id(value) in seen:
            return
        seen.add(id(value))
        for part in self._parts(value):
            yield from self._texts(part, depth + 1, seen)

    def _parts(self, value: Any) -> Iterator[Any]:
        state = sqlalchemy.inspect(value, raiseerr=False)
        if isinstance(state, sqlalchemy.orm.InstanceState):
            yield from self._mapped(value, state)
        elif isinstance(value, Mapping):
            yield from value.values()
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield from (getattr(value, field.name) for field in dataclasses.fields(value))
        elif isinstance(value, (list, tuple, set, frozenset, sqlalchemy.Row)):
            yield from value
        elif hasattr(value, "__dict__"):
            yield from vars(value).values()

    def _mapped(self, value: Any, state: Any) -> Iterator[Any]:
        """What a mapped object has at hand, and where it leads on the way from an order to its products.

        Other relationships, and columns that nobody asked for, would cost statements of their own.
        """
        way = [self.shop.table(part).name for part in WAY]
        names = {self.shop.column("products", "name").name}
        own = getattr(state.mapper.local_table, "name", None)
        for column in state.mapper.column_attrs:
            is_name = own == way[-1] and column.columns[0].name in names
            if is_name or column.key not in state.unloaded:
                yield getattr(value, column.key)
        place = way.index(own) if own in way else -1
        for relationship in state.mapper.relationships:
            if getattr(relationship.mapper.local_table, "name", None) in way[place + 1 :]:
                related = getattr(value, relationship.key)
                yield list(related) if relationship.uselist else related


def _judge(found: list[set[str]], expected: list[tuple[Any, set[str]]]) -> None:
    """Every order is there with its names, nobody else's, and the newest comes first."""
    if not found:
        raise Failed(
            f"order_history returned nothing for a user with {len(expected)} orders.",
            next="Select the orders whose user is user_id, through the session that it is given.",
        )
    missing = {name for _, names in expected for name in names}.difference(*found)
    if missing:
        raise Failed(
            f"order_history returned {len(found)} {'entry' if len(found) == 1 else 'entries'} for {len(expected)} "
            f"orders, and the names of {len(missing)} of their products can't be read there.",
            next="Return each order with its items, and let each item lead to its variant and product.",
        )
    if not all(found):
        raise Failed(
            "order_history returned something that is none of the user's orders.",
            next="Select only the orders whose user is user_id.",
        )
    places = [next(place for place, entry in enumerate(found) if entry & names) for _, names in expected]
    for older, newer in itertools.combinations(range(len(expected)), 2):
        if _is_before(expected[older][0], expected[newer][0]) and places[older] < places[newer]:
            raise Failed(
                "order_history does not return the newest order first.",
                next="Order by the time of the order, descending: order_by(Order.created_at.desc()).",
            )


def _is_before(one: Any, other: Any) -> bool:
    return one is not None and other is not None and bool(one < other)


if __name__ == "__main__":
    main()
