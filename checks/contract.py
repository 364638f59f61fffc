"""The exercise contract as data: which tables, which columns, which rules, in which step.

Everything that speaks of the contract comes from here: the checks take their titles from it, the notebooks show
it, names and synonyms are looked up in it. How a rule is proved is told in `checks/steps/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    MUST = "must"  # the step fails without it
    ADVICE = "advice"  # good practice: reported, never fails a step


class Criterion(StrEnum):
    """The exercise's five criteria of success."""

    SCHEMA = "schema"
    RELATIONSHIPS = "relationships"
    PERFORMANCE = "performance"
    INTEGRITY = "integrity"
    TESTS = "tests"


class Kind(StrEnum):
    """What a column holds, by family: any type of the family is as good as any other."""

    TEXT = "text"
    INTEGER = "integer"
    MONEY = "money"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    LABEL = "label"  # text, an enum, or a key to a lookup table
    KEY = "key"  # whatever the table it points to has


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind
    synonyms: tuple[str, ...] = ()
    required: bool = False  # the contract says NOT NULL

    @property
    def names(self) -> tuple[str, ...]:
        """The preferred name first."""
        return (self.name, *self.synonyms)


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    step: int
    columns: tuple[Column, ...]
    synonyms: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()  # contract tables; "a|b" for either
    purpose: str = ""

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Every stored name that counts, the preferred ones first."""
        ordered = [form for name in (self.name, *self.synonyms) for form in forms(name)]
        return tuple(dict.fromkeys(ordered))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a learner reads it, before and after."""

    id: str  # table.slug, or step-wide: setup.folders
    level: Level
    criterion: Criterion
    text: str  # in the words of a shop, without Markdown but for `code`


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    title: str
    rules: tuple[Rule, ...]

    def rule(self, rule_id: str) -> Rule:
        return next(rule for rule in self.rules if rule.id == rule_id)

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for table in TABLES if table.step == self.number)


def forms(name: str) -> tuple[str, ...]:
    """A name as given, then in singular and plural: what an English-speaking shop might store it as.

    >>> forms("product_categories")
    ('product_categories', 'product_category')
    """
    singular = _singular(name)
    return tuple(dict.fromkeys((name, singular, _plural(singular))))


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return name[:-3] + "y"
    if re.search(r"(ss|x|ch|sh)es$", name):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _plural(name: str) -> str:
    if re.search(r"[^aeiou]y$", name):
        return name[:-1] + "ies"
    return name + ("es" if re.search(r"(s|x|ch|sh)$", name) else "s")


# ---------------------------------------------------------------------------------------------------------------
# Tables

CREATED = Column("created_at", Kind.TIMESTAMP, ("created", "added_at", "placed_at", "ordered_at", "inserted_at"))
UPDATED = Column("updated_at", Kind.TIMESTAMP, ("updated", "modified_at", "last_updated", "last_modified"))
CHANGED_AT = Column(
    "changed_at",
    Kind.TIMESTAMP,
    ("created_at", "recorded_at", "effective_at", "effective_from", "valid_from", "transitioned_at"),
    required=True,
)

