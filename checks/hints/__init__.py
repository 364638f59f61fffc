"""The hints: for each rule of the contract why it is there, where it is kept, and what that looks like elsewhere.

A file for each step and each extension, as in the contract, and `kinds.py` for what many tables have in common. A new
rule needs an entry here: the tests ask for it.
"""

from __future__ import annotations

from checks.hints import (
    analytics,
    bundles,
    coupons,
    search,
    step1,
    step2,
    step3,
    step4,
    step5,
    step6,
    step7,
    step8,
    wishlists,
)
from checks.hints.model import Hint, Shape

_STEPS = (step1, step2, step3, step4, step5, step6, step7, step8)

#: Each rule's hint, by the rule's id.
HINTS: dict[str, Hint] = {
    rule_id: hint
    for chapter in (
        step1,
        step2,
        step3,
        step4,
        step5,
        step6,
        step7,
        step8,
        wishlists,
        coupons,
        bundles,
        analytics,
        search,
    )
    for rule_id, hint in chapter.HINTS.items()
}

__all__ = ["HINTS", "Hint", "Shape"]
