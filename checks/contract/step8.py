"""The rules of step 8: validation tests."""

from __future__ import annotations

from checks.contract.model import Criterion, Level, Step, rules

STEP = Step(
    8,
    "Validation tests",
    (
        *rules(
            Level.MUST,
            Criterion.TESTS,
            tests__passes="Your tests pass on your own schema.",
            tests__no_rows="They leave the database as they found it: no row stays behind.",
            tests__repeatable="They pass a second time, and in reverse order.",
            tests__covers_tables="Tables: a test fails when a table is gone.",
            tests__covers_relationships="Relationships: a test fails when foreign keys are gone.",
            tests__covers_constraints="Constraints: a test fails when bad values fit.",
            tests__covers_cascades="Cascades: a test fails when a deletion takes along too little or too much.",
            tests__covers_sample_data="Sample data: the tests fill several tables that refer to each other.",
            tests__notices_email="A test notices when two accounts can share one e-mail address.",
            tests__notices_price="A test notices when a price below zero fits.",
            tests__notices_stock="A test notices when the stock can fall below zero.",
            tests__notices_rating="A test notices when a review can give six stars.",
            tests__notices_orphan="A test notices when an order can belong to a user who does not exist.",
        ),
        *rules(
            Level.ADVICE,
            Criterion.TESTS,
            tests__notices_cart="A test notices when a cart is no longer deleted with its user.",
            tests__notices_status="A test notices when an order can have a status that the shop does not know.",
            tests__notices_variant="A test notices when one product can have the same variant twice.",
            tests__notices_quantity="A test notices when a line of a cart can hold zero pieces.",
            tests__notices_float="A test notices when prices are kept as floating-point numbers.",
        ),
    ),
)