TABLES: tuple[Table, ...] = (
    Table(
        "users",
        step=2,
        purpose="people with an account",
        synonyms=("customers", "accounts", "app_users"),
        columns=(
            Column("email", Kind.TEXT, required=True),
            Column("password_hash", Kind.TEXT, required=True),
            Column("first_name", Kind.TEXT),
            Column("last_name", Kind.TEXT),
            Column("is_active", Kind.BOOLEAN),
            Column("is_verified", Kind.BOOLEAN),
            CREATED,
            UPDATED,
        ),
    ),
    Table(
        "categories",
        step=2,
        purpose="the departments of the shop, one inside the other",
        refers_to=("categories",),
        columns=(Column("name", Kind.TEXT, required=True),),
    ),
    Table(
        "products",
        step=2,
        purpose="what the shop sells",
        refers_to=("categories",),
        columns=(
            Column("name", Kind.TEXT, required=True),
            Column("description", Kind.TEXT),
            Column("price", Kind.MONEY, ("base_price", "list_price", "unit_price"), required=True),
            Column("sku", Kind.TEXT, required=True),
            CREATED,
            UPDATED,
        ),
    ),
    Table(
        "product_variants",
        step=3,
        purpose="a product in one size and colour",
        synonyms=("variants", "skus"),
        refers_to=("products",),
        columns=(Column("sku", Kind.TEXT, required=True), Column("size", Kind.TEXT), Column("color", Kind.TEXT)),
    ),
    Table(
        "product_images",
        step=3,
        purpose="pictures of a product, in order",
        synonyms=("images",),
        refers_to=("products",),
        columns=(
            Column("url", Kind.TEXT, ("image_url", "src"), required=True),
            Column("display_order", Kind.INTEGER, ("position", "sort_order", "ordinal", "rank"), required=True),
        ),
    ),
    Table(
        "price_history",
        step=3,
        purpose="what a thing cost before",
        synonyms=("price_histories", "product_price_history", "price_changes"),
        refers_to=("products|product_variants",),
        columns=(
            Column("old_price", Kind.MONEY, ("previous_price",)),
            Column("new_price", Kind.MONEY, ("price", "current_price"), required=True),
            CHANGED_AT,
        ),
    ),
    Table(
        "addresses",
        step=4,
        purpose="where parcels and invoices go",
        synonyms=("user_addresses",),
        refers_to=("users",),
        columns=(
            Column(
                "line1",
                Kind.TEXT,
                (
                    "street",
                    "street1",
                    "address_line1",
                    "address_line_1",
                    "street_address",
                    "street_address1",
                ),
                required=True,
            ),
            Column("city", Kind.TEXT, required=True),
            Column("postal_code", Kind.TEXT, ("zip", "zip_code", "postcode")),
            Column("country", Kind.TEXT, ("country_code",), required=True),
        ),
    ),
    Table(
        "cart_items",
        step=4,
        purpose="what a user wants to buy",
        refers_to=("users", "product_variants"),
        columns=(Column("quantity", Kind.INTEGER, required=True), CREATED, UPDATED),
    ),
    Table(
        "orders",
        step=4,
        purpose="what a user bought",
        refers_to=("users",),
        columns=(
            Column("status", Kind.LABEL, ("status_id", "order_status_id"), required=True),
            Column("shipping_address_id", Kind.KEY),
            Column("billing_address_id", Kind.KEY),
            CREATED,
            UPDATED,
        ),
    ),
    Table(
        "order_items",
        step=4,
        purpose="the lines of an order",
        synonyms=("order_lines", "line_items"),
        refers_to=("orders", "product_variants"),
        columns=(
            Column("quantity", Kind.INTEGER, required=True),
            Column(
                "unit_price",
                Kind.MONEY,
                ("price", "price_at_time", "price_at_purchase", "purchase_price", "price_snapshot"),
                required=True,
            ),
        ),
    ),
    Table(
        "order_status_history",
        step=4,
        purpose="what became of an order, and when",
        synonyms=(
            "order_status_histories",
            "order_status_changes",
            "order_status_events",
            "order_history",
            "order_events",
        ),
        refers_to=("orders",),
        columns=(
            Column("status", Kind.LABEL, ("to_status", "new_status", "status_id", "order_status_id"), required=True),
            CHANGED_AT,
        ),
    ),
    Table(
        "payments",
        step=4,
        purpose="money that came in",
        refers_to=("orders",),
        columns=(Column("amount", Kind.MONEY, required=True),),
    ),
    Table(
        "inventory",
        step=5,
        purpose="how many pieces are there",
        synonyms=("inventories", "stock", "stock_levels", "inventory_items"),
        refers_to=("product_variants",),
        columns=(
            Column(
                "quantity",
                Kind.INTEGER,
                ("quantity_available", "quantity_on_hand", "on_hand", "stock", "stock_quantity"),
                required=True,
            ),
        ),
    ),
    Table(
        "stock_movements",
        step=5,
        purpose="every piece that came or went",
        synonyms=("inventory_movements", "stock_movement_log", "inventory_transactions"),
        refers_to=("product_variants|inventory",),
        columns=(
            Column(
                "quantity_change",
                Kind.INTEGER,
                ("quantity", "change", "delta", "quantity_delta", "qty_change"),
                required=True,
            ),
            Column("movement_type", Kind.LABEL, ("reason", "kind", "type", "movement_type_id"), required=True),
            CREATED,
        ),
    ),
    Table(
        "reviews",
        step=5,
        purpose="what buyers think",
        refers_to=("users", "products", "orders|order_items"),
        columns=(
            Column("rating", Kind.INTEGER, required=True),
            Column("is_verified_purchase", Kind.BOOLEAN, ("verified_purchase", "is_verified", "verified")),
            CREATED,
            UPDATED,
        ),
    ),
    Table(
        "review_votes",
        step=5,
        purpose="who found a review helpful",
        synonyms=("helpful_votes", "review_helpful_votes", "review_helpfulness"),
        refers_to=("reviews", "users"),
        columns=(Column("is_helpful", Kind.BOOLEAN, ("helpful", "vote"), required=True),),
    ),
)


def table(name: str) -> Table:
    """The contract's table of that preferred name; KeyError when there is none."""
    for candidate in TABLES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)


def stored_names() -> frozenset[str]:
    """Every name under which a contract table may be stored."""
    return frozenset(name for entry in TABLES for name in entry.names)


# ---------------------------------------------------------------------------------------------------------------
# Rules


