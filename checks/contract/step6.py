"""The rules of step 6: indexes and constraints."""

from __future__ import annotations

from checks.contract.model import Criterion, Level, Step, rules

STEP = Step(
    6,
    "Indexes and constraints",
    (
        *rules(
            Level.MUST,
            Criterion.PERFORMANCE,
            indexes__login="At login, a user is found by e-mail through an index.",
            indexes__product_search="A search for a product's name is served by an index.",
            indexes__order_history="A user's orders, newest first, come from one composite index, without a sort.",
            indexes__cart="A user's cart comes from an index.",
            indexes__reviews="A product's reviews come from an index.",
            indexes__foreign_keys="Every foreign key is led by an index.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            indexes__finished="No constraint is left NOT VALID or NOT ENFORCED, and no index unfinished.",
        ),
        *rules(
            Level.MUST,
            Criterion.PERFORMANCE,
            queries__order_history="`queries.order_history(session, user_id)` reads a user's orders, newest first, "
            "with their items, in a number of statements that does not grow.",
        ),
        *rules(
            Level.ADVICE,
            Criterion.PERFORMANCE,
            indexes__word_search="A word inside a name or a description is found through an index.",
            indexes__no_repeats="No index repeats another one or is the mere beginning of another one.",
        ),
    ),
)
