"""Reviews, what is bought before, and votes."""

from __future__ import annotations

from checks.rows import quote
from tests.checks.random_designs.choices import choice
from tests.checks.random_designs.ddl import Column, Design, Names, Table
from tests.checks.random_designs.families import (
    UNIQUE_EXTRAS,
    add_extras,
    add_flag,
    add_number,
    add_times,
    begin,
    key_names,
    make_bound,
    make_key,
    make_unique_together,
    name_of,
)

NAMES = choice("reviews: name", ("an order", "a line of an order"))
NAMED = choice("reviews: the order is", ("optional", "required"), weight=2)
ORDER_GONE = choice("reviews: when the order goes", ("set null", "", "restrict", "cascade"))
WHOSE = choice("reviews: the order must be", ("anybody's", "the reviewer's by the key"))
USER_GONE = choice("reviews: when the user goes", ("cascade", "", "restrict"))
PRODUCT_GONE = choice("reviews: when the product goes", ("cascade", "", "restrict"))
RATING = choice("reviews.rating is", ("int", "smallint", "numeric(1, 0)", "an enum", "looked up", "listed"))
VERIFIED = choice(
    "reviews: verified by",
    (
        "a trigger that works it out",
        "a trigger that refuses",
        "a trigger that corrects",
        "a generated column",
        "a CHECK",
    ),
)
VOTER_GONE = choice("review_votes: when the user goes", ("cascade", "", "restrict"))
HELPFUL = choice("review_votes.is_helpful is", ("always said", "true by default"))


def add_reviews(design: Design) -> None:
    table = begin(design, "reviews")
    users = design.refer(table, "users", key_names(design, "users"), on_delete=design.pick(USER_GONE))
    design.refer(table, "products", key_names(design, "products"), on_delete=design.pick(PRODUCT_GONE))
    add_number(design, table)
    part = "orders" if design.pick(NAMES) == "an order" else "order_items"
    required = design.pick(NAMED) == "required"
    gone = design.pick(ORDER_GONE, *(["set null"] if required else []))
    names, target = key_names(design, part), None
    orders = design.tables["orders"]
    whose = design.pick(WHOSE, *(["the reviewer's by the key"] if part != "orders" or orders.partitions else []))
    if whose != "anybody's":
        names, target = _with_reviewer(orders, names, users)
    design.refer(table, part, names, role="bought", required=required, on_delete=gone, target=target)
    _add_rating(design, table)
    _add_verified(design, table, part)
    add_times(design, table)
    make_unique_together(design, table, ("products", "users"))
    add_extras(design, table)


def _with_reviewer(orders: Table, names: Names, users: Names) -> tuple[Names, Names]:
    """A key to an order that holds its user as well, so that it is the reviewer's own."""
    whose = [name for name in orders.roles["users"] if name not in orders.target]
    target = Names([*orders.target, *whose])
    orders.keep(f"unique ({target})")
    return Names([*names, *(name for name in users if name not in names)][: len(target)]), target


def _add_rating(design: Design, table: Table) -> None:
    option = design.pick(RATING)
    name = name_of(design, "reviews", "rating")
    if option == "an enum":
        made = design.type("stars", "create type stars as enum ('1', '2', '3', '4', '5')")
        table.add("rating", Column(name, made, True, sample="4"))
    elif option == "looked up":
        design.once(
            "create table star_ratings (stars smallint primary key); "
            "insert into star_ratings select generate_series(1, 5)"
        )
        table.add("rating", Column(name, "smallint", True, sample="4"))
        table.keep(f"foreign key ({name}) references star_ratings")
        table.keep(f"create index on {quote(table.name)} ({name})")
    elif option == "listed":
        table.add("rating", Column(name, "int", True, sample="4"))
        table.keep(f"check ({name} in (1, 2, 3, 4, 5))")
    else:
        table.add("rating", Column(name, option, True, sample="4"))
        make_bound(design, table, "rating", 1, 5)


def _add_verified(design: Design, table: Table, part: str) -> None:
    """A review with no order behind it never reads as verified."""
    option = design.pick(VERIFIED)
    named = "num_nulls({reviews.bought}) = 0"
    if option == "a generated column":
        made = design.fill(f"generated always as ({named}) stored")
        name = name_of(design, "reviews", "is_verified_purchase")
        table.add("is_verified_purchase", Column(name, "boolean", made=made))
        return
    add_flag(design, table, "is_verified_purchase", "false", "false")
    if option == "a CHECK":
        table.keep(design.fill(f"check (not coalesce({{reviews.is_verified_purchase}}, false) or {named})"))
        return
    named = "num_nulls({reviews.bought:new}) = 0"
    body = {
        "a trigger that refuses": "if new.{reviews.is_verified_purchase} and not (NAMED) then "
        "raise exception 'verified by what?'; end if; return new;",
        "a trigger that corrects": "new.{reviews.is_verified_purchase} := "
        "coalesce(new.{reviews.is_verified_purchase}, false) and NAMED; return new;",
        "a trigger that works it out": "new.{reviews.is_verified_purchase} := exists (select from {orders} o "
        "join {order_items} i on ({order_items.orders:i}) = ({orders.key:o}) "
        "join {product_variants} v on ({product_variants.key:v}) = ({order_items.product_variants:i}) "
        "where ({BOUGHT}) = ({reviews.bought:new}) and ({orders.users:o}) = ({reviews.users:new}) "
        "and o.{orders.status} = {status.delivered} and ({product_variants.products:v}) = ({reviews.products:new})); "
        "return new;",
    }[option].replace("NAMED", named)
    theirs = table.references[-1].target_columns
    bought = f"{theirs:o}" if part == "orders" else f"{theirs:i}"
    design.function("verify", body.replace("{BOUGHT}", bought))
    design.after("create trigger verify before insert or update on {reviews} for each row execute function verify()")


def add_review_votes(design: Design) -> None:
    table = begin(design, "review_votes")
    reviews = design.refer(table, "reviews", key_names(design, "reviews"), on_delete="cascade")
    users = design.refer(table, "users", key_names(design, "users"), on_delete=design.pick(VOTER_GONE))
    default = "true" if design.pick(HELPFUL) == "true by default" else ""
    name = name_of(design, "review_votes", "is_helpful")
    table.add("is_helpful", Column(name, "boolean", True, default, sample="true"))
    if make_unique_together(design, table, ("reviews", "users")) == "primary key":
        make_key(design, table, *(name for name in (*reviews, *users) if name != "tenant"))
    else:
        add_number(design, table)
    add_extras(design, table)


__all__ = ["UNIQUE_EXTRAS", "add_review_votes", "add_reviews"]
