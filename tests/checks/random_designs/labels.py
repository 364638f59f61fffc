"""Columns that hold one of a few labels: statuses and types of movement."""

from __future__ import annotations

from collections.abc import Mapping

from checks.rows import quote
from tests.checks.random_designs.choices import Choice, choice
from tests.checks.random_designs.ddl import Column, Design, Named, Table

LABELS = (
    "an enum",
    "an enum in capitals",
    "text and a CHECK",
    "a domain",
    "a look-up table of labels",
    "a look-up table of numbers",
    "a trigger",
    "citext and a CHECK",
    "a look-up table of counted numbers",
)
HOW = {
    "order_status": choice("statuses are", LABELS),
    "movement_type": choice("movement types are", LABELS),
}


class Words(dict[str, str]):
    """Labels as SQL writes them, by what they mean; in a template `{status.paid}`."""

    def __getattr__(self, meaning: str) -> str:
        return self[meaning]


def make_labels(design: Design, word: str, labels: Mapping[str, str]) -> tuple[str, Words]:
    """Labels by meaning, as a type and as SQL writes each of them."""
    option = design.pick(HOW[word])
    listed = ", ".join(f"'{label}'" for label in labels.values())
    words = Words({meaning: f"'{label}'" for meaning, label in labels.items()})
    if option == "an enum":
        return design.type(word, f"create type {word} as enum ({listed})"), words
    if option == "an enum in capitals":
        listed = ", ".join(sorted(f"'{label.upper()}'" for label in labels.values()))
        capitals = Words({meaning: label.upper() for meaning, label in words.items()})
        return design.type(word, f"create type {word} as enum ({listed})"), capitals
    if option == "a domain":
        return design.domain(word, "text", f"check (value in ({listed}))"), words
    if option == "a look-up table of labels":
        rows = ", ".join(f"('{label}', {place})" for place, label in enumerate(labels.values()))
        design.once(
            f"create table {word}_labels (label varchar(20) primary key, place int not null); "
            f"insert into {word}_labels values {rows}"
        )
        return "varchar(20)", words
    if "numbers" in option:
        type_ = "smallint" if option == "a look-up table of numbers" else "serial"
        numbers = {meaning: 10 * place for place, meaning in enumerate(labels, 1)}
        rows = ", ".join(f"({numbers[meaning]}, '{label.capitalize()}')" for meaning, label in labels.items())
        design.once(
            f"create table {word}_numbers (id {type_} primary key, name text not null unique); "
            f"insert into {word}_numbers values {rows}"
        )
        return type_.replace("serial", "int"), Words({meaning: str(number) for meaning, number in numbers.items()})
    if option == "citext and a CHECK":
        design.extension("citext")
        return "citext", words
    return "varchar(20)", words


def add_label(design: Design, table: Table, role: str, word: str, name: str, type_: str, words: Words) -> Column:
    """A column that holds one of the labels; by a number, it is called so."""
    option = design.used[HOW[word].name]
    column = table.add(role, Column(f"{word}_id" if "numbers" in option else name, type_, True))
    column.sample = next(iter(words.values())).strip("'")
    quoted = quote(column.name)
    if "CHECK" in option:
        table.keep(f"check ({quoted} in ({', '.join(words.values())}))")
    elif "look-up" in option:
        table.keep(f"foreign key ({quoted}) references {word}_{'numbers' if 'numbers' in option else 'labels'}")
        table.keep(f"create index on {quote(table.name)} ({quoted})")
    elif option == "a trigger":
        listed = ", ".join(words.values())
        design.function(
            f"known_{table.part}",
            f"if new.{quoted} not in ({listed}) then raise exception 'unknown: %', new.{quoted}; end if; return new;",
        )
        design.after(
            f"create trigger known before insert or update on {{t}} for each row execute function known_{table.part}()",
            t=Named(table),
        )
    return column


__all__ = ["HOW", "Choice", "Words", "add_label", "make_labels"]
