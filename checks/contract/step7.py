"""The rules of step 7: migrations."""

from __future__ import annotations

from checks.contract.model import Criterion, Level, Step, rules

STEP = Step(
    7,
    "Migrations",
    tuple(
        rules(
            Level.MUST,
            Criterion.SCHEMA,
            migrations__environment="`alembic.ini` and `migrations/env.py` are there, and Alembic runs with them.",
            migrations__url="`migrations/env.py` takes the database's URL from the project's settings.",
            migrations__metadata="`target_metadata` in `migrations/env.py` is that of the models, all of them.",
            migrations__head="There is one revision or more, and one head.",
            migrations__stamped="The workshop's database is stamped with the head, and holds what the revisions build.",
            migrations__upgrade="`upgrade head` builds, from nothing, what the models and SQL files build.",
            migrations__steps="Steps 2 to 6 pass on the migrated database.",
            migrations__drift="`alembic check` finds no difference between the models and the migrated database.",
            migrations__downgrade="`downgrade base` leaves nothing behind, and `upgrade head` works again after it.",
        )
    ),
)
