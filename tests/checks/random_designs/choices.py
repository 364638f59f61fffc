"""What a right design is free in: choices, each with its options, and ways to make all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st


@dataclass(frozen=True)
class Choice:
    """One thing that the contract calls ANY: its options, the plainest first."""

    name: str
    options: tuple[str, ...]
    #: For each option the SQL that makes it so, where that says it all.
    sql: Mapping[str, str] = field(default_factory=dict, hash=False)
    #: How many times as often as any other the plainest is picked.
    weight: int = 1

    @property
    def deck(self) -> tuple[str, ...]:
        return (self.options[0],) * (self.weight - 1) + self.options


#: Every choice there is, by name.
CHOICES: dict[str, Choice] = {}


def choice(name: str, options: Iterable[str] | Mapping[str, str], weight: int = 1) -> Choice:
    """Declare a choice; with a mapping, each option's SQL beside it."""
    assert name not in CHOICES, name
    CHOICES[name] = Choice(name, tuple(options), options if isinstance(options, Mapping) else {}, weight)
    return CHOICES[name]


class Picks(dict[str, str]):
    """An option for every choice: the plainest, but for those given. Its repr makes it again."""

    def __init__(self, other_than_plain: Mapping[str, str] | None = None) -> None:
        super().__init__({name: choice.options[0] for name, choice in CHOICES.items()} | (other_than_plain or {}))

    def __repr__(self) -> str:
        return f"Picks({ {name: option for name, option in self.items() if option != CHOICES[name].options[0]} })"


def deal(count: int, seed: int) -> list[Picks]:
    """So many designs among which the options of each choice are dealt out like cards: each as often as any other."""
    random = Random(seed)
    hands = [Picks() for _ in range(count)]
    for name, choice in CHOICES.items():
        deck = list(choice.deck) * -(-count // len(choice.deck))
        random.shuffle(deck)
        # Not the first cards of the shuffled deck: each option is to be among them.
        dealt = [*choice.options, *deck][:count]
        random.shuffle(dealt)
        for hand, option in zip(hands, dealt, strict=True):
            hand[name] = option
    return hands


def any_picks() -> st.SearchStrategy[Picks]:
    """Independent picks for all choices; they shrink to the plainest."""
    return st.fixed_dictionaries({name: st.sampled_from(choice.deck) for name, choice in CHOICES.items()}).map(Picks)
