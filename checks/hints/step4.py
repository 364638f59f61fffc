"""Hints for step 4: cart and orders."""

from __future__ import annotations

from dataclasses import replace

from checks.hints import kinds
from checks.hints.model import Hint, python, sql

HINTS: dict[str, Hint] = {
    # -- addresses
    "addresses.exists": kinds.exists(
        "Address",
        "A customer has a home, an office and a grandmother, and sends parcels to all three. So addresses don't fit "
        "into the row of the user.",
    ),
    "addresses.key": kinds.key(
        "An order says: to this address. Street and city together are long to repeat, and a slip of the pen makes "
        "another address of them.",
    ),
    "addresses.columns": kinds.columns(
        "`line1`, `city`, `postal_code` and `country`, all of them text",
        "line1",
        "The label on a parcel is printed from these four. If they were one long text, no program could say which "
        "country it is.",
    ),
    "addresses.user": kinds.belongs(
        "user_id",
        "users",
        "At the till, a customer picks from the addresses that are hers. One that is nobody's is offered to nobody.",
    ),
    "addresses.line1-required": kinds.required(
        "line1",
        "str",
        "A parcel to “Lund, Sweden” goes round for a week, and then comes back.",
    ),
    "addresses.city-required": kinds.required(
        "city",
        "str",
        "There is a Mill Lane in every second town. The driver needs to know in which one.",
    ),
    "addresses.country-required": kinds.required(
        "country",
        "str",
        "Tax, postage and papers all depend on the country. A guess is right until the first parcel is stopped at a "
        "border.",
    ),
    # -- carts
    "cart_items.exists": kinds.exists(
        "CartItem",
        "A customer fills a cart on the train, and pays at home in the evening. The shop has to remember what was in "
        "it, though the browser was closed.",
    ),
    "cart_items.key": kinds.pair_key(
        "user_id",
        "product_variant_id",
        "To change three mugs into two, the shop has to point at one line of one cart. Whose it is and what is in it "
        "say that already.",
    ),
    "cart_items.columns": kinds.columns(
        "a `quantity`, a whole number",
        "quantity",
        "Nobody puts the same mug into a cart four times, one after the other. They type a 4.",
    ),
    "cart_items.user": kinds.belongs(
        "user_id",
        "users",
        "A line in a cart that is nobody's is never bought and never deleted. After a year most of the table is such "
        "lines.",
    ),
    "cart_items.variant": kinds.belongs(
        "product_variant_id",
        "product_variants",
        "At the till, the shop looks up what each line costs. Where the thing does not exist, the whole cart gets "
        "stuck.",
    ),
    "cart_items.ordinary": kinds.too_strict(
        "Ada and Grace both want the green mug, and Ada wants the teapot as well. A cart that can't hold that sells "
        "one thing a day.",
    ),
    "cart_items.gone-with-user": kinds.goes_along(
        "user_id",
        "users",
        "People who only looked round may ask to be forgotten, and the law gives them that right. A full cart must not "
        "stand in the way.",
    ),
    "cart_items.one-row": replace(
        kinds.pair_key(
            "user_id",
            "product_variant_id",
            "A double click puts the mug in twice. Two lines for one thing confuse the customer, and the program that "
            "changes one of them forgets the other.",
        ),
        why="Two clicks arrive in the same moment. Why does the key stop the second one, when a look-up would not?",
    ),
    "cart_items.quantity-required": kinds.required(
        "quantity",
        "int",
        "How many? If the line doesn't say, the sum of the cart is unknown, and the page shows nothing.",
    ),
    "cart_items.quantity-positive": kinds.above_zero(
        "quantity",
        "Minus two mugs would make the rest of the cart cheaper. And a line for none is no wish at all: it should be "
        "deleted.",
    ),
    # -- orders
    "orders.exists": kinds.exists(
        "Order",
        "A cart is a wish, and an order is a promise, with money behind it. Both sides must be able to look it up "
        "later.",
    ),
    "orders.key": kinds.key(
        "Ada writes: “where is my parcel?” The number on her receipt has to lead to one order, and to no other.",
    ),
    "orders.columns": kinds.columns(
        "`status`, `shipping_address_id` and `billing_address_id`",
        "status",
        "The store room asks what to pack and where to send it, the books ask who pays. A gift goes to one place, and "
        "its bill to another.",
    ),
    "orders.user": kinds.belongs(
        "user_id",
        "users",
        "When a parcel comes back, somebody has to be told. An order that belongs to nobody is money that nobody can "
        "explain.",
    ),
    "orders.shipping-address": kinds.belongs(
        "shipping_address_id",
        "addresses",
        "The parcel is packed, and the label is empty. That must come up when the order is placed, and not in the "
        "store room.",
    ),
    "orders.billing-address": kinds.belongs(
        "billing_address_id",
        "addresses",
        "A bill without an address is no bill for the tax office. It is often not the address to which the parcel "
        "goes.",
    ),
    "orders.ordinary": kinds.too_strict(
        "Good customers order every month, to the same door, and mostly have the bill sent there too.",
    ),
    "orders.status-required": kinds.required(
        "status",
        "str",
        "Each morning the store room asks for what is paid and not yet sent. An order with no status is on no list, "
        "and is never sent.",
    ),
    "orders.status-known": kinds.known_label(
        "status",
        "One program writes `shipped`, another one `sent`, a third one slips and writes `shiped`. The list of what is "
        "on its way then misses two of them.",
        "Who would notice an order with a status that no list asks for, and when?",
    ),
    "orders.lifecycle": replace(
        kinds.known_label(
            "status",
            "Every day orders are paid, packed and handed over. If the database refuses one of these steps, work "
            "stops, and somebody starts to write notes on paper.",
            "Why is the list in the order in which things happen?",
        ),
        place="The words of the `Enum` on `{column}` of `{table}`, in `{file}`, and the triggers in "
        "`schemas/04_orders.sql`. The report names the step that was refused. Each word is in the list, in small "
        "letters, and every trigger lets the next one through.",
    ),
    # -- lines of orders
    "order_items.exists": kinds.exists(
        "OrderItem",
        "An order is for a mug, a teapot and two bags of tea. How many things there are differs from order to order, "
        "so they can't be columns.",
    ),
    "order_items.key": kinds.key(
        "One of three things comes back broken. The money goes back for that line, so there has to be a way to point "
        "at it.",
    ),
    "order_items.columns": kinds.columns(
        "`quantity`, a whole number, and `unit_price`, as `Numeric(10, 2)`",
        "quantity",
        "A receipt says “2 × 12.00”. Both numbers are a part of what was agreed with the customer.",
    ),
    "order_items.order": kinds.belongs(
        "order_id",
        "orders",
        "Two mugs were sold, but in which order? Such a line is on no receipt, yet it counts in every sum.",
    ),
    "order_items.variant": kinds.belongs(
        "product_variant_id",
        "product_variants",
        "The store room has to know what to take from the shelf. A number that leads to nothing is a parcel with air "
        "in it.",
    ),
    "order_items.ordinary": kinds.too_strict(
        "Ada buys a mug and a teapot at once, and the same mug again for her sister in May. That is a good customer, "
        "and no mistake.",
    ),
    "order_items.gone-with-order": kinds.goes_along(
        "order_id",
        "orders",
        "An order for a test is deleted, and its lines stay behind. They belong to nothing, and still show up in what "
        "was sold this month.",
    ),
    "order_items.kept": kinds.holds_back(
        "product_variant_id",
        "product_variants",
        "The green mug is no longer made, and Mina deletes it. Last year's receipts must still say what was bought, or "
        "the books have a hole.",
    ),
    "order_items.quantity-required": kinds.required(
        "quantity",
        "int",
        "The store room packs what the line says. If it doesn't say how many, it packs one, and the customer paid for "
        "four.",
    ),
    "order_items.quantity-positive": kinds.above_zero(
        "quantity",
        "A line for minus one mug pays money out. Things that come back are another matter, and are written down in "
        "another place.",
    ),
    "order_items.price-required": kinds.required(
        "unit_price",
        "Decimal",
        "What was agreed for this thing, on that day? If the line doesn't know it, nobody does: prices in the catalog "
        "move on.",
    ),
    "order_items.price-not-negative": kinds.not_below_zero(
        "unit_price",
        "A gift in a parcel may cost nothing. But a minus in front of a price turns a sale into a loss, and is mostly "
        "a slip in an import.",
    ),
    "order_items.price-fixed": Hint(
        "Ada paid 12.00, and that is on her receipt. When the mug costs 15.00 in May, her order from March must not "
        "change with it.",
        "The column `unit_price` of `{table}`, in `{file}`. It holds a copy: the program reads the price when the line "
        "is written, and puts it there. No foreign key, no generated column and no trigger ties it to the catalog "
        "later.",
        sql(
            "A loan keeps the fee of the day on which the book went out:",
            """
            insert into loans (reader_id, copy_id, daily_fee)
            select 7, c.id, b.daily_fee  -- a copy of what it is today
            from copies c
            join books b on b.id = c.book_id
            where c.id = 1;
            """,
        ),
        "Which numbers of last year would change if a line looked its price up?",
    ),
    # -- history
    "order_status_history.exists": kinds.exists(
        "OrderStatusChange",
        "Paid on Monday, and still not sent? The order knows what it is now; what it was, and since when, needs a "
        "place of its own.",
    ),
    "order_status_history.key": kinds.key(
        "Two entries about one order can look the same. To put a wrong one right, somebody has to be able to point at "
        "it.",
    ),
    "order_status_history.columns": kinds.columns(
        "a `status`, of the same type as that of an order",
        "status",
        "An entry tells what the order became: paid, shipped, delivered. Without that it only tells that something "
        "happened.",
    ),
    "order_status_history.time": Hint(
        "How long does it take from paid to shipped? That is the first question of every shop, and it needs the moment "
        "of both.",
        "The column `changed_at` in the model of `{table}`, in `{file}`: `Mapped[datetime]` with "
        "`DateTime(timezone=True)`. A `server_default=func.now()` fills it in, so that no trigger has to think of it.",
        python(
            "When did a parcel arrive at which depot?",
            """
            class ParcelStop(Base):
                __tablename__ = "parcel_stops"

                id: Mapped[int] = mapped_column(primary_key=True)
                depot_id: Mapped[int] = mapped_column(ForeignKey("depots.id"))
                noted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
            """,
        ),
        "Why can the order of the keys not stand in for the time?",
    ),
    "order_status_history.order": kinds.belongs(
        "order_id",
        "orders",
        "Delivered on Tuesday at nine, says the entry, but not what. Nobody can answer a customer with that.",
    ),
    "order_status_history.status-required": kinds.required(
        "status",
        "str",
        "Something happened at nine, and the entry does not say what. The customer on the phone wants to hear more "
        "than that.",
    ),
    "order_status_history.status-known": kinds.known_label(
        "status",
        "How many parcels were sent in May? That is counted from these entries, and a word with a slip in it is left "
        "out.",
        "Why should both tables use one and the same list of words?",
    ),
    # -- payments
    "payments.exists": kinds.exists(
        "Payment",
        "An order can be paid in two parts, fail once, and be paid back. Each of these is an event with a sum of its "
        "own.",
    ),
    "payments.key": kinds.key(
        "The bank asks about one of two payments of 24.00. Both are for the same order, so only a number of its own "
        "tells them apart.",
    ),
    "payments.columns": kinds.columns(
        "an `amount`, as `Numeric(10, 2)`",
        "amount",
        "Does what came in match what was ordered? To compare the two, the shop needs to know how much it was.",
    ),
    "payments.order": kinds.belongs(
        "order_id",
        "orders",
        "There are 24.00 in the till, and nobody knows for what. So nothing is sent, and the customer calls.",
    ),
    "payments.amount-required": kinds.required(
        "amount",
        "Decimal",
        "A payment of an unknown sum makes the sum of the whole day unknown. The books can't be closed.",
    ),
    "payments.amount-not-negative": kinds.not_below_zero(
        "amount",
        "Money that goes out is not money that comes in with a minus. If one column holds both, half of the reports "
        "get the sum wrong.",
    ),
    "payments.no-card-data": Hint(
        "The card companies forbid shops to keep security codes, even encrypted, and fine those who do. What is not "
        "there can't be stolen.",
        "The column that the report names: take it away, from its model or from its file in `schemas/`. A payment "
        "provider keeps the card. The shop keeps the name of the provider, and the text by which the provider knows "
        "the payment.",
        python(
            "A library takes a deposit, and never sees the card:",
            """
            class Deposit(Base):
                __tablename__ = "deposits"

                id: Mapped[int] = mapped_column(primary_key=True)
                sum: Mapped[Decimal] = mapped_column(Numeric(8, 2))
                provider: Mapped[str] = mapped_column(String(30))
                provider_reference: Mapped[str] = mapped_column(String(100))
            """,
        ),
        "Why can the shop pay money back without knowing the card?",
    ),
    "payments.last4": Hint(
        "“Paid with the card that ends in 0042”: that much may be on a receipt. A column with more room will one day "
        "hold a whole number.",
        "The column that the report names: `String(4)` in its model. That is text, and has no room for a fifth "
        "character. A number would lose the zeros in front.",
        python(
            "The end of a reader's phone number, to ask for at the desk:",
            """
            class Reader(Base):
                __tablename__ = "readers"

                id: Mapped[int] = mapped_column(primary_key=True)
                phone_end: Mapped[str | None] = mapped_column(String(4))  # 0042 stays 0042
            """,
        ),
        "Why is `0042` not a number?",
    ),
    # -- money and times
    "checkout.money": kinds.money("order_items", "unit_price"),
    "checkout.audit": kinds.audit(
        "orders",
        "`CartItem` and `Order`, in `{file}`.",
        "A cart that nobody touched for a month can go; an order that nobody touched for a week is a problem. Both are "
        "found by their times.",
    ),
    # -- good practice
    "orders.begins-pending": Hint(
        "Orders come from the page, from the phone and from a partner. All of them begin in the same way, so nobody "
        "should have to say it.",
        "The column `{column}` in the model of `{table}`, in `{file}`: beside the `Enum`, `mapped_column` takes "
        "`server_default` with the first word of the list, in quotes.",
        python(
            "A parcel waits at first:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                state: Mapped[str] = mapped_column(
                    Enum("waiting", "moving", "arrived", name="parcel_state"), server_default="waiting"
                )
            """,
        ),
        "Why is the default in the database worth more than one in the program?",
        column="status",
    ),
    "orders.no-step-back": Hint(
        "The parcel is with Ada. If the order became open again, the store room would pack it a second time.",
        "An SQL file such as `schemas/04_orders.sql`: a trigger BEFORE UPDATE OF status on `{table}`, for each row. "
        "Its function compares `new` with `old`, and raises an exception. The values of an enum are as great as their "
        "place in the list.",
        sql(
            "A parcel never moves back in its list of states:",
            """
            create function only_forward() returns trigger language plpgsql as $$
            begin
                if new.state < old.state then
                    raise exception 'a parcel can''t go back to %', new.state;
                end if;
                return new;
            end $$;
            create trigger only_forward before update of state on parcels
            for each row execute function only_forward();
            """,
        ),
        "Why can a CHECK not do this?",
    ),
    "orders.user-kept": kinds.holds_back(
        "user_id",
        "users",
        "The tax office wants to see who bought what for years after. Deleting an account must not take these orders "
        "along.",
    ),
    "orders.own-address": Hint(
        "One wrong number in a link, and Ada's parcel goes to Grace's door. The address exists, so a plain foreign key "
        "sees nothing wrong.",
        "The model of `{table}` in `{file}`: a `ForeignKeyConstraint` in `__table_args__`, over the address and "
        "`user_id` together. One for each purpose. The addresses need a `UniqueConstraint` over `id` and `user_id` to "
        "point at.",
        python(
            'A reader comes in with a card of her own (`cards` has `UniqueConstraint("id", "reader_id")`):',
            """
            class Visit(Base):
                __tablename__ = "visits"

                id: Mapped[int] = mapped_column(primary_key=True)
                reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
                card_id: Mapped[int]
                __table_args__ = (
                    ForeignKeyConstraint(["card_id", "reader_id"], ["cards.id", "cards.reader_id"]),
                )
            """,
        ),
        "Why do two separate foreign keys not see that the two don't match?",
    ),
    "order_status_history.by-itself": Hint(
        "Somebody puts a status right by hand, on a Friday evening. A history that depends on people is complete only "
        "until then.",
        "An SQL file such as `schemas/04_orders.sql`: a trigger AFTER UPDATE OF status on `orders`, for each row. Its "
        "function inserts a row into `{table}` with `new.id` and `new.status`.",
        sql(
            "Each new state of a parcel is noted:",
            """
            create function note_state() returns trigger language plpgsql as $$
            begin
                insert into parcel_notes (parcel_id, state) values (new.id, new.state);
                return null;
            end $$;

            create trigger note_state after update of state on parcels
            for each row execute function note_state();
            """,
        ),
        "Why does this trigger come after the change, and not before it?",
    ),
    "checkout.time-zone": kinds.time_zone("orders"),
    "checkout.times-filled": kinds.times_filled("orders"),
    "checkout.updated-moves": kinds.updated_moves("orders", "schemas/04_orders.sql"),
}
