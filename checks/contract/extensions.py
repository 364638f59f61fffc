"""The extensions, for who has the seven steps behind them: each stands alone, and builds on steps 2 to 5.

Their tables are kept apart from those of the steps, which are the same whether an extension is there or not.
"""

from __future__ import annotations

from checks.contract.model import Column, Criterion, Extension, Kind, Level, Table, rules

WISHLISTS = Extension(
    "wishlists",
    "Wishlists",
    tables=(
        Table(
            "wishlists",
            purpose="lists of a user, where one user has several (may be left out)",
            refers_to=("users",),
            columns=(),
        ),
        Table(
            "wishlist_items",
            purpose="what a user would like to have",
            synonyms=("wishlist_entries", "wish_list_items", "wishlist_products"),
            refers_to=("wishlists|users", "products|product_variants"),
            key=("wishlist_id", "product_id"),
            columns=(),
        ),
    ),
    rules=(
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            wishlist_items__exists="There is a table `wishlist_items`.",
            wishlist_items__key="`wishlist_items` has a primary key.",
            wishlists__kept="Where lists have a table `wishlists`, it is an ordinary one with a primary key.",
        ),
        *rules(
            Level.MUST,
            Criterion.RELATIONSHIPS,
            wishlist_items__thing="Everything on a wishlist is a product, or a variant, that exists.",
            wishlist_items__user="Everything on a wishlist is there for a user who exists.",
            wishlist_items__once="The same thing is on a list once, never twice.",
            wishlist_items__ordinary="A list can hold many things, and one thing can be on the lists of many users.",
            wishlist_items__gone="When a user is deleted, the wishes go along.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            wishlists__money="Money, where these tables hold any, is kept to the cent: `numeric`.",
        ),
    ),
)

COUPONS = Extension(
    "coupons",
    "Coupons",
    tables=(
        Table(
            "coupons",
            purpose="codes that make an order cheaper",
            synonyms=("vouchers", "discount_codes", "promo_codes"),
            columns=(
                Column("code", Kind.TEXT, ("coupon_code",), required=True),
                Column(
                    "discount_type",
                    Kind.LABEL,
                    ("kind", "type", "discount_kind", "discount_type_id"),
                    required=True,
                ),
                Column("discount_value", Kind.NUMBER, ("value", "discount", "amount")),
                Column("valid_from", Kind.DAY, ("starts_at", "starts_on", "start_date", "valid_since")),
                Column("valid_until", Kind.DAY, ("ends_at", "ends_on", "end_date", "valid_to", "expires_at")),
                Column("max_redemptions", Kind.INTEGER, ("max_uses", "redemption_limit", "usage_limit")),
            ),
        ),
        Table(
            "coupon_redemptions",
            purpose="which order was made cheaper by which coupon",
            synonyms=("redemptions", "coupon_uses", "order_coupons", "voucher_redemptions"),
            refers_to=("coupons", "orders"),
            key=("coupon_id", "order_id"),
            columns=(),
        ),
    ),
    rules=(
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            coupons__exists="There is a table `coupons`.",
            coupons__key="`coupons` has a primary key.",
            coupons__columns="`coupons` has a code, a discount, its dates and its limit, each of the right kind.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            coupons__code_required="Every coupon has a code.",
            coupons__code_unique="Two coupons can't share one code: `SPRING` and `spring` are the same.",
            coupons__type_required="Every coupon says of what type its discount is.",
            coupons__types_fit="A discount can be a percentage (`percent`) or a sum of money (`fixed`).",
            coupons__type_known="A discount of an unknown type is refused.",
            coupons__value_positive="A discount is always more than zero.",
            coupons__percent_limit="Nobody gets more than 100 percent off.",
            coupons__dates_in_order="A coupon does not end before it begins.",
            coupons__limit_optional="A coupon without `max_redemptions` is possible: it has no limit.",
            coupons__limit_not_negative="The number of redemptions that a coupon allows is never below zero.",
            coupons__ordinary="Two coupons can give the same discount in the same weeks.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            coupon_redemptions__exists="There is a table `coupon_redemptions`.",
            coupon_redemptions__key="`coupon_redemptions` has a primary key.",
        ),
        *rules(
            Level.MUST,
            Criterion.RELATIONSHIPS,
            coupon_redemptions__coupon="Every redemption is of a coupon that exists.",
            coupon_redemptions__order="Every redemption belongs to an order that exists.",
            coupon_redemptions__once="One coupon is redeemed once for an order, never twice.",
            coupon_redemptions__ordinary="One coupon can be redeemed for many orders.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            coupon_redemptions__limit="A coupon is never redeemed more often than its `max_redemptions` allows, "
            "not even by moving a redemption from another coupon.",
            coupon_redemptions__dates="A coupon is redeemed neither before it begins nor after it has ended.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            coupons__money="Money, where these tables hold any, is kept to the cent: `numeric`.",
        ),
        *rules(
            Level.ADVICE,
            Criterion.INTEGRITY,
            coupon_redemptions__two_at_once="Of two orders that take the last redemption at the same moment, one "
            "gets it.",
        ),
    ),
)

