"""The tables of the shop, with the names that count for them and their columns."""

from __future__ import annotations

from checks.contract.model import Column, Kind, Table

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
        columns=(Column("sku", Kind.TEXT, required=True), Column("size", Kind.CHOICE), Column("color", Kind.CHOICE)),
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
            Column("country", Kind.CHOICE, ("country_code",), required=True),
        ),
    ),
    Table(
        "cart_items",
        step=4,
        purpose="what a user wants to buy",
        refers_to=("users", "product_variants"),
        key=("user_id", "product_variant_id"),
        columns=(Column("quantity", Kind.INTEGER, required=True), CREATED, UPDATED),
    ),
    Table(
        "orders",
        step=4,
        purpose="what a user bought",
        refers_to=("users", "addresses"),
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
        key=("product_variant_id",),
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
            Column("rating", Kind.ANY, required=True),
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
        key=("review_id", "user_id"),
        columns=(Column("is_helpful", Kind.BOOLEAN, ("helpful", "vote"), required=True),),
    ),
)
