"""Addresses, carts, orders with their lines, history and payments."""

from __future__ import annotations

from tests.checks.random_designs.choices import choice
from tests.checks.random_designs.ddl import Column, Design, Names, Table
from tests.checks.random_designs.families import (
    BY_APPLICATION,
    LEFT_OUT,
    UNIQUE_EXTRAS,
    WHOLE,
    add_extras,
    add_number,
    add_text,
    add_time,
    add_times,
    begin,
    key_names,
    make_bound,
    make_key,
    make_unique_together,
    money,
    name_of,
)
from tests.checks.random_designs.labels import add_label, make_labels

ADDRESS_KEY = choice("addresses: the key is", ("a number", "user and number"))
ADDRESS_GONE = choice("addresses: when the user goes", ("cascade", "", "restrict"))
OWN_ADDRESS = choice("orders: the addresses are", ("anybody's", "the buyer's by the key"))
POSTAL_CODE = choice("addresses.postal_code is", ("optional", "empty unless given", "required"))
CART_GONE = choice("cart_items: they go with the user by", ("the key", "a trigger"), weight=2)
CART_VARIANT = choice("cart_items: when the variant goes", ("cascade", "", "restrict"))

KIND = choice("orders: the table is", ("ordinary", "partitioned by hash", "partitioned by time"), weight=3)
STATUSES = choice("statuses: besides the four", ("cancelled", "none", "draft and returned, and cancelled"))
PENDING = choice("orders.status", ("pending by default", "always said"))
WAY = choice(
    "orders: the way of an order",
    ("is free", "leads forward", "is one step at a time", "is one step at a time from pending"),
)
PAID_BY = choice("orders: to be paid takes", ("a word", "a payment"), weight=4)
BUYER_GONE = choice("orders: when the user goes", ("restrict", "", "cascade"))

LINE_KEY = choice("order_items: the key is", ("a number", "order and number"))
LINES_GONE = choice("order_items: when the order goes", ("cascade", "", "restrict"))
VARIANT_GONE = choice("order_items: when the variant goes", ("restrict", "", "set null"))
LINES = choice("order_items: lines", ("may change", "are closed with the payment", "are written once"))

HISTORY = choice(
    "order_status_history: written by",
    ("a trigger", "the application", "a trigger from the start", "a trigger for each statement"),
)
HISTORY_GONE = choice("order_status_history: when the order goes", ("cascade", "", "restrict"))
PAYMENT_KEY = choice("payments: the key is", ("a number", "order and number"))
PAYMENTS_GONE = choice("payments: when the order goes", ("restrict", "", "cascade"))
LAST4 = choice("payments: last four digits", ("none", "varchar(4)", "char(4)", "text and a CHECK"))


def add_addresses(design: Design) -> None:
    table = begin(design, "addresses")
    users = design.refer(table, "users", key_names(design, "users"), on_delete=design.pick(ADDRESS_GONE))
    if design.pick(ADDRESS_KEY) == "a number":
        add_number(design, table)
    else:
        table.add("number", Column("address_no", "int", True, sample="{k}"))
        make_key(design, table, *users, "address_no")
    add_text(design, table, "line1", "1 Mill Lane", 200)
    add_text(design, table, "city", "Ghent")
    coded = design.pick(POSTAL_CODE)
    code = add_text(design, table, "postal_code", "9000", 20, required=coded == "required")
    if coded == "empty unless given":
        code.type, code.default, code.required = "text", "''", True
    add_text(design, table, "country", "BE", 60)
    if design.pick(OWN_ADDRESS) != "anybody's" and not set(users) <= set(table.primary):
        whose = [name for name in users if name not in table.primary]
        table.roles["owned"] = Names([*table.primary, *whose])
        table.keep(f"unique ({table.roles['owned']})")
    add_extras(design, table)


def add_cart_items(design: Design) -> None:
    table = begin(design, "cart_items")
    by_trigger = design.pick(CART_GONE) == "a trigger"
    users = design.refer(table, "users", key_names(design, "users"), on_delete="" if by_trigger else "cascade")
    gone = design.pick(CART_VARIANT)
    variants = design.refer(table, "product_variants", key_names(design, "product_variants"), on_delete=gone)
    table.add("quantity", Column("quantity", design.pick(WHOLE), True, sample="{k}"))
    make_bound(design, table, "quantity", 1)
    if make_unique_together(design, table, ("users", "product_variants")) == "primary key":
        make_key(design, table, *(name for name in (*users, *variants) if name != "tenant"))
    else:
        add_number(design, table)
    if by_trigger:
        design.function(
            "empty_cart", "delete from {cart_items} c where ({cart_items.users:c}) = ({users.key:old}); return old;"
        )
        design.after("create trigger empty_cart before delete on {users} for each row execute function empty_cart()")
    add_times(design, table)
    add_extras(design, table)


