"""Hints for step 7: migrations."""

from __future__ import annotations

from checks.hints.model import Hint, python, sql

HINTS: dict[str, Hint] = {
    "migrations.environment": Hint(
        "Each time Alembic runs, it reads these two files first. If one of them is not there or stops with an error, "
        "no change gets to the shop.",
        "The files `alembic.ini` and `migrations/env.py` in `ecommerce-db`. `%alembic init migrations` makes both, if "
        "the folder is empty. The last lines of `migrations/env.py` connect, call `context.configure(…)`, and then "
        "`context.run_migrations()`.",
        python(
            "How the librarian's own file ends:",
            """
            def work(context, engine, target):
                with engine.connect() as connection:
                    context.configure(connection=connection, target_metadata=target)
                    with context.begin_transaction():
                        context.run_migrations()
            """,
        ),
        "Why is this a Python file, and not only a list of settings?",
    ),
    "migrations.url": Hint(
        "The same changes go to Mina's laptop first and to the real shop later. If the address stands in a file, one "
        "day a test runs on the wrong one.",
        "The file `migrations/env.py`. It takes `Settings` from `config.py`, and gives `Settings().database_url` to "
        "`create_engine`. The line with `sqlalchemy.url` in `alembic.ini` goes, and no file of the project holds a "
        "password then.",
        python(
            "A library asks its settings where the archive is:",
            """
            from sqlalchemy import create_engine


            class Archive(BaseSettings):
                archive_url: str


            engine = create_engine(Archive().archive_url)
            """,
        ),
        "Why do the checks stop Alembic before it connects to a database that nobody named?",
    ),
    "migrations.metadata": Hint(
        "Alembic compares the database with what it is shown. A table that it is not shown is a table too many, and it "
        "would write a revision that drops it.",
        "The file `migrations/env.py`. `from models import Base` brings every file of the folder, and with them every "
        "table. Then `target_metadata` is `Base.metadata`. If the report names a table, the file with its class is not "
        "brought in: look into `models/__init__.py`.",
        python(
            "A class is known to the list of tables as soon as it is read:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"
                id: Mapped[int] = mapped_column(primary_key=True)


            print(sorted(Base.metadata.tables))  # ['parcels']
            """,
        ),
        "Why does it not do to bring in `Base` from the file where it is made?",
    ),
    "migrations.head": Hint(
        "The changes form a chain, and each one names the one before. When two of them name the same one, nobody knows "
        "what the newest shop looks like.",
        "The folder `migrations/versions` in `ecommerce-db`. In each file, `revision` is its own number and "
        "`down_revision` that of the one before; the first has `None`. With no file at all, let Alembic write one, as "
        "`migrations/env.py` stands. With two ends, change one `down_revision`.",
        python(
            "The second change of a library names the first one:",
            """
            revision = "0002"
            down_revision = "0001"


            def upgrade():
                ...
            """,
        ),
        "Why do two people who work on one project often make two heads?",
    ),
    "migrations.stamped": Hint(
        "The number in the database says which changes it has seen. If it is not there, or not true, the next change "
        "falls on something that nobody expects.",
        "Not a file but the database to which DATABASE_URL leads. `%alembic current` shows its number. If it lacks "
        "changes, `%alembic upgrade head` brings them. If it has all tables already, `%alembic stamp head` writes the "
        "number down. What was changed by hand has to go into a revision, too.",
        sql(
            "The number is one row in a small table:",
            """
            create table seen (number varchar(32) primary key);
            insert into seen values ('0001');

            update seen set number = '0002' where number = '0001';
            """,
        ),
        "Why does Alembic keep the number in the database, and not in a file beside the changes?",
    ),
    "migrations.upgrade": Hint(
        "A new colleague starts with an empty database and gets the shop by the changes alone. What they leave out is "
        "missing there, and nobody sees an error.",
        "A file in `migrations/versions` of `ecommerce-db`, after the others. Alembic writes tables, columns and keys. "
        "It never writes functions and triggers, so their text goes into `op.execute(…)`. The report names the first "
        "thing that is missing.",
        python(
            "A library's rule, as a change of its own:",
            """
            from alembic import op


            def upgrade():
                op.execute("alter table loans add check (daily_fee >= 0)")


            def downgrade():
                op.execute("alter table loans drop constraint loans_daily_fee_check")
            """,
        ),
        "Why can Alembic not find a trigger by a look at the models?",
    ),
    "migrations.steps": Hint(
        "The tables can all be there, and a rule all the same be gone: stock that no longer follows, a price that is "
        "not written down. So all that you proved is proved again here.",
        "The report names the step and the rule that does not hold. Look for the file in `schemas/` that keeps it in "
        "your own database, and copy its text into a file of `migrations/versions`, in `op.execute(…)`.",
        python(
            "No parcel is ever thrown away. A function and its trigger, in a change:",
            """
            from alembic import op

            KEEP = "create function keep() returns trigger language plpgsql as 'begin return null; end'"


            def upgrade():
                op.execute(KEEP)
                op.execute("create trigger keep before delete on parcels for each row execute function keep()")
            """,
        ),
        "Why do the checks try rules here, when they have compared the two databases already?",
    ),
    "migrations.drift": Hint(
        "After all changes there is nothing left to do. What Alembic still sees, it will write into the next one, and "
        "somebody will wonder why.",
        "`%alembic check` shows the same list as the report. For a change in the models, write one more file in "
        "`migrations/versions`. For an index that only your SQL files make, give `include_object` to "
        "`context.configure` in `migrations/env.py`: a function that says no to it.",
        python(
            "The library's own lists of readers are none of Alembic's business:",
            """
            def is_ours(item, name, kind, is_in_database, model):
                return not (kind == "table" and name.startswith("list_"))


            print(is_ours(None, "list_2026", "table", True, None))  # False
            """,
        ),
        "Why is it dangerous to run what Alembic wrote without reading it?",
    ),
    "migrations.downgrade": Hint(
        "A change that goes wrong in the night has to be taken back in minutes. The way back is only good if it leaves "
        "nothing that blocks the next way up.",
        "The function `downgrade()` of the file in `migrations/versions` that makes what the report names. Alembic "
        "writes the tables there, but not the types that came with them, nor your functions. Write `op.execute(…)` "
        "with a `drop` at the end of `migrations/versions/….py`, once nothing uses them any more.",
        python(
            "A library takes back all that it made:",
            """
            from alembic import op


            def downgrade():
                op.drop_table("loans")
                op.execute("drop type loan_state")
                op.execute("drop function note_loan()")
            """,
        ),
        "Why does the type have to go after the table, and not before it?",
    ),
}
