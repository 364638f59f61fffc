"""The rules of step 3: product catalog."""

from __future__ import annotations

from checks.contract.model import Criterion, Level, Step, rules

STEP = Step(
    3,
    "Product catalog",
    (
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            product_variants__exists="There is a table `product_variants`.",
            product_variants__key="`product_variants` has a primary key.",
            product_variants__columns="`product_variants` has a SKU, a size and a colour, each of the right kind.",
        ),
        *rules(
            Level.MUST,
            Criterion.RELATIONSHIPS,
            product_variants__product="Every variant belongs to a product that exists.",
            product_variants__ordinary="One product can have many variants that differ in size alone or colour alone.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            product_variants__sku_required="Every variant has a SKU.",
            product_variants__sku_unique="Two variants can't share one SKU.",
            product_variants__one_of_a_kind="One product can't have one size and colour twice.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            product_images__exists="There is a table `product_images`.",
            product_images__key="`product_images` has a primary key.",
            product_images__columns="`product_images` has a URL and a place in the order, each of the right kind.",
        ),
        *rules(
            Level.MUST,
            Criterion.RELATIONSHIPS,
            product_images__product="Every image belongs to a product that exists.",
            product_images__ordinary="One product can have several images.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            product_images__url_required="Every image has a URL.",
            product_images__order_required="Every image has a place in the order.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            price_history__exists="There is a table `price_history`.",
            price_history__key="`price_history` has a primary key.",
            price_history__columns="`price_history` has the old and the new price, or one price that is valid from a "
            "day on.",
            price_history__time="Every recorded price has a time.",
        ),
        *rules(
            Level.MUST,
            Criterion.RELATIONSHIPS,
            price_history__subject="Every recorded price belongs to a product or variant that exists.",
            price_history__ordinary="One product's price can be recorded again and again.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            price_history__price_required="Every recorded change has the new price.",
            price_history__prices_fit="Every price from 1.00 to 9,999.99 can be recorded.",
            price_history__price_changes="Recording prices does not stop a price from being changed.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            catalog__money="Money is kept to the cent: `numeric`, never a floating-point type.",
        ),
        *rules(
            Level.MUST,
            Criterion.RELATIONSHIPS,
            catalog__cascade="Deleting a product takes its variants and images with it.",
        ),
        *rules(
            Level.ADVICE,
            Criterion.INTEGRITY,
            product_variants__nothing_twice="No variant is there twice, also where it has no size or no colour.",
            product_images__own_place="Two images of one product can't share a place.",
            price_history__by_itself="A change of a price is recorded by the database itself.",
            price_history__only_changes="An update that leaves the price alone records nothing.",
        ),
        *rules(
            Level.ADVICE,
            Criterion.PERFORMANCE,
            catalog__keys_indexed="Every foreign key is led by an index.",
        ),
    ),
)