# -- orders ----------------------------------------------------------------------------------------------------

_MEANINGS = {
    "cancelled": ("pending", "paid", "shipped", "delivered", "cancelled"),
    "none": ("pending", "paid", "shipped", "delivered"),
    "draft and returned, and cancelled": ("draft", "pending", "paid", "shipped", "delivered", "returned", "cancelled"),
}


def add_orders(design: Design) -> None:
    table = begin(design, "orders")
    users = design.refer(table, "users", key_names(design, "users"), on_delete=design.pick(BUYER_GONE))
    number = add_number(design, table)
    _add_addresses(design, table, users)
    meanings = _MEANINGS[design.pick(STATUSES)]
    type_, words = make_labels(design, "order_status", {meaning: meaning for meaning in meanings})
    design.words["status"] = words
    design.words["status_type"] = (type_, words)
    status = add_label(design, table, "status", "order_status", "status", type_, words)
    status.sample = words.pending.strip("'")
    status.default = words.pending if design.pick(PENDING) == "pending by default" else ""
    add_times(design, table)
    kind = design.pick(KIND)
    if kind == "partitioned by hash":
        hashed = (f"for values with (modulus 2, remainder {rest})" for rest in (0, 1))
        table.partitions = (f"partition by hash ({number.name})", *hashed)
    elif kind == "partitioned by time":
        created = table.roles["created_at"]
        table.columns[created[0]].required = table.columns[created[0]].type != "moment"
        make_key(design, table, number.name, *created)
        table.partitions = (
            f"partition by range ({created})",
            "for values from (minvalue) to ('2026-07-01')",
            "for values from ('2026-07-01') to ('2027-01-01')",
            "default",
        )
    add_extras(design, table, *(UNIQUE_EXTRAS if kind != "ordinary" else ()))
    _add_way(design)


def _add_addresses(design: Design, table: Table, users: Names) -> None:
    """The two addresses; a key that holds the user as well leaves no choice whose they are."""
    addresses = design.tables["addresses"]
    for name in ("shipping_address_id", "billing_address_id"):
        names = list(key_names(design, "addresses", name))
        target = addresses.roles.get("owned")
        if target is not None:
            names = [*names, *(column for column in users if column not in names)][: len(target)]
        design.refer(table, "addresses", names, role=name, target=target)


def _add_way(design: Design) -> None:
    """What an order may become, and what it takes to be paid."""
    way = design.pick(WAY)
    names = [name for name in design.words["status"] if name not in ("cancelled", "returned")]
    places = " ".join(f"when {{status.{name}}} then {place}" for place, name in enumerate(names, 1))
    place = f"(case STATUS {places} else 99 end)"
    old, new = (place.replace("STATUS", f"{row}.{{orders.status}}") for row in ("old", "new"))
    refuse = "then raise exception 'an order can''t go from % to %', old.{orders.status}, new.{orders.status}; end if;"
    if way == "leads forward":
        rule = f"if {new} < {old} or {old} = 99 and new.{{orders.status}} <> old.{{orders.status}} {refuse} return new;"
        design.function("on_its_way", rule)
    elif way != "is free":
        rule = f"if {new} not in ({old}, {old} + 1, 99) {refuse} return new;"
        design.function("on_its_way", rule)
    if way != "is free":
        design.after("create trigger on_its_way before update on {orders} for each row execute function on_its_way()")
    if way == "is one step at a time from pending":
        begins = ", ".join(f"{{status.{name}}}" for name in names[: names.index("pending") + 1])
        design.function(
            "begins_pending",
            f"if new.{{orders.status}} not in ({begins}) then raise exception 'a new order is pending'; end if; "
            "return new;",
        )
        design.after(
            "create trigger begins_pending before insert on {orders} for each row execute function begins_pending()"
        )


# -- what hangs on an order ------------------------------------------------------------------------------------


def add_order_items(design: Design) -> None:
    table = begin(design, "order_items")
    orders = design.refer(table, "orders", key_names(design, "orders"), on_delete=design.pick(LINES_GONE))
    gone = design.pick(VARIANT_GONE)
    optional = gone == "set null"
    design.refer(
        table, "product_variants", key_names(design, "product_variants"), required=not optional, on_delete=gone
    )
    table.add("quantity", Column("quantity", design.pick(WHOLE), True, sample="{k}"))
    make_bound(design, table, "quantity", 1)
    table.add("unit_price", Column(name_of(design, "order_items", "unit_price"), money(design), True, sample="12.50"))
    make_bound(design, table, "unit_price", 0)
    if design.pick(LINE_KEY) == "a number":
        add_number(design, table)
    else:
        table.add("number", Column("line_no", "smallint", True, sample="{k}"))
        make_key(design, table, *(name for name in orders if name != "tenant"), "line_no")
    add_extras(design, table)
    _close_lines(design)


