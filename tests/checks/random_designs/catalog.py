"""Variants, images, price history."""

from __future__ import annotations

from checks.rows import quote
from tests.checks.random_designs.choices import choice
from tests.checks.random_designs.ddl import Column, Design, Named, Table
from tests.checks.random_designs.families import (
    BY_APPLICATION,
    LEFT_OUT,
    add_extras,
    add_number,
    add_text,
    add_time,
    begin,
    key_names,
    make_key,
    make_sku,
    make_unique_together,
    money,
    name_of,
)

LOOK = choice("product_variants: size and color are", ("text", "empty unless given", "enums", "looked up", "domains"))
PRODUCT_GONE = choice("product_variants: they go with the product by", ("the key", "a trigger"), weight=2)
IMAGE_KEY = choice("product_images: its key is", ("a number", "product and place"))
PLACE = choice("product_images.display_order is", ("int", "smallint", "bigint", "int default 0"))
URL = choice(
    "product_images.url: rule",
    {"none": "", "a pattern": "check ({url} ~ '^https?://')", "a beginning": "check ({url} like 'https://%')"},
)
IMAGES_GONE = choice("product_images: they go with the product by", ("the key", "a trigger"), weight=2)

VARIANT_PRICE = choice("product_variants: a price of their own", ("none", "required", "optional"))
PRICES_OF = choice("price_history: of", ("products", "product_variants"))
SHAPE = choice("price_history: rows are", ("changes", "beginnings", "periods", "periods that can't overlap"))
OLD_PRICE = choice("price_history.old_price is", ("optional", "required"))
WRITTEN = choice(
    "price_history: written by",
    ("a trigger", "the application", "a trigger for each statement", "a trigger before", "a trigger from the start"),
)
HISTORY_KEY = choice("price_history: its key is", ("a number", "the thing and the time"))
HISTORY_GONE = choice("price_history: when the thing goes", ("cascade", "", "restrict"))
#: Names of a time that do not say that a price holds from then on.
_MOMENTS = ("changed_at", "created_at", "recorded_at", "transitioned_at")
HISTORY_CLOSED = choice("price_history: its rows", ("may change", "stay as they are"), weight=2)


def add_variants(design: Design) -> None:
    table = begin(design, "product_variants")
    make_sku(design, table, "MUG-100{k}-S")
    _belongs_to_product(design, table, design.pick(PRODUCT_GONE))
    _add_look(design, table)
    never = ["none"] if design.pick(PRICES_OF) == "product_variants" else []
    own_price = design.pick(VARIANT_PRICE, *never)
    if own_price != "none":
        table.add("price", Column("price", money(design), own_price == "required", sample="13.50"))
    kind = design.used[LOOK.name]
    never = ["a generated column"] if kind == "enums" else []
    never += ["an index that counts NULL"] if kind in ("enums", "looked up") else []
    if make_unique_together(design, table, ("products", "size", "color"), *never) == "a generated column":
        made = "generated always as (coalesce(size, '') || '/' || coalesce(color, '')) stored"
        table.add("look", Column("look", "text", made=made))
    add_extras(design, table)


def _belongs_to_product(design: Design, table: Table, how: str) -> None:
    """A key to the product, with which the rows of the table go."""
    design.refer(
        table, "products", key_names(design, "products"), on_delete="cascade" if how == "the key" else "no action"
    )
    if how == "a trigger":
        name = f"take_{table.part}_along"
        design.function(
            name, "delete from {t} x where ({t.products:x}) = ({products.key:old}); return old;", t=Named(table)
        )
        design.after(f"create trigger {name} before delete on {{products}} for each row execute function {name}()")


def _add_look(design: Design, table: Table) -> None:
    """Size and colour."""
    option = design.pick(LOOK)
    for name, values in (("size", ("S", "M", "L", "XL")), ("color", ("red", "blue", "white"))):
        listed = ", ".join(f"'{value}'" for value in values)
        column = table.add(name, Column(name, "varchar(20)", sample=values[0]))
        if option == "empty unless given":
            column.required, column.default = True, "''"
        elif option == "enums":
            column.type = design.type(f"a_{name}", f"create type a_{name} as enum ({listed})")
        elif option == "looked up":
            rows = ", ".join(f"('{value}')" for value in values)
            design.first.append(
                f"create table {name}s (label varchar(20) primary key); insert into {name}s values {rows}"
            )
            table.keep(f"foreign key ({name}) references {name}s on update cascade")
            table.keep(f"create index on {quote(table.name)} ({name})")
        elif option == "domains":
            column.type = design.domain(name, "varchar(20)", f"check (value in ({listed}))")


