"""A valid row for any table of any live schema.

A row holds what the schema demands and no more: required columns, and the parents they point at. Every rule that
is written in the catalog (CHECKs, those of domains, the bounds of partitions) is evaluated by the server itself
on many candidates in one query, so that nothing is guessed and retried; what only an INSERT can tell (unique
keys, triggers) is tried in a savepoint. Keys are given explicitly: a rolled-back default would move its sequence.
"""

from checks.rows.making import Rows
from checks.rows.names import qualified, quote
from checks.rows.numbering import numbered_on
from checks.rows.rules import mentions, rules_about, rules_and_bounds
from checks.rows.solver import Solver
from checks.rows.statement import Draft, NoRow, Row, Values, insert, why

__all__ = [
    "Draft",
    "NoRow",
    "Row",
    "Rows",
    "Solver",
    "Values",
    "insert",
    "mentions",
    "numbered_on",
    "qualified",
    "quote",
    "rules_about",
    "rules_and_bounds",
    "why",
]
