"""Bundles: several things for one price."""

from __future__ import annotations

from decimal import Decimal

from checks.outcome import CantTell, Failed
from checks.probe import Shop, shorten
from checks.rows import Row, Values, why
from checks.rules import bounds, money, ordinary, references, tables, uniqueness
from checks.step import StepChecks
from checks.trade import purchase

extension: StepChecks[Shop] = StepChecks("bundles")

PARTS = ("bundles", "bundle_items")

for _part in PARTS:
    extension.check(f"{_part}.exists")(tables.exists(_part))
    extension.check(f"{_part}.key", needs=(f"{_part}.exists",))(tables.primary_key(_part))
    extension.check(f"{_part}.columns", needs=(f"{_part}.exists",))(tables.columns(_part))


@extension.scenery
def a_bundle_to_fill(shop: Shop) -> None:
    """A variant, and a bundle that costs something."""
    shop.furnish("categories", "products", "product_variants")
    shop.usually("bundles", {shop.column("bundles", "price").name: Decimal("19.99")})
    shop.furnish("bundles")


# -- bundles ---------------------------------------------------------------------------------------------------

_PRICED = ("bundles.exists", "bundles.columns")

extension.check("bundles.price-not-negative", needs=_PRICED)(bounds.never_negative("bundles", "price", "a bundle"))


@extension.check("bundles.prices-fit", needs=_PRICED)
def ordinary_prices_fit(shop: Shop) -> None:
    """Prices from one end of the range to the other are taken, twice, and come back as they were."""
    price = shop.column("bundles", "price")
    for amount in map(Decimal, ("1.00", "19.99", "19.99", "100.00", "1234.56", "9999.99")):
        row = shop.takes(
            "bundles",
            {price.name: amount},
            happened=f"A bundle that costs {amount} was refused: {{why}}.",
            next=f"Let {price.name} hold every price from 1.00 to 9999.99, also one that another bundle has.",
            column=price.name,
        )
        stored = shop.read(row)
        back = stored[price.name] if stored else None
        if isinstance(back, (Decimal, int)) and back != amount:  # of another type, the check on money says so
            raise Failed(
                f"A bundle was stored with the price {amount} and read back with {back}.",
                next=f"Declare {price.name} as Numeric(10, 2), and let no trigger change it.",
                table=row.table.label,
                column=price.name,
                tried=shorten(row.tried),
            )


# -- what is in a bundle ---------------------------------------------------------------------------------------

_HERE = ("bundles.exists", "bundle_items.exists")

extension.check("bundle_items.bundle", needs=_HERE)(
    references.belongs("bundle_items", "bundles", "bundle", "bundle_id")
)
extension.check("bundle_items.variant", needs=_HERE)(
    references.belongs("bundle_items", "product_variants", "variant", "product_variant_id")
)
extension.check("bundle_items.quantity-positive", needs=("bundle_items.columns",))(
    bounds.above_zero("bundle_items", "quantity", "a variant in a bundle")
)

_WHOLE = ("bundle_items.bundle", "bundle_items.variant")


def _in(shop: Shop, bundle: Row, variant: Row) -> Values:
    return purchase.points(shop, "bundle_items", bundle) | purchase.points(shop, "bundle_items", variant)


@extension.check("bundle_items.once", needs=_WHOLE)
def one_row_per_variant(shop: Shop) -> None:
    """The same variant a second time in one bundle is refused, also when both come at the same moment."""
    bundle, variant, other = shop.row("bundles"), shop.row("product_variants"), shop.row("product_variants")
    same = _in(shop, bundle, variant)
    names = ", ".join(f'"{name}"' for name in same)
    uniqueness.unique_together(
        shop,
        "bundle_items",
        same,
        _in(shop, bundle, other),
        meaning="bundle and variant",
        next=f"Add UniqueConstraint({names}).",
    )


@extension.check("bundle_items.ordinary", needs=_WHOLE)
def many_in_one(shop: Shop) -> None:
    """Three variants are in one bundle, two of them of one product, and one of them in a second bundle."""
    bundle, (one, other) = shop.row("bundles"), purchase.two_of_a_product(shop)
    ordinary.another_fits(shop, "bundle_items", _in(shop, bundle, one), "A variant in a bundle")
    third = _in(shop, bundle, shop.row("product_variants"))
    ordinary.another_fits(shop, "bundle_items", third, "A second variant in the same bundle")
    ordinary.another_fits(shop, "bundle_items", _in(shop, bundle, other), "Another variant of a product in a bundle")
    again = _in(shop, shop.row("bundles"), one)
    ordinary.another_fits(shop, "bundle_items", again, "The same variant in a second bundle")


@extension.check("bundle_items.gone", needs=_WHOLE)
def items_go_with_the_bundle(shop: Shop) -> None:
    """Deleting a bundle that holds two variants takes both rows with it."""
    bundle = shop.row("bundles")
    items = [shop.row("bundle_items", _in(shop, bundle, shop.row("product_variants"))) for _ in range(2)]
    answer = shop.session.keep(bundle.delete())
    table, key = items[0].table, shop.foreign_keys("bundle_items", "bundles")[0]
    if answer.refusal is not None and not answer.refusal.is_verdict:
        raise CantTell(f"The try itself went wrong: {why(answer.refusal)}", table=table.label)
    deleted = answer.refusal is None and answer.rowcount == 1
    if deleted and not any(shop.read(item) for item in items):
        return
    raise Failed(
        f"A bundle was deleted, and what it held is still in {table.label}."
        if deleted
        else f"A bundle that holds something could not be deleted: {why(answer.refusal)}.",
        next=f'Use ondelete="CASCADE" on the key {references.own_column(key)} of {table.label}.',
        table=table.label,
        column=references.own_column(key),
        tried=shorten(answer.tried),
        sqlstate=answer.refusal.sqlstate if answer.refusal else None,
    )


@extension.check("bundles.money")
def money_is_exact(shop: Shop) -> None:
    """Every column that holds money is numeric, to the cent or finer."""
    tables.each(shop, PARTS, money.money_is_exact)