BUNDLES = Extension(
    "bundles",
    "Bundles",
    tables=(
        Table(
            "bundles",
            purpose="several things for one price",
            synonyms=("product_bundles",),
            columns=(
                Column("name", Kind.TEXT, ("title",)),
                Column("price", Kind.MONEY, ("bundle_price",)),
            ),
        ),
        Table(
            "bundle_items",
            purpose="what is in a bundle, and how often",
            synonyms=("bundle_lines", "bundle_variants", "product_bundle_items"),
            refers_to=("bundles", "product_variants"),
            key=("bundle_id", "product_variant_id"),
            columns=(Column("quantity", Kind.NUMBER, ("qty", "pieces")),),
        ),
    ),
    rules=(
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            bundles__exists="There is a table `bundles`.",
            bundles__key="`bundles` has a primary key.",
            bundles__columns="`bundles` has a name and a price.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            bundles__price_not_negative="The price of a bundle is never below zero.",
            bundles__prices_fit="Every price from 1.00 to 9,999.99 fits, also the same one twice.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            bundle_items__exists="There is a table `bundle_items`.",
            bundle_items__key="`bundle_items` has a primary key.",
            bundle_items__columns="`bundle_items` has a quantity.",
        ),
        *rules(
            Level.MUST,
            Criterion.RELATIONSHIPS,
            bundle_items__bundle="Everything in a bundle belongs to a bundle that exists.",
            bundle_items__variant="Everything in a bundle is a variant that exists.",
            bundle_items__once="A variant is in a bundle once, never twice: its quantity says how often.",
            bundle_items__ordinary="A bundle can hold several variants, and one variant can be in several bundles.",
            bundle_items__gone="When a bundle is deleted, what it holds goes along.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            bundle_items__quantity_positive="A bundle holds at least one piece of everything in it.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            bundles__money="Money is kept to the cent: `numeric`, never a floating-point type.",
        ),
    ),
)

ANALYTICS = Extension(
    "analytics",
    "Analytics",
    tables=(
        Table(
            "daily_sales",
            purpose="what was sold on each day (a materialized view)",
            synonyms=("sales_by_day", "sales_per_day"),
            key=("day",),
            columns=(
                Column("day", Kind.DAY, ("date", "sale_date", "sales_day", "sold_on")),
                Column("orders", Kind.NUMBER, ("order_count", "orders_count", "num_orders")),
                Column("revenue", Kind.MONEY, ("total_revenue", "turnover", "sales")),
            ),
        ),
        Table(
            "product_sales",
            purpose="what was sold of each product (a materialized view)",
            synonyms=("sales_by_product", "sales_per_product"),
            key=("product_id",),
            columns=(
                Column("product_id", Kind.KEY),
                Column("units_sold", Kind.NUMBER, ("units", "quantity_sold", "quantity", "pieces_sold")),
                Column("revenue", Kind.MONEY, ("total_revenue", "turnover", "sales")),
            ),
        ),
    ),
    rules=(
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            daily_sales__exists="There is a materialized view `daily_sales`.",
            daily_sales__columns="`daily_sales` has `day`, `orders` and `revenue`.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            daily_sales__paid_only="Orders that are pending or cancelled count for no day.",
            daily_sales__figures="After a refresh `daily_sales` shows the orders and the revenue of each day, to the "
            "cent.",
        ),
        *rules(
            Level.MUST,
            Criterion.PERFORMANCE,
            daily_sales__unique_index="`daily_sales` can be refreshed while others read it: it has a unique index.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            product_sales__exists="There is a materialized view `product_sales`.",
            product_sales__columns="`product_sales` has `product_id`, `units_sold` and `revenue`.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            product_sales__paid_only="Orders that are pending or cancelled count for no product.",
            product_sales__figures="After a refresh `product_sales` shows the pieces and the revenue of each product, "
            "to the cent.",
        ),
        *rules(
            Level.MUST,
            Criterion.PERFORMANCE,
            product_sales__unique_index="`product_sales` can be refreshed while others read it: it has a unique index.",
        ),
    ),
)

SEARCH_VECTOR = Column("search_vector", Kind.ANY, ("search", "tsv", "search_tsv", "document", "fts"))

SEARCH = Extension(
    "search",
    "Full-text search",
    tables=(),
    added=(("products", SEARCH_VECTOR),),
    rules=(
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            search__column="`products` has a column `search_vector` of the type `tsvector`.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            search__found="A new product is found by a word of its name, and by one of its description.",
            search__follows="When a name or a description changes, the search follows by itself.",
            search__without_description="A product without a description is found by its name.",
            search__stemmed="A search for `laptops` finds a `laptop`.",
        ),
        *rules(
            Level.MUST,
            Criterion.PERFORMANCE,
            search__indexed="A search goes by a GIN or GiST index on `search_vector`.",
        ),
        *rules(
            Level.ADVICE,
            Criterion.PERFORMANCE,
            search__ranked="A word in the name counts for more than the same word in the description.",
        ),
    ),
)

EXTENSIONS: tuple[Extension, ...] = (WISHLISTS, COUPONS, BUNDLES, ANALYTICS, SEARCH)
