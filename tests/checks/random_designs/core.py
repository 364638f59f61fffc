"""Users, categories, products."""

from __future__ import annotations

from checks.rows import quote
from tests.checks.random_designs.choices import choice
from tests.checks.random_designs.ddl import Column, Design, Names
from tests.checks.random_designs.families import (
    add_extras,
    add_flag,
    add_number,
    add_text,
    add_times,
    begin,
    key_names,
    make_bound,
    make_sku,
    make_unique,
    make_unique_together,
    money,
    name_of,
)

USERS_ARE_POINTED_AT = choice("keys to users point at", ("the primary key", "a handle"), weight=2)
PERSONAL_NAMES = choice("users: first and last name", ("required", "optional", "empty unless given"))
PASSWORD = choice("users.password_hash is", ("varchar(255)", "text", "char(60)", "varchar(97)"))
TOP = choice("categories: at the top", ("there is no parent", "each is its own parent"), weight=2)
PARENT = choice("categories: the parent is called", ("parent_id", "parent", "parent_category_id"))
PARENT_GONE = choice("categories: when the parent goes", ("", "restrict", "cascade", "set null"))
CYCLES = choice("categories: cycles", ("nobody looks", "not one's own parent", "a trigger looks"))
DESCRIPTION = choice("products.description is", ("optional", "empty unless given", "required"))
CATEGORY_GONE = choice("products: when the category goes", ("", "restrict", "cascade"))


def add_users(design: Design) -> None:
    table = begin(design, "users")
    add_number(design, table)
    add_text(design, table, "email", "ada{k}@shop.example", 254)
    make_unique(design, table, "email")
    hash_type = design.pick(PASSWORD)
    table.add("password_hash", Column("password_hash", hash_type, True, sample="$2b$12$" + "Kx7qVbTz0e" * 5 + "abc"))
    personal = design.pick(PERSONAL_NAMES)
    for role in ("first_name", "last_name"):
        column = add_text(design, table, role, "Ada", required=personal == "required")
        if personal == "empty unless given":
            column.type, column.default, column.required = "text", "''", True
    add_flag(design, table, "is_active", "true", "true")
    add_flag(design, table, "is_verified", "false", "false")
    add_times(design, table)
    handled = design.pick(USERS_ARE_POINTED_AT, *(["a handle"] if "tenants" in design.tables else []))
    if handled == "a handle":
        handle = Column("handle", "uuid", True, "gen_random_uuid()")
        table.add("handle", handle)
        table.statements.append(f"create unique index on {quote(table.name)} (handle)")
        table.roles["key"] = table.roles["number"] = Names(["handle"])
    add_extras(design, table)


def add_categories(design: Design) -> None:
    table = begin(design, "categories")
    number = add_number(design, table)
    add_text(design, table, "name", "Mugs {k}")
    own = design.pick(TOP) != "there is no parent"
    parent = design.pick(PARENT)
    gone = design.pick(PARENT_GONE, *(["set null"] if own else []))
    tenant = [name for name in table.primary if name != number.name]
    design.refer(table, "categories", [*tenant, parent], role="parent", required=own, on_delete=gone)
    cycles = design.pick(CYCLES, *(["not one's own parent", "a trigger looks"] if own else []))
    if cycles == "not one's own parent":
        table.keep(f"check ({parent} <> {number.name})")
    elif cycles == "a trigger looks":
        design.function(
            "no_cycle",
            "for step in 1..20 loop "
            "if ({categories.parent:above}) = ({categories.key:new}) then raise exception 'a cycle'; end if; "
            "exit when above.{parent_only} is null; "
            "select * into above from {categories} c where ({categories.key:c}) = ({categories.parent:above}); "
            "exit when not found; end loop; return new;",
            declare="above record := new;",
            parent_only=quote(parent),
        )
        design.after(
            "create trigger no_cycle before insert or update on {categories} for each row execute function no_cycle()"
        )
    make_unique_together(design, table, ("parent", "name"))
    add_extras(design, table)


def add_products(design: Design) -> None:
    table = begin(design, "products")
    make_sku(design, table, "MUG-100{k}")
    add_text(design, table, "name", "Mug {k}", 200)
    described = design.pick(DESCRIPTION)
    sample = "A mug" if described == "required" else None
    description = Column("description", "text", described != "optional", sample=sample)
    description.default = "''" if described == "empty unless given" else ""
    table.add("description", description)
    price = name_of(design, "products", "price")
    table.add("price", Column(price, money(design), True, sample="12.50"))
    make_bound(design, table, "price", 0)
    design.refer(table, "categories", key_names(design, "categories"), on_delete=design.pick(CATEGORY_GONE))
    add_times(design, table)
    add_extras(design, table)
