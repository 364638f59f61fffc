"""How sentences for learners put things."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """One name or more as a sentence has them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def counted(number: int, one: str, more: str = "") -> str:
    """A number with its noun; `more` is the plural where an s does not make it.

    >>> counted(1, "table"), counted(2, "entry", "entries")
    ('1 table', '2 entries')
    """
    return f"{number} {one if number == 1 else more or f'{one}s'}"
