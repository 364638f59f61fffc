"""One grading transaction: opened with safe settings, tried in with savepoints, always rolled back."""

from checks.session.answers import RETURNING, Answer, Refusal, Statement
from checks.session.transaction import LOCK_TIMEOUT, STATEMENT_TIMEOUT, Session, open_session
from checks.session.troubles import Busy, ServerGone, TooSlow, is_about_the_server

__all__ = [
    "LOCK_TIMEOUT",
    "RETURNING",
    "STATEMENT_TIMEOUT",
    "Answer",
    "Busy",
    "Refusal",
    "ServerGone",
    "Session",
    "Statement",
    "TooSlow",
    "is_about_the_server",
    "open_session",
]
