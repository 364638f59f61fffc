"""Hints for rules that many tables have in common: each table's own reason, one place and one shape for all of them."""

from __future__ import annotations

from checks.hints.model import Hint, python, sql

# -- tables, keys and columns ----------------------------------------------------------------------------------


def exists(model: str, reason: str) -> Hint:
    """There is such a table."""
    return Hint(
        reason,
        f'In `{{file}}`: a class `{model}(Base)` with the line `__tablename__ = "{{table}}"`. A class without that '
        "line is only a sketch, and makes no table. Run the cell that saves the file, then `build_schema()`.",
        python(
            "A parcel service keeps its parcels like this:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                label: Mapped[str] = mapped_column(String(20))
            """,
        ),
        "Why does each kind of thing get a table of its own?",
    )


def key(reason: str) -> Hint:
    """The table has a primary key, one column."""
    return Hint(
        reason,
        "The model of `{table}` in `{file}`: mark one column with `primary_key=True`. PostgreSQL then keeps it unique "
        "and never empty, and a key of type `int` counts up by itself.",
        python(
            "Each parcel has a number that nobody needs to think up:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                weight: Mapped[int]  # grams; two parcels can weigh the same
            """,
        ),
        "Why is a name, or another fact about the row, a poor key?",
    )


def pair_key(first: str, second: str, reason: str) -> Hint:
    """Two foreign keys are the primary key together."""
    return Hint(
        reason,
        f"The model of `{{table}}` in `{{file}}`: mark both `{first}` and `{second}` with `primary_key=True`. Together "
        "they are the key. Each pair is there once at most, and neither of the two is ever empty.",
        python(
            "A reader has one card for each library at most:",
            """
            class LibraryCard(Base):
                __tablename__ = "library_cards"

                reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"), primary_key=True)
                library_id: Mapped[int] = mapped_column(ForeignKey("libraries.id"), primary_key=True)
                valid_until: Mapped[date]
            """,
        ),
        "Why can the two columns be the key together, but neither of them alone?",
    )


def shared_key(column: str, target: str, reason: str) -> Hint:
    """The key of another table is the primary key: at most one row for each row there."""
    return Hint(
        reason,
        f"The column `{column}` in the model of `{{table}}`, in `{{file}}`. It is two things at once: a `ForeignKey` "
        f"to `{target}`, and marked with `primary_key=True`. So each row there has one row here at most.",
        python(
            "A book has one summary, or none yet:",
            """
            class Summary(Base):
                __tablename__ = "summaries"

                book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
                words: Mapped[str] = mapped_column(Text)
            """,
        ),
        "Why would a key of its own beside it let two rows in for the same thing?",
    )


def columns(listing: str, column: str, reason: str) -> Hint:
    """Every column is there, and of the right kind; `listing` names them all, `column` is the first."""
    return Hint(
        reason,
        f"The model of `{{table}}` in `{{file}}` needs {listing}. Begin with `{{column}}`, and compare its name letter "
        "by letter. Text is `String` or `Text`, a whole number is `Mapped[int]`, true or false is `Mapped[bool]`.",
        python(
            "What a parcel service knows of a parcel:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                label: Mapped[str] = mapped_column(String(20))
                weight: Mapped[int]  # grams
                is_fragile: Mapped[bool]
            """,
        ),
        "Why is a number that is kept as text hard to add up and to sort?",
        column=column,
    )


def required(column: str, type_: str, reason: str) -> Hint:
    """The column is never empty; `type_` is its type in Python."""
    return Hint(
        reason,
        f"The column `{{column}}` in the model of `{{table}}`, in `{{file}}`. The type hint decides: `Mapped[{type_}]` "
        f"becomes NOT NULL, while `Mapped[{type_} | None]` lets NULL in. Take away the `None`, and any "
        "`nullable=True`.",
        python(
            "A parcel always has a label, but not always a note:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                label: Mapped[str] = mapped_column(String(20))  # NOT NULL
                note: Mapped[str | None] = mapped_column(String(200))  # may be NULL
            """,
        ),
        "Why should the database ask for a value, when the form on the page asks already?",
        column=column,
    )


