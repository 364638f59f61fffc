"""Random right designs of the whole shop, steps 2 to 6: independent picks among all that the contract calls ANY."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.checks.random_designs import catalog, core, families, indexes, orders, reviews, stock
from tests.checks.random_designs.choices import CHOICES, Choice, Picks, any_picks, deal
from tests.checks.random_designs.ddl import Design

_PARTS = (
    families.add_tenants,
    core.add_users,
    core.add_categories,
    core.add_products,
    catalog.add_variants,
    catalog.add_images,
    catalog.add_price_history,
    stock.add_inventory,
    stock.add_stock_movements,
    orders.add_addresses,
    orders.add_cart_items,
    orders.add_orders,
    orders.add_order_items,
    orders.add_order_status_history,
    orders.add_payments,
    stock.add_sales,
    reviews.add_reviews,
    reviews.add_review_votes,
    indexes.add_indexes,
)


def make_design(picks: Picks) -> Design:
    """The schema that these picks make."""
    design = Design(picks)
    design.once(design.sql_of(families.SCHEMA) or "select")
    for add in _PARTS:
        add(design)
    return design


def options_used(picks: Picks) -> dict[str, str]:
    """The option of each choice that the design has: the plainest, where the one picked does not go there."""
    design = make_design(picks)
    design.sql()
    return design.used


def deal_all(count: int, seed: int) -> list[Picks]:
    """So many designs that have, among them, every option of every choice."""
    hands = deal(count, seed)
    used = [options_used(hand) for hand in hands]
    for choice in CHOICES.values():
        for option in choice.options:
            if all(options.get(choice.name) != option for options in used):
                _deal_once_more(hands, used, choice.name, option)
    return hands


def _deal_once_more(hands: list[Picks], used: list[dict[str, str]], name: str, option: str) -> None:
    """Give an option to a hand in which it is possible, and which has nothing that would be lost by that."""
    counts = Counter(item for options in used for item in options.items())
    for changes in _ways(name, option):
        for place, hand in enumerate(hands):
            if any(counts[other, used[place].get(other, "")] == 1 for other in changes):
                continue
            trial = Picks({**hand, **changes})
            options = options_used(trial)
            lost = used[place].items() - options.items()
            if options.get(name) == option and all(counts[item] > 1 for item in lost):
                hands[place], used[place] = trial, options
                return


def _ways(name: str, option: str) -> Iterator[dict[str, str]]:
    """The option alone, then together with each other option of the same table that may make it possible."""
    yield {name: option}
    table = name.partition(":")[0]
    for other in CHOICES.values():
        if other.name.startswith(f"{table}:") and other.name != name:
            yield from ({name: option, other.name: enabling} for enabling in other.options)


__all__ = ["CHOICES", "Choice", "Design", "Picks", "any_picks", "deal", "deal_all", "make_design", "options_used"]
