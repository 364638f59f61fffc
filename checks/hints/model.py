"""What a hint is made of."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True, slots=True)
class Shape:
    """A piece of code about a table of another world: the idea of an answer, never the answer itself."""

    story: str  # the sentence that leads to the code
    language: str  # "python" or "sql"
    code: str  # 3 to 10 lines


@dataclass(frozen=True, slots=True)
class Hint:
    """What helps with one rule, in three levels, and a question for afterwards.

    `place` may say `{table}` and `{column}`, where the learner's own names go, and `{file}`, the models of the step.
    """

    rule: str  # level 1: why a shop needs it, in one or two sentences
    place: str  # level 2: which file, which class or table, which construct
    shape: Shape  # level 3
    why: str  # a question about the reason, asked after level 3
    column: str = ""  # what `{column}` is when no check names one
    table: str = ""  # the same for `{table}`, where the rule's id does not begin with a table


def python(story: str, code: str) -> Shape:
    return Shape(story, "python", dedent(code).strip())


def sql(story: str, code: str) -> Shape:
    return Shape(story, "sql", dedent(code).strip())
