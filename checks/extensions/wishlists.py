"""Wishlists: what a user would like to have, on a list of their own or on several."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from checks.catalog import ForeignKey
from checks.outcome import CantTell, Failed
from checks.probe import Shop, shorten
from checks.rows import NoRow, Row, Values, why
from checks.rules import money, ordinary, references, tables, uniqueness
from checks.step import StepChecks
from checks.trade import purchase

extension: StepChecks[Shop] = StepChecks("wishlists")

PART = "wishlist_items"
THINGS = ("products", "product_variants")

extension.check(f"{PART}.exists")(tables.exists(PART))
extension.check(f"{PART}.key", needs=(f"{PART}.exists",))(tables.primary_key(PART))


@extension.scenery
def somebody_and_something(shop: Shop) -> None:
    """A user, and a variant of a product."""
    shop.furnish("users", "categories", "products", "product_variants")


def _has_lists(shop: Shop) -> bool:
    """Wishes are on lists, which have a table of their own."""
    return "wishlists" in shop.roles.tables and bool(shop.foreign_keys(PART, "wishlists"))


@extension.check("wishlists.kept", needs=(f"{PART}.exists",))
def lists_are_kept(shop: Shop) -> None:
    """The table of lists, where wishes point at one, is one that keeps its rows and has a primary key."""
    if _has_lists(shop):
        tables.exists("wishlists")(shop)
        tables.primary_key("wishlists")(shop)


# -- what, and whose -------------------------------------------------------------------------------------------

_THING_NEXT = 'Add product_id with ForeignKey("products.id") and nullable=False.'


def _thing_keys(shop: Shop) -> list[tuple[str, ForeignKey]]:
    """The keys to what is wished for, each with the part that it points at."""
    return [(part, key) for part in THINGS for key in shop.foreign_keys(PART, part)]


@extension.check(f"{PART}.thing", needs=(f"{PART}.exists",))
def wishes_are_for_something(shop: Shop) -> None:
    """A foreign key to the products or the variants is in force, and one of them is always filled."""
    parts = list(dict.fromkeys(part for part, _ in _thing_keys(shop))) or ["products"]
    found = [(part, references.refers(shop, PART, part, next=_THING_NEXT)) for part in parts]
    table = shop.table(PART)
    own = {name for _, key in found for name in key.columns} - _columns_to_owner(shop)
    if not any(c.not_null or c.type.domain_not_null for name in own if (c := table.column(name)) is not None):
        column = references.own_column(found[0][1])
        shop.never(
            PART,
            dict.fromkeys(sorted(own)),
            happened=f"PostgreSQL took a row of {table.label} that is for nothing: {' and '.join(sorted(own))} "
            f"{'is' if len(own) == 1 else 'are'} NULL.",
            next=f"Make {column} NOT NULL (nullable=False).",
            column=column,
        )
    for part, key in found:
        _is_no_ghost(shop, part, key)


def _is_no_ghost(shop: Shop, part: str, key: ForeignKey) -> None:
    """A key that no product, or no variant, has is refused, where a row may have such a key at all."""
    with suppress(NoRow), shop.isolated():
        shop.draft(PART, references.pointing_at(key, shop.row(part)))
        references.orphan_is_rejected(shop, PART, key, part, next=_THING_NEXT)


def _columns_to_owner(shop: Shop) -> set[str]:
    parts = [part for part in ("users", "wishlists") if part in shop.roles.tables]
    return {name for part in parts for key in shop.foreign_keys(PART, part) for name in key.columns}


@extension.check(f"{PART}.user", needs=(f"{PART}.exists", "wishlists.kept"))
def wishes_are_somebodys(shop: Shop) -> None:
    """A foreign key to the users is in force, or one to a list that has one; neither is optional."""
    if not _has_lists(shop):
        references.belongs(PART, "users", "user", "user_id")(shop)
        return
    references.belongs(PART, "wishlists", "list", "wishlist_id")(shop)
    references.belongs("wishlists", "users", "user", "user_id")(shop)


# -- wishes ----------------------------------------------------------------------------------------------------


def _list_of(shop: Shop, user: Row) -> Values:
    """What puts a wish on a list of that user: a new list, where lists have a table."""
    values: Values = {}
    if _has_lists(shop):
        key = references.refers(shop, PART, "wishlists", next="")
        values |= references.pointing_at(key, shop.row("wishlists", purchase.points(shop, "wishlists", user)))
    for key in shop.foreign_keys(PART, "users")[:1]:
        values |= references.pointing_at(key, user)
    return values


def _product_and_variant(shop: Shop) -> dict[str, Row]:
    product = shop.row("products")
    variant = shop.row("product_variants", purchase.points(shop, "product_variants", product))
    return {"products": product, "product_variants": variant}


def _ways(shop: Shop) -> Iterator[tuple[str, ...]]:
    """Which keys a wish may fill in this design: all there are, or one alone."""
    parts = tuple(dict.fromkeys(part for part, _ in _thing_keys(shop)))
    for way in dict.fromkeys((parts, *((part,) for part in parts))):
        with suppress(NoRow), shop.isolated():
            shop.draft(PART, _list_of(shop, shop.row("users")) | _wish(shop, way, _product_and_variant(shop)))
            yield way


def _wish(shop: Shop, way: tuple[str, ...], things: dict[str, Row]) -> Values:
    """The values by which a wish is for these things and for nothing else."""
    shared = _columns_to_owner(shop)
    values: Values = {}
    for part, key in sorted(_thing_keys(shop), key=lambda found: found[0] in way):
        pointing: dict[str, Any] = references.pointing_at(key, things[part])
        values |= pointing if part in way else {name: None for name in pointing if name not in shared}
    return values


_WHOLE = (f"{PART}.thing", f"{PART}.user")


def _every_way(shop: Shop) -> list[tuple[str, ...]]:
    found = list(_ways(shop))
    if not found:
        shop.row(PART)  # NoRow says what PostgreSQL minds
        raise CantTell("No wish could be made for a product of its own.", table=shop.table(PART).label)
    return found


@extension.check(f"{PART}.once", needs=_WHOLE)
def nothing_is_there_twice(shop: Shop) -> None:
    """The same thing a second time on one list is refused, also when both come at the same moment."""
    for way in _every_way(shop):
        with shop.isolated():
            on_list = _list_of(shop, shop.row("users"))
            same, other = (on_list | _wish(shop, way, _product_and_variant(shop)) for _ in range(2))
            names = ", ".join(f'"{name}"' for name, value in same.items() if value is not None)
            uniqueness.unique_together(
                shop, PART, same, other, meaning="list and thing", next=f"Add UniqueConstraint({names})."
            )


@extension.check(f"{PART}.ordinary", needs=_WHOLE)
def many_wishes(shop: Shop) -> None:
    """Two things are on one list, and one of them on the list of another user."""
    for way in _every_way(shop):
        with shop.isolated():
            mine, theirs = (_list_of(shop, shop.row("users")) for _ in range(2))
            one, other = (_wish(shop, way, _product_and_variant(shop)) for _ in range(2))
            shop.row(PART, mine | one)
            ordinary.another_fits(shop, PART, mine | other, "A second thing on one list")
            ordinary.another_fits(shop, PART, theirs | one, "The same thing on another user's list")


@extension.check(f"{PART}.gone", needs=_WHOLE)
def wishes_go_with_their_user(shop: Shop) -> None:
    """A user with two wishes and nothing else is deleted; neither wish is left."""
    user = shop.row("users")
    on_list, way = _list_of(shop, user), _every_way(shop)[0]
    wishes = [_wish(shop, way, _product_and_variant(shop)) for _ in range(2)]
    for wish in wishes:
        shop.row(PART, on_list | wish)
    answer = shop.session.keep(user.delete())
    table = shop.table(PART)
    links = [("wishlists", "users"), (PART, "wishlists")] if _has_lists(shop) else [(PART, "users")]
    keys = [shop.foreign_keys(part, target)[0] for part, target in links]
    where: dict[str, Any] = {
        "next": 'Use ondelete="CASCADE" on the key '
        + " and on that ".join(f"from {shop.table(part).label} to {shop.table(target).label}" for part, target in links)
        + ".",
        "table": table.label,
        "column": references.own_column(keys[-1]),
        "tried": shorten(answer.tried),
    }
    if answer.refusal is not None and not answer.refusal.is_verdict:
        raise CantTell(f"The try itself went wrong: {why(answer.refusal)}", table=table.label)
    if answer.refusal is not None or answer.rowcount == 0:
        raise Failed(f"A user with nothing but wishes could not be deleted: {why(answer.refusal)}.", **where)
    filled = [{name: value for name, value in wish.items() if value is not None} for wish in wishes]
    if any(purchase.rows_where(shop, PART, wish) for wish in filled):
        raise Failed(f"A user was deleted, but a wish is still in {table.label}.", **where)


@extension.check("wishlists.money")
def money_is_exact(shop: Shop) -> None:
    """Every column that holds money is numeric, to the cent or finer."""
    tables.each(shop, (PART, *(["wishlists"] if "wishlists" in shop.roles.tables else [])), money.money_is_exact)
