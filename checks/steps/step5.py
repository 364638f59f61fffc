"""Step 5 as a whole; its checks are declared in `step5_inventory.py` and `step5_reviews.py`."""

from __future__ import annotations

from checks.probe import Shop
from checks.step import StepChecks

step: StepChecks[Shop] = StepChecks(5)