# -- keys to other tables --------------------------------------------------------------------------------------


def belongs(column: str, target: str, reason: str) -> Hint:
    """A foreign key to another table that is never empty."""
    return Hint(
        reason,
        f'The column `{{column}}` in the model of `{{table}}`, in `{{file}}`. `ForeignKey("{target}.id")` inside '
        f"`mapped_column` lets in only keys that `{target}` has. `Mapped[int]` keeps the column from being empty.",
        python(
            "Every parcel lies in a depot, and in one that is there:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                depot_id: Mapped[int] = mapped_column(ForeignKey("depots.id"))
            """,
        ),
        "Why does a foreign key help on the day when a row of the other table is deleted?",
        column=column,
    )


def goes_along(column: str, target: str, reason: str) -> Hint:
    """When the parent is deleted, these rows are deleted too."""
    return Hint(
        reason,
        f"The column `{column}` in the model of `{{table}}`, in `{{file}}`. Its `ForeignKey` takes the argument "
        f'`ondelete="CASCADE"`. PostgreSQL then deletes these rows with the row of `{target}` that they belong to.',
        python(
            "A depot closes, and its shelves go with it:",
            """
            class DepotShelf(Base):
                __tablename__ = "depot_shelves"

                id: Mapped[int] = mapped_column(primary_key=True)
                depot_id: Mapped[int] = mapped_column(ForeignKey("depots.id", ondelete="CASCADE"))
            """,
        ),
        "Why would the same word be wrong between a user and the orders of that user?",
    )


def holds_back(column: str, target: str, reason: str) -> Hint:
    """As long as these rows are there, the parent can't be deleted."""
    return Hint(
        reason,
        f"The column `{column}` in the model of `{{table}}`, in `{{file}}`. Its `ForeignKey` takes the argument "
        f'`ondelete="RESTRICT"`. PostgreSQL then refuses to delete a row of `{target}` that is still needed here.',
        python(
            "A depot that still has parcels stays open:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                depot_id: Mapped[int] = mapped_column(ForeignKey("depots.id", ondelete="RESTRICT"))
            """,
        ),
        "Why is a refusal better here than rows that quietly go?",
    )


# -- unique ----------------------------------------------------------------------------------------------------


def unique(column: str, reason: str) -> Hint:
    """No two rows share the column."""
    return Hint(
        reason,
        "The column `{column}` in the model of `{table}`, in `{file}`: give `mapped_column` the argument "
        "`unique=True`. PostgreSQL makes a unique index for it, which also stops two rows that come at the same "
        "moment.",
        python(
            "No two parcels have the same label:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                label: Mapped[str] = mapped_column(String(20), unique=True)
            """,
        ),
        "Why is it not enough to look first, and to insert when nothing was found?",
        column=column,
    )


def unique_in_any_case(column: str, reason: str, why: str) -> Hint:
    """No two rows share the column, whatever the letter case."""
    return Hint(
        reason,
        "The model of `{table}` in `{file}`: an `Index` in `__table_args__`, with `unique=True`, over "
        "`func.lower({column})`. The index compares small letters, so it takes `A` and `a` for the same.",
        python(
            "`AB-7` and `ab-7` are one label:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                label: Mapped[str] = mapped_column(String(20))
                __table_args__ = (Index("uq_parcels_label", func.lower(label), unique=True),)
            """,
        ),
        why,
        column=column,
    )


def unique_together(listing: str, reason: str) -> Hint:
    """No two rows share these columns together; `listing` names them."""
    return Hint(
        reason,
        f"The model of `{{table}}` in `{{file}}`: a `UniqueConstraint` in `__table_args__` that names {listing}. Each "
        "of them may repeat; all of them together may not. Mind the comma at the end of the tuple.",
        python(
            "In each hall of a library, a shelf number is there once:",
            """
            class LibraryShelf(Base):
                __tablename__ = "library_shelves"

                id: Mapped[int] = mapped_column(primary_key=True)
                hall: Mapped[str] = mapped_column(String(20))
                number: Mapped[int]
                __table_args__ = (UniqueConstraint("hall", "number"),)
            """,
        ),
        "Why would `unique=True` on one of the columns forbid too much?",
    )


def too_strict(reason: str) -> Hint:
    """An ordinary row is refused: a rule covers more than it should."""
    return Hint(
        reason,
        "The rules of `{table}`, in `{file}` and in `schemas/`. One of them forbids an ordinary row; the report gives "
        "its name under Happened. Most often a unique rule names too few columns: ask yourself what may really be "
        "there only once.",
        python(
            "Two halls may both have a shelf number 1:",
            """
            class LibraryShelf(Base):
                __tablename__ = "library_shelves"

                id: Mapped[int] = mapped_column(primary_key=True)
                hall: Mapped[str] = mapped_column(String(20))
                number: Mapped[int]  # not unique alone: each hall counts from 1
                __table_args__ = (UniqueConstraint("hall", "number"),)
            """,
        ),
        "Why is a rule that forbids too much as bad for the shop as one that is missing?",
    )


# -- what a value may be ---------------------------------------------------------------------------------------


def above_zero(column: str, reason: str) -> Hint:
    """The number is 1 or more."""
    return Hint(
        reason,
        "The model of `{table}` in `{file}`: a `CheckConstraint` in `__table_args__` that compares `{column}` with "
        "zero, and turns zero itself away too. Give it a name: PostgreSQL shows that name when it refuses a row.",
        python(
            "Every parcel weighs something:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                weight: Mapped[int]  # grams
                __table_args__ = (CheckConstraint("weight > 0", name="weighs_something"),)
            """,
        ),
        "A CHECK lets NULL pass. Why is that no problem here?",
        column=column,
    )


def not_below_zero(column: str, reason: str) -> Hint:
    """The number is 0 or more."""
    return Hint(
        reason,
        "The model of `{table}` in `{file}`: a `CheckConstraint` in `__table_args__` that compares `{column}` with "
        "zero. Zero is fine, anything less is not. Give it a name: PostgreSQL shows that name when it refuses a row.",
        python(
            "Sending a parcel can be free, but nobody gets money for it:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                fee: Mapped[Decimal] = mapped_column(Numeric(8, 2))
                __table_args__ = (CheckConstraint("fee >= 0", name="fee_not_negative"),)
            """,
        ),
        "Why is this rule safer in the table than in the program that writes the rows?",
        column=column,
    )


def known_label(column: str, reason: str, why: str) -> Hint:
    """The column takes one of a few words and no other."""
    return Hint(
        reason,
        "The column `{column}` in the model of `{table}`, in `{file}`. `Enum` from `sqlalchemy` takes the words that "
        "the shop knows, each in quotes, and a `name` for the list. PostgreSQL then refuses every other word.",
        python(
            "A parcel is in one of three states:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                state: Mapped[str] = mapped_column(Enum("waiting", "moving", "arrived", name="parcel_state"))
            """,
        ),
        why,
        column=column,
    )


def fits(column: str, reason: str) -> Hint:
    """Every ordinary price has room and comes back as it was."""
    return Hint(
        reason,
        "The column `{column}` of `{table}`, in `{file}`. `Numeric(10, 2)` has room for ten digits, two of them behind "
        "the point. Then look at the CHECKs: none may forbid a price from 1.00 to 9,999.99.",
        python(
            "A parcel to the next town costs 3.90, a piano to Peru 4,800.00:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                fee: Mapped[Decimal] = mapped_column(Numeric(10, 2))  # up to 99,999,999.99
                __table_args__ = (CheckConstraint("fee >= 0", name="fee_not_negative"),)
            """,
        ),
        "Why does `Numeric(4, 2)` end at 99.99?",
        column=column,
    )


def money(table: str, column: str) -> Hint:
    """Money is exact."""
    return Hint(
        "A floating-point number is close to a price, but it is not the price: 0.10 and 0.20 do not add up to 0.30 "
        "there. After a thousand orders the books are wrong by more than a cent.",
        "The column `{column}` in the model of `{table}`, in `{file}`: `Mapped[Decimal]` with `Numeric(10, 2)`. That "
        "type is exact, with two digits behind the point. `Float` is not. An `Integer` of cents would be, but then "
        "whoever reads the column has to know that.",
        python(
            "What a parcel costs, to the cent:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                fee: Mapped[Decimal] = mapped_column(Numeric(10, 2))
            """,
        ),
        "Why does a cash book that is kept in floating-point numbers not balance in the end?",
        table=table,
        column=column,
    )


# -- times -----------------------------------------------------------------------------------------------------


def audit(table: str, listing: str, reason: str) -> Hint:
    """The times of a row are there; `listing` says which models need what."""
    return Hint(
        reason,
        f"{listing} Begin with `{{column}}` of `{{table}}`. The class `Times` in `models/base.py` brings both columns "
        "along, when a model names it before `Base`.",
        python(
            "When was this parcel sent, and when was it last moved?",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
                moved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
            """,
        ),
        "Why would one of the two times not be enough?",
        table=table,
        column="updated_at",
    )


def time_zone(table: str) -> Hint:
    """Times have a time zone."""
    return Hint(
        "The server may stand in another country than Mina, and in October one hour comes twice. A time without its "
        "zone then means one thing here and another thing there.",
        "The column `{column}` of `{table}`: `DateTime(timezone=True)` inside `mapped_column`. If it comes from the "
        "class `Times`, change it there, in `models/base.py`: all tables follow.",
        python(
            "A parcel leaves Lisbon and arrives in Helsinki, two hours ahead:",
            """
            class Journey(Base):
                __tablename__ = "journeys"

                id: Mapped[int] = mapped_column(primary_key=True)
                left_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
                arrived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
            """,
        ),
        "Why can two times without a zone be in the wrong order?",
        table=table,
        column="created_at",
    )


def times_filled(table: str) -> Hint:
    """The database fills in the times."""
    return Hint(
        "Rows also come from imports, and from people with a SQL prompt. If only the program fills in the time, those "
        "rows have none, and nobody can sort them later.",
        "The column `{column}` of `{table}`, which may come from `Times` in `models/base.py`. It takes "
        "`server_default=func.now()`, and `Mapped[datetime]` without `None`. A plain `default=` runs in Python, so SQL "
        "never sees it.",
        python(
            "PostgreSQL notes when a parcel comes in, whoever writes the row:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                came_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
            """,
        ),
        "Why does `default=` help no row that is written in SQL?",
        table=table,
        column="created_at",
    )


def updated_moves(table: str, file: str) -> Hint:
    """The database moves updated_at."""
    return Hint(
        "Mina looks for what was changed last night. A time that moves only when one program changes the row can't "
        "tell her what the other programs did.",
        f"An SQL file such as `{file}`: a trigger BEFORE UPDATE on `{{table}}`, for each row. It can run the function "
        "`touch()` from step 2, which sets `new.updated_at`. Each table needs a trigger of its own.",
        sql(
            "Whoever changes a parcel moves its time:",
            """
            create function note_move() returns trigger language plpgsql as $$
            begin
                new.moved_at := clock_timestamp();
                return new;
            end $$;

            create trigger note_move before update on parcels
            for each row execute function note_move();
            """,
        ),
        "Why can `onupdate=` in SQLAlchemy not do this for every change?",
        table=table,
        column="updated_at",
    )
