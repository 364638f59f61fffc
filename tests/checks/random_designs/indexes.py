"""Step 6: the searches of a shop, and an index for every key."""

from __future__ import annotations

from checks.rows import quote
from tests.checks.random_designs.choices import choice
from tests.checks.random_designs.ddl import Design, Names, Table
from tests.checks.random_designs.families import PARTS, for_each_part

SEARCH = choice(
    "products: found by",
    {
        "small letters": "create index on {products} (lower({products.name}) text_pattern_ops)",
        "the name": "create index on {products} ({products.name})",
        "the name by hash": "create index on {products} using hash ({products.name})",
        "capitals": "create index on {products} (upper({products.name}))",
        "beginnings": "create index on {products} ({products.name} text_pattern_ops)",
        "trigrams": "create index on {products} using gin ({products.name} gin_trgm_ops)",
        "trigrams by GiST": "create index on {products} using gist (lower({products.name}) gist_trgm_ops)",
        "words": "create index on {products} using gin (to_tsvector('english', {products.name}))",
        "words of both": "create index on {products} using gin "
        "(to_tsvector('english', {products.name} || ' ' || coalesce({products.description}, '')))",
        "a generated vector": "alter table {products} add search tsvector generated always as "
        "(to_tsvector('simple', {products.name})) stored; create index on {products} using gin (search)",
    },
)
HISTORY = choice(
    "orders of a user, newest first, by",
    {
        "time, downwards": "create index on {orders} ({orders.users}, {orders.created_at} desc)",
        "time": "create index on {orders} ({orders.users}, {orders.created_at})",
        "time and number": "create index on {orders} ({orders.users}, {orders.created_at} desc, {orders.number} desc)",
        "time, NULLs last": "create index on {orders} ({orders.users}, {orders.created_at} desc nulls last)",
        "time, with the status": "create index on {orders} ({orders.users}, {orders.created_at}) "
        "include ({orders.status})",
        "number": "create index on {orders} ({orders.users}, {orders.number} desc)",
    },
)
KEYS = for_each_part(
    "keys are led by",
    ("an index", "a hash index", "a wider index", "an index where they are filled"),
    (part for part in PARTS if part != "users"),
)


def add_indexes(design: Design) -> None:
    search = design.sql_of(SEARCH)
    if "trgm" in search:
        design.extension("pg_trgm")
    design.last.append(search)
    grows = design.tables["orders"].columns["id"].points_as in ("int", "bigint")
    design.last.append(design.sql_of(HISTORY, *([] if grows else ["number"])))
    for part in PARTS:
        table = design.tables[part]
        for columns in dict.fromkeys(key.columns for key in table.references):
            if not _is_led(design, table, columns):
                design.last.append(_index(design, table, columns))


def _is_led(design: Design, table: Table, columns: Names) -> bool:
    begins = [set(lead[: len(columns)]) for lead in table.leads]
    if table.part == "orders":
        begins.append(set(table.roles["users"]))
    return set(columns) in begins


def _index(design: Design, table: Table, columns: Names) -> str:
    never = [] if len(columns) == 1 else ["a hash index"]
    option = design.pick(KEYS[table.part], *never)
    name, [*_, last] = quote(table.name), table.primary
    if option == "a hash index":
        return f"create index on {name} using hash ({columns})"
    if option == "a wider index":
        return f"create index on {name} ({Names(dict.fromkeys([*columns, last]))})"
    if option == "an index where they are filled":
        filled = " and ".join(f"{quote(column)} is not null" for column in columns)
        return f"create index on {name} ({columns}) where {filled}"
    return f"create index on {name} ({columns})"
