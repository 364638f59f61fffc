"""What the exercise asks for as a whole: five criteria of success, and six rules of the business."""

from __future__ import annotations

from dataclasses import dataclass

from checks.contract.model import Criterion, Rule


@dataclass(frozen=True, slots=True)
class Requirement:
    """A rule of the business; those rules of the steps prove it whose ids begin with one of `parts` and a full stop."""

    title: str
    text: str
    parts: tuple[str, ...]

    def is_proved_by(self, rule: Rule) -> bool:
        return rule.id.partition(".")[0] in self.parts


#: In the exercise's order.
REQUIREMENTS = (
    Requirement("Profiles", "people have an account and a profile", ("users", "addresses")),
    Requirement("Variants", "a product comes in sizes and colours", ("product_variants", "product_images")),
    Requirement("Cart", "a cart stays until it is bought", ("cart_items",)),
    Requirement(
        "Order status",
        "an order is followed from placement to delivery",
        ("orders", "order_items", "order_status_history", "payments"),
    ),
    Requirement("Stock", "stock follows the orders by itself", ("inventory", "stock_movements", "stock")),
    Requirement("Reviews", "a verified review has a purchase behind it", ("reviews", "review_votes")),
)

#: What each criterion is called, and what it asks.
CRITERIA = {
    Criterion.SCHEMA: ("Schema", "every table and column is there, of the right kind"),
    Criterion.RELATIONSHIPS: ("Relationships", "rows that belong together stay together"),
    Criterion.PERFORMANCE: ("Performance", "the shop's questions are answered by indexes"),
    Criterion.INTEGRITY: ("Integrity", "no row goes in that breaks a rule"),
    Criterion.TESTS: ("Tests", "the learner's own tests notice a broken rule"),
}