def _rules(level: Level, criterion: Criterion, **texts: str) -> Iterator[Rule]:
    """Keyword `users__email_unique` is the rule `users.email-unique`."""
    for key, text in texts.items():
        table_name, _, slug = key.partition("__")
        yield Rule(f"{table_name}.{slug.replace('_', '-')}", level, criterion, text)


STEPS: tuple[Step, ...] = (
    Step(
        1,
        "Project setup",
        (
            *_rules(
                Level.MUST,
                Criterion.SCHEMA,
                setup__folders="The project folder has `schemas/`, `migrations/`, `tests/`, `scripts/` and `models/`.",
                setup__settings="`config.py` has pydantic-settings `Settings` with `database_url` and `echo_sql`.",
                setup__environment="The environment variables `DATABASE_URL` and `ECHO_SQL` override `config.py`.",
                setup__connects="A SQLAlchemy engine made from the settings connects to the database.",
                setup__server="The server is PostgreSQL 15 or newer.",
            ),
            *_rules(
                Level.ADVICE,
                Criterion.INTEGRITY,
                setup__no_password="No file of the project holds a password, other than the local workshop's default.",
            ),
        ),
    ),
    Step(
        2,
        "Core entities",
        (
            *_rules(
                Level.MUST,
                Criterion.SCHEMA,
                users__exists="There is a table `users`.",
                users__key="`users` has a primary key.",
                users__columns="`users` has every column that a profile needs, each of the right kind.",
            ),
            *_rules(
                Level.MUST,
                Criterion.INTEGRITY,
                users__ordinary="Two different people can both have an account.",
                users__email_required="Nobody has an account without an e-mail address.",
                users__email_unique="Two accounts can't share one e-mail address.",
                users__password_required="Nobody has an account without a password hash.",
                users__password_room="A password hash of 60 characters (bcrypt) fits.",
                users__no_plain_password="There is no place for a plain password.",
            ),
            *_rules(
                Level.MUST,
                Criterion.SCHEMA,
                categories__exists="There is a table `categories`.",
                categories__key="`categories` has a primary key.",
                categories__columns="`categories` has a `name`.",
            ),
            *_rules(
                Level.MUST,
                Criterion.INTEGRITY,
                categories__name_required="Every category has a name.",
            ),
            *_rules(
                Level.MUST,
                Criterion.RELATIONSHIPS,
                categories__parent="A category can lie inside another one, and only inside one that exists.",
                categories__levels="Categories can be stored and walked three levels deep, with several at the top.",
            ),
            *_rules(
                Level.MUST,
                Criterion.SCHEMA,
                products__exists="There is a table `products`.",
                products__key="`products` has a primary key.",
                products__columns="`products` has every column that a shop needs, each of the right kind.",
            ),
            *_rules(
                Level.MUST,
                Criterion.INTEGRITY,
                products__name_required="Every product has a name.",
                products__sku_required="Every product has a SKU, the shop's own number for it.",
                products__sku_unique="Two products can't share one SKU.",
                products__price_required="Every product has a price.",
                products__price_not_negative="A price is never below zero.",
                products__prices_fit="Every price from 1.00 to 9,999.99 fits.",
                products__price_changes="A price can be changed.",
            ),
            *_rules(
                Level.MUST,
                Criterion.RELATIONSHIPS,
                products__category="Every product lies in a category that exists.",
                products__ordinary="One category can hold many products.",
            ),
            *_rules(
                Level.MUST,
                Criterion.SCHEMA,
                core__money="Money is kept to the cent: `numeric`, never a floating-point type.",
                core__audit="`users` and `products` record when a row was made and last changed.",
            ),
            *_rules(
                Level.ADVICE,
                Criterion.INTEGRITY,
                users__email_any_case="`Ada@shop.example` and `ada@shop.example` are one account.",
                users__names_required="First and last name are always filled in.",
                users__flags_required="`is_active` and `is_verified` are true or false, never unknown.",
                users__flags_default="A new account needs no word on its flags: the database has defaults.",
                users__password_room_argon="A password hash of 97 characters (Argon2) fits.",
                categories__not_own_parent="A category does not lie inside itself.",
                categories__no_cycles="Two categories can't lie inside each other.",
                categories__sibling_names="Two categories in one place have different names.",
                products__price_a_number="A price is a number: `NaN` is refused.",
                products__category_kept="A category that still has products can't be deleted.",
                core__time_zone="Times are kept with their time zone.",
                core__times_filled="The database fills in both times by itself, and they are never empty.",
                core__updated_moves="The database itself moves `updated_at` when a row changes.",
            ),
        ),
    ),
)


def step(number: int) -> Step:
    """The contract of a step; KeyError when there is none."""
    for candidate in STEPS:
        if candidate.number == number:
            return candidate
    raise KeyError(number)