def _close_lines(design: Design) -> None:
    option = design.pick(LINES)
    if option == "are closed with the payment":
        begins = "{status.pending}" + (", {status.draft}" if "draft" in design.words["status"] else "")
        design.function(
            "open_order",
            "if tg_op <> 'INSERT' then line := old; else line := new; end if; "
            "if exists (select from {orders} o where ({orders.key:o}) = ({order_items.orders:line}) "
            f"and o.{{orders.status}} not in ({begins})) then raise exception 'this order is closed'; end if; "
            "if tg_op = 'DELETE' then return old; end if; return new;",
            declare="line record;",
        )
        design.after(
            "create trigger open_order before insert or update or delete on {order_items} "
            "for each row execute function open_order()"
        )
    elif option == "are written once":
        design.function(
            "written_once",
            "if (new.{order_items.quantity}, new.{order_items.unit_price}) is distinct from "
            "(old.{order_items.quantity}, old.{order_items.unit_price}) then "
            "raise exception 'cancel the order and write another one'; end if; return new;",
        )
        design.after(
            "create trigger written_once before update on {order_items} for each row execute function written_once()"
        )


def add_order_status_history(design: Design) -> None:
    table = begin(design, "order_status_history")
    design.refer(table, "orders", key_names(design, "orders"), on_delete=design.pick(HISTORY_GONE))
    written = design.pick(HISTORY)
    by_itself = written != "the application"
    type_, words = design.words["status_type"]
    name = name_of(design, "order_status_history", "status")
    add_label(design, table, "status", "order_status", name, type_, words).sample = words.pending.strip("'")
    add_time(design, table, "changed_at", required=True)
    add_number(design, table, *(BY_APPLICATION if by_itself else ()))
    add_extras(design, table, *(LEFT_OUT if by_itself else ()))
    if by_itself:
        table.samples = 0
        _write_history(design, written)


def _write_history(design: Design, written: str) -> None:
    row = (
        "insert into {order_status_history} "
        "({order_status_history.orders}, {order_status_history.status}, {order_status_history.changed_at})"
    )
    if "statement" in written:
        design.function(
            "keep_statuses",
            f"{row} select {{orders.key:n}}, n.{{orders.status}}, clock_timestamp() from before_rows o "
            "join after_rows n on ({orders.key:o}) = ({orders.key:n}) "
            "where o.{orders.status} <> n.{orders.status}; return null;",
        )
        design.after(
            "create trigger keep_statuses after update on {orders} referencing old table as before_rows "
            "new table as after_rows for each statement execute function keep_statuses()"
        )
        return
    design.function(
        "keep_status",
        "if tg_op = 'INSERT' or new.{orders.status} is distinct from old.{orders.status} then "
        f"{row} values ({{orders.key:new}}, new.{{orders.status}}, clock_timestamp()); end if; return null;",
    )
    events = "insert or update" if written == "a trigger from the start" else "update of {orders.status}"
    design.after(f"create trigger keep_status after {events} on {{orders}} for each row execute function keep_status()")


def add_payments(design: Design) -> None:
    table = begin(design, "payments")
    orders = design.refer(table, "orders", key_names(design, "orders"), on_delete=design.pick(PAYMENTS_GONE))
    table.add("amount", Column("amount", money(design), True, sample="100.00"))
    make_bound(design, table, "amount", 0)
    if design.pick(PAYMENT_KEY) == "a number":
        add_number(design, table)
    else:
        table.add("number", Column("payment_no", "int", True, sample="{k}"))
        make_key(design, table, *(name for name in orders if name != "tenant"), "payment_no")
    digits = design.pick(LAST4)
    if digits != "none":
        type_, _, rule = digits.partition(" and ")
        table.add("last4", Column("last4", type_, sample="4242"))
        table.keep("check (last4 ~ '^[0-9]{4}$')" if rule else "")
    table.deeds += [
        f"update {{orders}} set {{orders.status}} = {{status.{label}}} "
        "where ({orders.key}) in (select {orders.key} from {orders} order by {orders.key} limit 1)"
        for label in ("paid", "shipped", "delivered")
    ]
    add_extras(design, table)
    if design.pick(PAID_BY) == "a payment":
        design.function(
            "paid_in_full",
            "if new.{orders.status} = {status.paid} and old.{orders.status} <> {status.paid} and "
            "(select coalesce(sum(p.{payments.amount}), 0) from {payments} p "
            "where ({payments.orders:p}) = ({orders.key:new})) < "
            "(select coalesce(sum(i.{order_items.quantity} * i.{order_items.unit_price}), 0) from {order_items} i "
            "where ({order_items.orders:i}) = ({orders.key:new})) "
            "then raise exception 'not paid for'; end if; return new;",
        )
        design.after(
            "create trigger paid_in_full before update on {orders} for each row execute function paid_in_full()"
        )
