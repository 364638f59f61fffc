"""Hints for step 6: indexes and constraints."""

from __future__ import annotations

from checks.hints.model import Hint, python, sql

HINTS: dict[str, Hint] = {
    "indexes.login": Hint(
        "People log in all day long. Without an index PostgreSQL reads all hundred thousand accounts to find one, each "
        "time.",
        "The unique index on the address, in `__table_args__` of `User` in `models/core.py`. It serves the search when "
        "the search asks in the same way: an index over `func.lower(email)` is used by a query with `lower(email)`.",
        sql(
            "A reader holds a card under the scanner:",
            """
            create unique index readers_card on readers (lower(card));

            select * from readers where lower(card) = lower('AB-7');
            """,
        ),
        "Why is a search for `card` alone not served by an index over `lower(card)`?",
    ),
    "indexes.product-search": Hint(
        "Customers type “green m” and expect the mug at once. To read every name of the catalog at every letter makes "
        "the whole shop slow.",
        "An SQL file such as `schemas/06_indexes.sql`: an index on `products`, over `lower(name)`. With "
        "`text_pattern_ops` after it, the index serves a search for a beginning: `lower(name) like 'green m%'`.",
        sql(
            "Books by the beginning of their title:",
            """
            create index books_title on books (lower(title) text_pattern_ops);

            select * from books where lower(title) like 'the garden%';
            """,
        ),
        "Why can this index not find a word in the middle of a title?",
    ),
    "indexes.order-history": Hint(
        "“My orders”, newest first: the page that customers open most. An index that is already in that order hands "
        "over ten rows and stops.",
        "An SQL file such as `schemas/06_indexes.sql`: one index on `orders` over two columns. First the user, by whom "
        "PostgreSQL searches, then `created_at desc`, by which it sorts. Then no sort is left to do.",
        sql(
            "A reader's loans, newest first:",
            """
            create index loans_newest on loans (reader_id, lent_at desc);

            select * from loans where reader_id = 7
            order by lent_at desc limit 10;
            """,
        ),
        "Why would an index over the time first, and the reader second, not do?",
    ),
    "indexes.cart": Hint(
        "Every page shows how many things are in the cart. If all carts of the shop are read for that, the shop gets "
        "slower with every customer.",
        "The primary key of `{table}`, in `models/orders.py`. Its index is sorted by its first column, so the user has "
        "to come first in it: `{column}` stands above the variant in the class.",
        python(
            "The cards of one reader stand side by side in this index:",
            """
            class LibraryCard(Base):
                __tablename__ = "library_cards"

                reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"), primary_key=True)  # the first
                library_id: Mapped[int] = mapped_column(ForeignKey("libraries.id"), primary_key=True)
            """,
        ),
        "Why is a phone book no help when you know the first name alone?",
        table="cart_items",
        column="user_id",
    ),
    "indexes.reviews": Hint(
        "A product's page shows what people think of it: six reviews out of a million. To read them all would take "
        "longer than customers wait.",
        "The unique rule over product and user in the model of `{table}`, in `models/inventory.py`. It brings an "
        "index, which is sorted by the column that the rule names first. So `{column}` has to stand before the user.",
        python(
            "This rule also finds all shelves of a hall:",
            """
            class LibraryShelf(Base):
                __tablename__ = "library_shelves"

                id: Mapped[int] = mapped_column(primary_key=True)
                number: Mapped[int]
                hall: Mapped[str] = mapped_column(String(20))
                __table_args__ = (UniqueConstraint("hall", "number"),)  # the hall first
            """,
        ),
        "Why does the same rule with its columns the other way round not help here?",
        table="reviews",
        column="product_id",
    ),
    "indexes.foreign-keys": Hint(
        "Whenever a row is deleted, PostgreSQL looks for rows that point at it. Without an index it reads whole "
        "tables, and everybody else waits.",
        "An SQL file such as `schemas/06_indexes.sql`: `create index` on `{table}`, with `{column}` in the first "
        "place. PostgreSQL makes no index for a foreign key by itself. The report names all keys that have none.",
        sql(
            "All visits of one reader, without reading those of everybody else:",
            """
            create index visits_reader on visits (reader_id);

            select * from visits where reader_id = 7;
            """,
        ),
        "Why does PostgreSQL need an index to delete a row that others point at?",
        table="order_items",
        column="product_variant_id",
    ),
    "indexes.finished": Hint(
        "A rule that was never checked on the old rows is half a rule: everybody believes in it, and it does not hold.",
        "The table `{table}`, and the rule or index that the report names. Put the old rows right first, then let "
        "PostgreSQL look at all of them: `alter table … validate constraint …`. Write "
        "that into the file that made the rule.",
        sql(
            "Old parcels without a weight are put right, then the rule holds for all:",
            """
            alter table parcels add constraint weighs_something check (weight > 0) not valid;

            update parcels set weight = 1 where weight <= 0;

            alter table parcels validate constraint weighs_something;
            """,
        ),
        "Why does PostgreSQL offer NOT VALID at all, in a shop that never closes?",
        table="orders",
    ),
    "queries.order-history": Hint(
        "If each order on the page asks for its lines, and each line for its product, fifty orders make two hundred "
        "questions. The customer looks at an empty page.",
        "The function `order_history` in `queries.py`. Its `select(Order)` asks for one user and sorts by the time, "
        "newest first. `.options(selectinload(…))` brings the lines of all orders by one more statement, and goes on "
        "to variant and product.",
        python(
            "A reader's loans with their books, in three statements:",
            """
            def loans_of(session, reader_id):
                query = (
                    select(Loan)
                    .where(Loan.reader_id == reader_id)
                    .order_by(Loan.lent_at.desc())
                    .options(selectinload(Loan.copies).selectinload(Copy.book))
                )
                return session.scalars(query).all()
            """,
        ),
        "Why does the number of statements not depend on the number of loans here?",
    ),
    "indexes.word-search": Hint(
        "“For tea” is in the middle of a text, and a customer types just that. An index that is sorted by first "
        "letters can't help.",
        "An SQL file such as `schemas/06_indexes.sql`: an index on `products` of the method `gin`, over "
        "`to_tsvector('english', …)` of name and description. `coalesce` turns an empty text into `''`; otherwise the "
        "whole would be NULL.",
        sql(
            "Books by any word of their title or blurb:",
            """
            create index books_words on books
            using gin (to_tsvector('english', title || ' ' || coalesce(blurb, '')));

            select * from books
            where to_tsvector('english', title || ' ' || coalesce(blurb, ''))
               @@ plainto_tsquery('english', 'gardens');
            """,
        ),
        "Why does this search find “garden” when somebody asks for “gardens”?",
    ),
    "indexes.no-repeats": Hint(
        "Every index has to be kept up at every new order. One that does nothing which another one can't do costs time "
        "and helps nobody.",
        "The index that the report names, on `{table}`, where it is made: `index=True` in the model, or a `create "
        "index` in `schemas/`. Take that away, and build the schema again. The longer index stays.",
        sql(
            "The first index also finds all loans of a reader, so the second one can go:",
            """
            create index loans_newest on loans (reader_id, lent_at desc);
            create index loans_reader on loans (reader_id);

            drop index loans_reader;
            """,
        ),
        "Why can the longer index do the work of the shorter one, but not the other way round?",
        table="orders",
    ),
}