def add_images(design: Design) -> None:
    table = begin(design, "product_images")
    _belongs_to_product(design, table, design.pick(IMAGES_GONE))
    place_type, _, default = design.pick(PLACE).partition(" default ")
    name = name_of(design, "product_images", "display_order")
    table.add("display_order", Column(name, place_type, True, default, sample="{k}"))
    url = add_text(design, table, "url", "https://shop.example/{k}.jpg", 500)
    table.keep(design.sql_of(URL, url=quote(url.name)))
    if design.pick(IMAGE_KEY) == "product and place":
        make_key(design, table, *table.roles["products"], name)
    else:
        add_number(design, table)
        make_unique_together(design, table, ("products", "display_order"))
    add_extras(design, table)


# -- price history ---------------------------------------------------------------------------------------------


def add_price_history(design: Design) -> None:
    table = begin(design, "price_history")
    part = design.pick(PRICES_OF)
    shape = design.pick(SHAPE)
    written = design.pick(WRITTEN, *(["a trigger for each statement"] if "periods" in shape else []))
    by_itself = written != "the application"
    design.refer(table, part, key_names(design, part), role="thing", on_delete=design.pick(HISTORY_GONE))
    if shape == "changes":
        [price] = design.tables[part].roles["price"]
        has_first = written == "a trigger from the start" or not design.tables[part].columns[price].required
        old = design.pick(OLD_PRICE, *(["required"] if has_first else []))
        name = name_of(design, "price_history", "old_price")
        table.add("old_price", Column(name, money(design), old == "required", sample="12.00"))
    name = name_of(design, "price_history", "new_price")
    table.add("new_price", Column(name, money(design), True, sample="12.50"))
    _add_period(design, table, shape)
    if design.pick(HISTORY_KEY) == "the thing and the time":
        [changed] = table.roles["changed_at"]
        table.columns[changed].default = "clock_timestamp()"
        make_key(design, table, *(n for n in table.roles["thing"] if n != "tenant"), changed)
    else:
        add_number(design, table, *(BY_APPLICATION if by_itself else ()))
    if by_itself:
        _write_prices(design, part, shape, written)
        table.samples = 0
    if design.pick(HISTORY_CLOSED, *(["stay as they are"] if "periods" in shape else [])) != "may change":
        design.function("as_it_was", "raise exception 'the past stays as it is';")
        design.after(
            "create trigger as_it_was before update or delete on {price_history} "
            "for each row execute function as_it_was()"
        )
    table.deeds.append(f"update {{{part}}} set {{{part}.price}} = 14.25")
    add_extras(design, table, *(LEFT_OUT if by_itself else ()))


def _add_period(design: Design, table: Table, shape: str) -> None:
    """When a price changed: a moment, or the beginning of a period."""
    changed = add_time(design, table, "changed_at", *(() if shape == "changes" else _MOMENTS), required=True)
    if "periods" not in shape:
        return
    type_ = "timestamptz" if changed.type == "moment" else changed.type
    table.add("valid_to", Column("valid_to", type_))
    table.keep(f"check (valid_to >= {changed.name})")
    if "overlap" in shape:
        design.extension("btree_gist")
        same = ", ".join(f"{quote(name)} with =" for name in table.roles["thing"])
        period = "tstzrange" if type_.startswith("timestamptz") else "tsrange"
        table.keep(f"exclude using gist ({same}, {period}({changed.name}, valid_to) with &&)")


def _write_prices(design: Design, part: str, shape: str, written: str) -> None:
    """What writes a row for each change of the price of a product or variant."""
    thing = Named(design.tables[part])
    old = "{price_history.old_price}, " if shape == "changes" else ""
    row = (
        "insert into {price_history} ({price_history.thing}, OLD{price_history.new_price}, {price_history.changed_at})"
    )
    row = row.replace("OLD", old)
    if "statement" in written:
        before = "o.{thing.price}, " if old else ""
        design.function(
            "keep_prices",
            f"{row} select {{thing.key:n}}, {before}n.{{thing.price}}, clock_timestamp() from before_rows o "
            "join after_rows n on ({thing.key:o}) = ({thing.key:n}) "
            "where o.{thing.price} is distinct from n.{thing.price} and n.{thing.price} is not null; return null;",
            thing=thing,
        )
        design.after(
            "create trigger keep_prices after update on {thing} referencing old table as before_rows "
            "new table as after_rows for each statement execute function keep_prices()",
            thing=thing,
        )
        return
    end = (
        "update {price_history} p set valid_to = moment where ({price_history.thing:p}) = ({thing.key:new}) "
        "and p.valid_to is null; "
        if "periods" in shape
        else ""
    )
    before = "old.{thing.price}, " if old else ""
    design.function(
        "keep_price",
        f"if new.{{thing.price}} is null or new.{{thing.price}} is not distinct from old.{{thing.price}} then "
        f"return new; end if; {end}{row} values ({{thing.key:new}}, {before}new.{{thing.price}}, moment); return new;",
        declare="moment timestamptz := clock_timestamp();",
        thing=thing,
    )
    when = {"a trigger before": "before update", "a trigger from the start": "after insert or update"}
    design.after(
        f"create trigger keep_price {when.get(written, 'after update')} on {{thing}} "
        "for each row execute function keep_price()",
        thing=thing,
    )
