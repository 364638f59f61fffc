"""Hints for the extension: wishlists."""

from __future__ import annotations

from dataclasses import replace

from checks.hints import kinds
from checks.hints.model import Hint

HINTS: dict[str, Hint] = {
    "wishlist_items.exists": kinds.exists(
        "WishlistItem",
        "Ada's birthday is in May, and Ben wants to know what she would like. A cart can't tell him: it is what she "
        "pays for herself.",
    ),
    "wishlist_items.key": kinds.pair_key(
        "wishlist_id",
        "product_id",
        "Ada takes the teapot off her list. The shop has to find that one line, and no other.",
    ),
    "wishlists.kept": kinds.key(
        "“Birthday” and “New flat” are two lists of one person. Each wish has to say on which of them it is.",
    ),
    "wishlist_items.thing": kinds.belongs(
        "product_id",
        "products",
        "A line with nothing on it is a present that nobody can buy. It also shows as an empty box on the page.",
    ),
    "wishlist_items.user": kinds.belongs(
        "wishlist_id",
        "wishlists",
        "A wish of nobody is never granted. The list leads to the user, and the user to the address for the parcel.",
    ),
    "wishlist_items.once": kinds.unique_together(
        "the list and the product",
        "If the teapot is there twice, Ben and his brother each buy one. Ada has one kitchen.",
    ),
    "wishlist_items.ordinary": kinds.too_strict(
        "Ada wants the teapot and two mugs, and half the town wants that teapot too. Mina hopes for many lists like "
        "that.",
    ),
    "wishlist_items.gone": replace(
        kinds.goes_along(
            "wishlist_id",
            "wishlists",
            "Who leaves the shop takes the wishes along. What stays would be private data of somebody who is gone.",
        ),
        place="Each `ForeignKey` on the way from a wish to its user, in `{file}`: the one of `wishlist_items`, and "
        'that of `wishlists`. Both take the argument `ondelete="CASCADE"`. PostgreSQL then deletes the lists with the '
        "user, and the wishes with the list.",
    ),
    "wishlists.money": kinds.money("wishlist_items", "price"),
}
