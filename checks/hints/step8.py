"""Hints for step 8: validation tests."""

from __future__ import annotations

from checks.hints.model import Hint, python

_REFUSED = "`pytest.raises(IntegrityError)` around the insert passes only if the database says no."

HINTS: dict[str, Hint] = {
    "tests.passes": Hint(
        "A test says what is so. One that fails on a good shop cries wolf, and soon nobody listens to any of them.",
        "The test that the report names, in `tests/test_schema.py`, at the line it names. Run the file with pytest "
        "in a cell and read what Python says there. The address of the database comes from `DATABASE_URL`, so that "
        "the same test can run on any copy.",
        python(
            "The library's tests go where they are told to:",
            """
            engine = create_engine(os.environ["DATABASE_URL"])

            def test_the_library_is_open():
                with engine.connect() as connection:
                    assert connection.scalar(text("select count(*) from libraries")) > 0
            """,
        ),
        "Why is a test with a fixed address of no use on a copy of the database?",
    ),
    "tests.no-rows": Hint(
        "Tests run on the shop's own computer, too. A made-up customer who stays behind gets a newsletter, and is "
        "counted in next year's figures.",
        "The fixture in `tests/test_schema.py` that gives a connection to the tests. It begins a transaction, hands "
        "over the connection by `yield`, and rolls back. No test calls `commit()`.",
        python(
            "Whatever a test does in the library is gone afterwards:",
            """
            @pytest.fixture
            def library():
                with engine.connect() as connection:
                    transaction = connection.begin()
                    yield connection
                    transaction.rollback()
            """,
        ),
        "Why is it safer to roll back than to delete what a test has put in?",
    ),
    "tests.repeatable": Hint(
        "If a test passes only after another one, then one red test makes ten more red, and nobody finds the one that "
        "matters.",
        "The test that the report names, in `tests/test_schema.py`. Which of the things that it needs did another test "
        "make? Let it make them itself, or ask a fixture for them. It also can't count on which number a new row gets.",
        python(
            "Each test gets a reader of its own, with whatever number:",
            """
            @pytest.fixture
            def reader(library):
                return library.scalar(text("insert into readers (card) values ('AB-7') returning id"))

            def test_a_card_is_found(library, reader):
                assert library.scalar(text("select id from readers where card = 'AB-7'")) == reader
            """,
        ),
        "Why do numbers from a sequence go on after a rollback?",
    ),
    "tests.covers-tables": Hint(
        "When somebody forgets a file on moving day, a whole table may be missing. A test should say so before the "
        "first customer does.",
        "A test in `tests/test_schema.py` that asks for the names of all tables: "
        "`inspect(connection).get_table_names()`. It expects that every one of yours is among them. Further tables do "
        "no harm.",
        python(
            "The library must have these three, and may have more:",
            """
            def test_every_table_is_there(library):
                wanted = {"books", "readers", "loans"}
                assert wanted <= set(inspect(library).get_table_names())
            """,
        ),
        "Why does the test ask with `<=`, and not with `==`?",
    ),
    "tests.covers-relationships": Hint(
        "A row that points at nothing is a letter without an address. The foreign keys keep such rows out, as long as "
        "nobody drops one.",
        f"A test in `tests/test_schema.py` that inserts a row whose parent is not there. {_REFUSED}",
        python(
            "A loan of a reader whom nobody has ever seen:",
            """
            def test_a_loan_has_a_reader(library, copy):
                with pytest.raises(IntegrityError):
                    library.execute(
                        text("insert into loans (reader_id, copy_id) values (999999, :copy)"), {"copy": copy}
                    )
            """,
        ),
        "Why must the rest of that row be as it should be?",
    ),
    "tests.covers-constraints": Hint(
        "A rule that nobody tries may be gone for months. The first bad row then comes from a customer, not from a "
        "test.",
        f"A test in `tests/test_schema.py` that does what a rule forbids. {_REFUSED} A bare `except` would hide both "
        "answers.",
        python(
            "A parcel can't weigh less than nothing:",
            """
            def test_no_weight_below_zero(depot):
                with pytest.raises(IntegrityError):
                    depot.execute(text("insert into parcels (label, weight) values ('AB-7', -1)"))
            """,
        ),
        "Why does a test that only inserts good rows say nothing about the rules?",
    ),
    "tests.covers-cascades": Hint(
        "When a row goes, some others should go with it, and some must stop it. Both are decided in one word of a "
        "foreign key.",
        "A test in `tests/test_schema.py` that deletes a parent and counts what is left: a user with nothing but a "
        "cart, or a product with its images.",
        python(
            "When a reader leaves, the wishes go too:",
            """
            def test_wishes_go_with_their_reader(library, reader):
                library.execute(text("insert into wishes (reader_id) values (:id)"), {"id": reader})
                library.execute(text("delete from readers where id = :id"), {"id": reader})
                assert library.scalar(text("select count(*) from wishes")) == 0
            """,
        ),
        "Why would you rather have a loan stop a reader from being deleted?",
    ),
    "tests.covers-sample-data": Hint(
        "Most mistakes of a shop need several tables: a buyer, a thing to buy, a price. On empty tables all is well.",
        "A fixture in `tests/test_schema.py` that puts a small shop together: a category, a product, a variant of it, "
        "and a user. Each insert says `returning id`, and the next one uses that number.",
        python(
            "A small library, from the shelf to the loan:",
            """
            @pytest.fixture
            def loan(library):
                book = library.scalar(text("insert into books (title) values ('Emma') returning id"))
                copy = library.scalar(text(f"insert into copies (book_id) values ({book}) returning id"))
                return library.scalar(text(f"insert into loans (copy_id) values ({copy}) returning id"))
            """,
        ),
        "Why are a few rows that hang together worth more than a thousand that don't?",
    ),
    "tests.notices-email": Hint(
        "Two accounts with one address: whoever asks for a new password gets into one of them. Which one is luck.",
        f"A test in `tests/test_schema.py`: two users whose rows differ in all but the e-mail. {_REFUSED}",
        python(
            "Two readers can't hold the same card:",
            """
            def test_one_card_each(library):
                library.execute(text("insert into readers (name, card) values ('Ada', 'AB-7')"))
                with pytest.raises(IntegrityError):
                    library.execute(text("insert into readers (name, card) values ('Ben', 'AB-7')"))
            """,
        ),
        "Why should the first insert stand outside of `pytest.raises`?",
    ),
    "tests.notices-price": Hint(
        "At a price of minus five, the shop pays its customers to take things away. It has happened.",
        f"A test in `tests/test_schema.py`: a product in a real category, with a price just below zero. {_REFUSED}",
        python(
            "Nobody is paid for bringing a book back late:",
            """
            def test_no_fee_below_zero(library, reader):
                with pytest.raises(IntegrityError):
                    library.execute(
                        text("insert into fees (reader_id, amount) values (:id, -0.01)"), {"id": reader}
                    )
            """,
        ),
        "Why is minus one cent a better try than minus a thousand?",
    ),
    "tests.notices-stock": Hint(
        "A stock of minus two means two parcels that can't be sent. The database is the last one that can say no.",
        f"A test in `tests/test_schema.py` that puts three pieces into `inventory` and takes four away. {_REFUSED}",
        python(
            "No shelf holds fewer than zero copies:",
            """
            def test_nothing_is_taken_from_an_empty_shelf(library, book):
                library.execute(text("insert into shelves (book_id, copies) values (:id, 3)"), {"id": book})
                with pytest.raises(IntegrityError):
                    library.execute(text("update shelves set copies = copies - 4"))
            """,
        ),
        "Why is an update a better try here than an insert?",
    ),
    "tests.notices-rating": Hint(
        "One review with sixty stars lifts a bad mug to the top of the list. The page counts on one to five.",
        f"A test in `tests/test_schema.py`, with `@pytest.mark.parametrize` over the nearest wrong values. {_REFUSED}",
        python(
            "A book is kept for one to four weeks:",
            """
            @pytest.mark.parametrize("weeks", [0, 5])
            def test_weeks_go_from_1_to_4(library, copy, weeks):
                with pytest.raises(IntegrityError):
                    library.execute(
                        text("insert into loans (copy_id, weeks) values (:id, :weeks)"),
                        {"id": copy, "weeks": weeks},
                    )
            """,
        ),
        "Why try the nearest wrong values, and not 1000?",
    ),
    "tests.notices-orphan": Hint(
        "An order of nobody: the money is there, and nobody knows where to send the parcel.",
        "A test in `tests/test_schema.py` with an order that is right in all but one thing. Give it a real address. "
        f"As its user, give the number of nobody. {_REFUSED}",
        python(
            "A visit of a reader who is not there:",
            """
            def test_a_visit_has_a_reader(library, hall):
                with pytest.raises(IntegrityError):
                    library.execute(
                        text("insert into visits (reader_id, hall_id) values (999999, :hall)"), {"hall": hall}
                    )
            """,
        ),
        "Why would an order with no address show nothing here?",
    ),
    "tests.notices-cart": Hint(
        "A customer wants to be forgotten. If a full cart stops that, or stays behind, the shop breaks its word.",
        "A test in `tests/test_schema.py`: put something into the cart of a user, delete the user, and count what is "
        "left in `cart_items`.",
        python(
            "The notes on a parcel go with the parcel:",
            """
            def test_notes_go_with_their_parcel(depot, parcel):
                depot.execute(text("insert into notes (parcel_id, words) values (:id, 'wet')"), {"id": parcel})
                depot.execute(text("delete from parcels where id = :id"), {"id": parcel})
                assert depot.scalar(text("select count(*) from notes")) == 0
            """,
        ),
        "Why does this test notice both, a cart that stays and one that stops the deletion?",
    ),
    "tests.notices-status": Hint(
        "An order that is “payed” is in no list: not among the paid ones, and not among the open ones. It is never "
        "sent.",
        "A test in `tests/test_schema.py` with an order whose status is a word that no shop knows. Expect "
        "`sqlalchemy.exc.DBAPIError`: an enum refuses it as `DataError`, a CHECK as `IntegrityError`.",
        python(
            "A parcel can't be eaten:",
            """
            def test_a_state_is_known(depot):
                with pytest.raises(DBAPIError):
                    depot.execute(text("insert into parcels (label, state) values ('AB-7', 'eaten')"))
            """,
        ),
        "Why are two kinds of error possible for one and the same rule?",
    ),
    "tests.notices-variant": Hint(
        "If the blue mug in L is there twice, half of its stock hides behind the other row. The shop sells out too "
        "early.",
        "A test in `tests/test_schema.py` with two variants of one product: the same size and colour, and a SKU of "
        f"their own each. {_REFUSED}",
        python(
            "A hall has each shelf number once:",
            """
            def test_a_shelf_is_there_once(library):
                library.execute(text("insert into racks (label, hall, number) values ('A', 'north', 1)"))
                with pytest.raises(IntegrityError):
                    library.execute(text("insert into racks (label, hall, number) values ('B', 'north', 1)"))
            """,
        ),
        "Why must the two SKUs differ for this test to say anything?",
    ),
    "tests.notices-quantity": Hint(
        "A line of zero pieces: the customer sees a mug in the cart, pays, and gets none.",
        "A test in `tests/test_schema.py` that puts zero pieces of a real variant into the cart of a real user. "
        f"{_REFUSED}",
        python(
            "Nobody asks for zero copies of a book:",
            """
            @pytest.mark.parametrize("wanted", [0, -1])
            def test_somebody_wants_something(library, book, wanted):
                with pytest.raises(IntegrityError):
                    library.execute(
                        text("insert into wishes (book_id, wanted) values (:id, :wanted)"),
                        {"id": book, "wanted": wanted},
                    )
            """,
        ),
        "Why does a test with -1 alone not notice when `> 0` becomes `>= 0`?",
    ),
    "tests.notices-float": Hint(
        "Floating point can't hold ten cents. The sum of a long bill is then a cent off, and the tax office asks why.",
        "A test in `tests/test_schema.py`: two products for 0.10 and 0.20. Let the database add them up, by "
        "`text(\"select sum(price) …\")`, as a model rounds. Expect exactly `Decimal('0.30')`.",
        python(
            "Two fees of the library make thirty cents, to the cent:",
            """
            def test_fees_add_up(library):
                library.execute(text("insert into fees (amount) values (0.10), (0.20)"))
                assert library.scalar(text("select sum(amount) from fees")) == Decimal("0.30")
            """,
        ),
        "Why would the same test with one fee alone notice nothing?",
    ),
}
