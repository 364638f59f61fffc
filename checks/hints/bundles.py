"""Hints for the extension: bundles."""

from __future__ import annotations

from checks.hints import kinds
from checks.hints.model import Hint

HINTS: dict[str, Hint] = {
    "bundles.exists": kinds.exists(
        "Bundle",
        "A teapot with two mugs for one price sells better than the three alone. That offer has a name and a price of "
        "its own.",
    ),
    "bundles.key": kinds.key(
        "Two offers can both be called “For two”, one in spring and one in autumn. What is in them hangs on the offer, "
        "not on its name.",
    ),
    "bundles.columns": kinds.columns(
        "`name`, a text, and `price`, a `Numeric(10, 2)`",
        "name",
        "The page shows what an offer is called and what it costs. Without one of the two, nobody can put it into a "
        "cart.",
    ),
    "bundles.price-not-negative": kinds.not_below_zero(
        "price",
        "With a price of minus five, the shop would pay each customer who takes the offer. A slip of one key is "
        "enough.",
    ),
    "bundles.prices-fit": kinds.fits(
        "price",
        "A set of two cups costs 12.00, and so does a set of two bowls. The set for a whole café costs 4,200.00.",
    ),
    "bundle_items.exists": kinds.exists(
        "BundleItem",
        "Whoever packs the parcel has to know what belongs in it: one teapot, two mugs. That is a list, with a row for "
        "each variant.",
    ),
    "bundle_items.key": kinds.pair_key(
        "bundle_id",
        "product_variant_id",
        "The mugs in an offer change from green to blue. That is one line of it, and the shop has to find just that "
        "one.",
    ),
    "bundle_items.columns": kinds.columns(
        "a `quantity`, a whole number",
        "quantity",
        "One teapot, but two mugs: a list that does not say how many makes a short parcel.",
    ),
    "bundle_items.bundle": kinds.belongs(
        "bundle_id",
        "bundles",
        "Two mugs that are in no offer are never packed. Nobody finds that row again.",
    ),
    "bundle_items.variant": kinds.belongs(
        "product_variant_id",
        "product_variants",
        "The shelf holds mugs in one size and one colour. An offer of “some mug” can't be packed, and one of a mug "
        "that does not exist even less.",
    ),
    "bundle_items.once": kinds.unique_together(
        "`bundle_id` and `product_variant_id`",
        "If the green mug is there in two rows, one says two and one says three. Does the parcel get two, three or "
        "five?",
    ),
    "bundle_items.ordinary": kinds.too_strict(
        "The teapot goes with two mugs in one offer, and with a tray in another. An offer of one thing alone would be "
        "none.",
    ),
    "bundle_items.gone": kinds.goes_along(
        "bundle_id",
        "bundles",
        "The spring offer ends and is deleted. A list of what was in it is of no use to anybody then.",
    ),
    "bundle_items.quantity-positive": kinds.above_zero(
        "quantity",
        "Zero mugs in an offer is a line that says nothing. Minus one would take a mug out of the parcel again.",
    ),
    "bundles.money": kinds.money("bundles", "price"),
}
