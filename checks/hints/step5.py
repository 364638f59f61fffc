"""Hints for step 5: inventory and reviews."""

from __future__ import annotations

from dataclasses import replace

from checks.hints import kinds
from checks.hints.model import Hint, python, sql

_VERIFY = """
create function check_reader() returns trigger language plpgsql as $$
begin
    new.has_read_it := exists (
        select from loans l join copies c on c.id = l.copy_id
        where l.id = new.loan_id and l.reader_id = new.reader_id
          and c.book_id = new.book_id and l.came_back);
    return new;
end $$;
create trigger check_reader before insert or update on comments
for each row execute function check_reader();
"""
_VERIFY_PLACE = (
    "An SQL file such as `schemas/05_stock.sql`: a trigger BEFORE INSERT OR UPDATE on `{table}`, for each row. Its "
    "function sets `new.{column}` to what `exists (…)` finds among orders and their lines. "
)

HINTS: dict[str, Hint] = {
    # -- inventory
    "inventory.exists": kinds.exists(
        "Inventory",
        "Three are left: the page shows that, the store room counts on it, and an order has to change it. The number "
        "needs one place.",
    ),
    "inventory.key": kinds.shared_key(
        "product_variant_id",
        "product_variants",
        "How many large green mugs are there? The answer is found by the mug, so the mug itself tells the rows apart.",
    ),
    "inventory.columns": kinds.columns(
        "a `quantity`, a whole number",
        "quantity",
        "Mugs are counted in pieces. With a text, or with half a mug, nobody can say whether two more can be sold.",
    ),
    "inventory.quantity-required": kinds.required(
        "quantity",
        "int",
        "Zero means sold out; nothing at all means that nobody has counted. A page can't sell from a number that it "
        "doesn't have.",
    ),
    "inventory.not-negative": kinds.not_below_zero(
        "quantity",
        "Minus two on the shelf is two customers who paid for a mug that is not there. They find out a week later.",
    ),
    "inventory.variant": kinds.belongs(
        "product_variant_id",
        "product_variants",
        "There are nine pieces of a thing that is not for sale. Nobody can buy them, and the count of the store room "
        "is never right.",
    ),
    "inventory.one-per-variant": kinds.shared_key(
        "product_variant_id",
        "product_variants",
        "One row says five, a second one says none. The page reads one of them, an order changes the other one, and "
        "both are wrong.",
    ),
    "inventory.ordinary": kinds.too_strict(
        "There are five of the large mug and five of the small one, and the teapot is sold out. That is an ordinary "
        "Monday.",
    ),
    # -- movements
    "stock_movements.exists": kinds.exists(
        "StockMovement",
        "There were nine, and now there are six: why? A list of what came and went answers that, as a bank statement "
        "does.",
    ),
    "stock_movements.key": kinds.key(
        "Two deliveries of ten mugs on one day look the same. Each of them is a line of its own in the list, and has "
        "to be told apart.",
    ),
    "stock_movements.columns": kinds.columns(
        "`quantity_change`, a whole number, and `movement_type`",
        "quantity_change",
        "Ten came in; two were sold; one fell down. Each line of the list tells how many, and why.",
    ),
    "stock_movements.thing": kinds.belongs(
        "product_variant_id",
        "product_variants",
        "Two were sold, but two of what? Lines that belong to nothing make it impossible to check the count.",
    ),
    "stock_movements.change-required": kinds.required(
        "quantity_change",
        "int",
        "A delivery of an unknown number of mugs can't be added up. From that line on, the whole list is a guess.",
    ),
    "stock_movements.type-required": kinds.required(
        "movement_type",
        "str",
        "Three fewer: sold, stolen or broken? Mina orders more in the first case, and buys a lock in the second.",
    ),
    "stock_movements.type-known": kinds.known_label(
        "movement_type",
        "How many were sold in May? That sum is made by the type, and a line with a slip in it is left out.",
        "Who would notice a movement of a type that no list asks for, and when?",
    ),
    "stock_movements.types-fit": replace(
        kinds.known_label(
            "movement_type",
            "Mugs come from the potter, go to customers, and now and then break. A list that has no word for one of "
            "these is soon wrong.",
            "Why does the shop count what broke apart from what was sold?",
        ),
        place="The `Enum` on `{column}` in the model of `{table}`, in `{file}`, has to know `addition`, `sale` and "
        "`adjustment`. Then look at the CHECKs: a sale is below zero, an addition above it, and an adjustment can be "
        "on both sides.",
    ),
    # -- stock and orders
    "stock.sold": Hint(
        "The page says “three left” until somebody counts by hand. If the database counts by itself, every program "
        "that takes an order sees the true number.",
        "An SQL file such as `schemas/05_stock.sql`: a trigger AFTER UPDATE OF status on `orders`, for each row. "
        "When an order becomes paid, and only then, it takes the sum of its lines for each variant from `inventory`.",
        sql(
            "When a request is granted, its books leave the shelf:",
            """
            create function hand_out() returns trigger language plpgsql as $$
            begin
                update shelves s set copies = s.copies - r.wanted
                from (select book_id, sum(wanted) as wanted from request_lines
                      where request_id = new.id group by book_id) r where s.book_id = r.book_id;
                return null;
            end $$;
            create trigger hand_out after update of state on requests for each row
            when (old.state = 'asked' and new.state = 'granted') execute function hand_out();
            """,
        ),
        "Why are the lines added up for each thing before they are taken away?",
        table="inventory",
        column="quantity",
    ),
    "stock.recorded": Hint(
        "A number that only goes down can't be checked. With a line in the list for each sale, Mina can add up and see "
        "where a mug got lost.",
        "The function in `schemas/05_stock.sql` that takes pieces from the stock. Right after its UPDATE comes an "
        "INSERT into `stock_movements`: for each variant of the order the sum of its lines, of the type `sale`.",
        sql(
            "A request is granted, and the log says what left:",
            """
            create function log_request() returns trigger language plpgsql as $$
            begin
                insert into shelf_log (book_id, change, kind)
                select book_id, -sum(wanted), 'lent' from request_lines
                where request_id = new.id group by book_id;
                return null;
            end $$;
            create trigger log_request after update of state on requests for each row
            when (old.state = 'asked' and new.state = 'granted') execute function log_request();
            """,
        ),
        "Why should the number and the list be written in the same transaction?",
        table="stock_movements",
        column="quantity_change",
    ),
    "stock.together": Hint(
        "At night one statement marks two hundred orders as paid. A trigger that looks at one row only would count one "
        "of them.",
        "The trigger on `orders` in `schemas/05_stock.sql` says FOR EACH ROW, so that it runs once for every order "
        "of a statement. Its function uses `new.id`, and works on all the lines of that order, not on one of them.",
        sql(
            "One statement, many requests: the function runs for each:",
            """
            create function log_request() returns trigger language plpgsql as $$
            begin
                insert into shelf_log (book_id, change, kind)
                select book_id, -wanted, 'lent' from request_lines where request_id = new.id;
                return null;
            end $$;
            create trigger log_request after update of state on requests
            for each row execute function log_request();
            update requests set state = 'granted' where state = 'asked';
            """,
        ),
        "Why does `select … into` a variable see one line, however many there are?",
        table="inventory",
        column="quantity",
    ),
    "stock.once": Hint(
        "Programs save a row again without a change, and people click twice. The mugs are packed once, so they may "
        "leave the stock once.",
        "The trigger on `orders` in `schemas/05_stock.sql`. A `when (…)` before `execute function` asks for both "
        "sides of the step: the order was pending, and now it is not. Saving it again is no such step.",
        sql(
            "Granting a request a second time hands nothing out:",
            """
            create function hand_out() returns trigger language plpgsql as $$
            begin
                update shelves set copies = copies - 1 where book_id = new.book_id;
                return null;
            end $$;
            create trigger hand_out after update of state on requests for each row
            when (old.state = 'asked' and new.state = 'granted') execute function hand_out();
            """,
        ),
        "Why does `update of status` alone fire when the status stays the same?",
        table="inventory",
        column="quantity",
    ),
    "stock.no-oversell": Hint(
        "Four mugs are ordered, and three are there. It is better to say so now than to write an apology to a customer "
        "who has paid.",
        "The function in `schemas/05_stock.sql` that takes pieces from the stock. A CHECK on `inventory` refuses a "
        "number below zero. A variant with no row there has to be refused too: `if not found then raise exception`.",
        sql(
            "What is not on the shelf can't be lent:",
            """
            create function hand_out() returns trigger language plpgsql as $$
            begin
                update shelves set copies = copies - 1 where book_id = new.book_id and copies >= 1;
                if not found then
                    raise exception 'book % is not on the shelf', new.book_id;
                end if;
                return null;
            end $$;
            create trigger hand_out after insert on requests for each row execute function hand_out();
            """,
        ),
        "Why does an UPDATE that finds no row raise no error by itself?",
        table="inventory",
        column="quantity",
    ),
    # -- reviews
    "reviews.exists": kinds.exists(
        "Review",
        "Customers trust other customers more than the shop. What one of them thinks of a mug sells the next one, or "
        "tells Mina what to change.",
    ),
    "reviews.key": kinds.key(
        "Somebody reports a rude review. Whoever looks into it needs a way to point at that one.",
    ),
    "reviews.columns": kinds.columns(
        "a `rating`, a whole number, and `is_verified_purchase`, true or false",
        "rating",
        "The page shows stars, and beside some of them “verified purchase”. Both have to be stored with the review.",
    ),
    "reviews.user": kinds.belongs(
        "user_id",
        "users",
        "Readers want to know who says that, and one person should not speak with ten voices. A review by nobody can "
        "be invented by anybody.",
    ),
    "reviews.product": kinds.belongs(
        "product_id",
        "products",
        "“Five stars, would buy it again”, says the review, but not what. It has to appear on the page of one product.",
    ),
    "reviews.order": Hint(
        "Whether somebody really bought the mug is written in the orders. A review that points at one of them can be "
        "checked.",
        'A column such as `order_id` in the model of `{table}`, in `{file}`: `ForeignKey("orders.id")` inside '
        "`mapped_column`. `Mapped[int | None]` lets it be empty, as a gift is reviewed by somebody who did not buy it.",
        python(
            "A comment on a book can name the loan behind it:",
            """
            class Comment(Base):
                __tablename__ = "comments"

                id: Mapped[int] = mapped_column(primary_key=True)
                words: Mapped[str] = mapped_column(Text)
                loan_id: Mapped[int | None] = mapped_column(ForeignKey("loans.id"))
            """,
        ),
        "Why is a column with true or false, and nothing else, no proof?",
    ),
    "reviews.ordinary": kinds.too_strict(
        "Ada and Grace both like the green mug, with the same number of stars, and Ada likes the teapot too. Every "
        "page wants all of them.",
    ),
    "reviews.rating-required": kinds.required(
        "rating",
        "int",
        "The page shows the average of all stars. A review that has none counts as zero in one program, and not at all "
        "in the next.",
    ),
    "reviews.rating-range": Hint(
        "One person types 100, out of love, and the average of the mug is nineteen stars. Another one types 0, and no "
        "star on the page stands for that.",
        "The model of `{table}` in `{file}`: a `CheckConstraint` in `__table_args__` that holds `{column}` between the "
        "least and the most, both included. Give it a name: PostgreSQL shows that name when it refuses a row.",
        python(
            "The climb to a depot is of grade 1, 2 or 3:",
            """
            class Path(Base):
                __tablename__ = "paths"

                id: Mapped[int] = mapped_column(primary_key=True)
                grade: Mapped[int]
                __table_args__ = (CheckConstraint("grade between 1 and 3", name="grade_in_range"),)
            """,
        ),
        "Why is a list of stars on the page not enough to keep 100 out?",
        column="rating",
    ),
    "reviews.verified-buyer": Hint(
        "“Verified purchase” is the mark that readers trust most. Who bought the mug, and has it, should get that mark "
        "without asking.",
        _VERIFY_PLACE + "It asks for the order of the review, delivered, with a line for that product.",
        sql("Who really had the book? The loans know:", _VERIFY),
        "Why does the database set the mark, and not the program that saves the review?",
        column="is_verified_purchase",
    ),
    "reviews.never-verified": Hint(
        "If people could give themselves the mark, it would be worth nothing. Sellers buy false reviews by the "
        "hundred.",
        _VERIFY_PLACE + "What the writer of the row says about it is written over, on INSERT and on UPDATE.",
        sql("Where no loan is found, the mark becomes false, whatever was sent:", _VERIFY),
        "Why must an UPDATE run the trigger as well?",
        column="is_verified_purchase",
    ),
    # -- votes
    "review_votes.exists": kinds.exists(
        "ReviewVote",
        "“Was this helpful?” The best reviews come first, and for that the shop needs to know what each reader said.",
    ),
    "review_votes.key": kinds.pair_key(
        "review_id",
        "user_id",
        "Grace changes her mind about a review. Which vote is hers is clear from who she is and which review it was.",
    ),
    "review_votes.columns": kinds.columns(
        "`is_helpful`, true or false",
        "is_helpful",
        "“12 of 15 found this helpful”: both numbers come from one answer for each reader, and it has to be stored.",
    ),
    "review_votes.review": kinds.belongs(
        "review_id",
        "reviews",
        "Helpful, says the vote: but which review was? If it leads nowhere, it moves no review up, and helps no "
        "reader.",
    ),
    "review_votes.user": kinds.belongs(
        "user_id",
        "users",
        "Votes by nobody can be made by a small program, a thousand in a night. Whose vote it is keeps them honest.",
    ),
    "review_votes.once": replace(
        kinds.pair_key(
            "review_id",
            "user_id",
            "One reader who clicks fifty times would bring any review to the top. Everybody has one voice.",
        ),
        why="Two clicks arrive in the same moment. Why does the key stop the second one, when a look-up would not?",
    ),
    "review_votes.ordinary": kinds.too_strict(
        "Three readers find one review helpful, and one of them also likes another review. More votes make the order "
        "of the reviews better.",
    ),
    "review_votes.gone": kinds.goes_along(
        "review_id",
        "reviews",
        "A rude review is taken down. What people clicked below it means nothing any more, and must not hold it up.",
    ),
    "review_votes.helpful-required": kinds.required(
        "is_helpful",
        "bool",
        "A vote that says neither is no vote. Still it would be counted among all of them, and push the share down.",
    ),
    # -- money and times
    "stock.money": kinds.money("stock_movements", "unit_cost"),
    "stock.audit": replace(
        kinds.audit(
            "reviews",
            "`StockMovement` needs `created_at`, and `Review` both times, in `{file}`.",
            "Mina wants to see the newest reviews first, and what left the store last week. Both are questions about "
            "time.",
        ),
        why="Why does a movement, which never changes, need one time only?",
    ),
    # -- good practice
    "stock_movements.not-zero": Hint(
        "Nothing came and nothing went: such a line is a slip, or a program gone wrong. It makes the list longer and "
        "tells nothing.",
        "The model of `{table}` in `{file}`: a `CheckConstraint` in `__table_args__` that says by `<>` what "
        "`{column}` may not be. Numbers above and below stay possible. Give the rule a name.",
        python(
            "Whoever corrects a count changes it by something:",
            """
            class CountNote(Base):
                __tablename__ = "count_notes"

                id: Mapped[int] = mapped_column(primary_key=True)
                difference: Mapped[int]
                __table_args__ = (CheckConstraint("difference <> 0", name="changes_something"),)
            """,
        ),
        "Why is the number here not held above zero, as in a cart?",
        column="quantity_change",
    ),
    "stock_movements.append-only": Hint(
        "Whoever takes three mugs home could put the list right afterwards. A list that nobody can change is one that "
        "everybody can trust.",
        "An SQL file such as `schemas/05_stock.sql`: a trigger BEFORE UPDATE OR DELETE on `{table}`, for each row. "
        "Its function does nothing but raise an exception. A mistake is put right by one more line.",
        sql(
            "What is in the log book of a depot stays there:",
            """
            create function keep_as_it_is() returns trigger language plpgsql as $$
            begin
                raise exception 'the log book is never changed: write another line';
            end $$;

            create trigger keep_as_it_is before update or delete on log_lines
            for each row execute function keep_as_it_is();
            """,
        ),
        "Why does a bank never rub out a line of your account?",
    ),
    "stock.given-back": Hint(
        "Ada changes her mind, and her two mugs go back on the shelf. If the number does not follow, nobody can buy "
        "them any more.",
        "An SQL file such as `schemas/05_stock.sql`: one more trigger AFTER UPDATE OF status on `orders`. Its "
        "`when (…)` asks for an order that had left the stock and is now cancelled. Its function adds, and writes a "
        "movement.",
        sql(
            "A request that was granted is called off, and the book comes back:",
            """
            create function put_back() returns trigger language plpgsql as $$
            begin
                update shelves set copies = copies + 1 where book_id = new.book_id;
                insert into shelf_log (book_id, change, kind) values (new.book_id, 1, 'called off');
                return null;
            end $$;
            create trigger put_back after update of state on requests for each row
            when (old.state = 'granted' and new.state = 'called_off') execute function put_back();
            """,
        ),
        "Why must an order that was never paid put nothing back?",
        table="inventory",
        column="quantity",
    ),
    "stock.two-buyers": Hint(
        "Ada and Grace press “buy” in the same second, and one mug is left. Both programs look, both see one, and both "
        "say yes.",
        "The UPDATE of `inventory` in `schemas/05_stock.sql`. It has to count in place, `quantity = quantity - n`, "
        "and not write a number that was read before. The second UPDATE then waits for the first one, and sees what it "
        "left.",
        sql(
            "The last copy of a book is lent once:",
            """
            update shelves
            set copies = copies - 1  -- of what is there now
            where book_id = 7 and copies >= 1
            returning copies;
            """,
        ),
        "What does the second buyer's UPDATE wait for?",
        table="inventory",
        column="quantity",
    ),
    "reviews.own-order": Hint(
        "The number of an order is easy to guess. With Ada's order behind it, a stranger's review would look honest.",
        _VERIFY_PLACE + "Among its conditions: the user of the order is the user of the review.",
        sql("The loan has to be that reader's own:", _VERIFY),
        "Why is an order that exists, and was delivered, not proof enough?",
        column="is_verified_purchase",
    ),
    "reviews.paid-order": Hint(
        "Whoever puts a mug into an order has not held it in their hands, and may never pay for it.",
        _VERIFY_PLACE + "Among its conditions: the status of the order says that it was delivered, or paid at least.",
        sql("The loan has to be over:", _VERIFY),
        "Should a review be verified as soon as it is paid, or when the parcel is there?",
        column="is_verified_purchase",
    ),
    "reviews.right-product": Hint(
        "Who bought a bag of tea knows nothing of the teapot. The mark says “bought this”, and not “bought something”.",
        _VERIFY_PLACE
        + "Among its conditions: a line of the order leads, by its variant, to the product of the review.",
        sql("The loan has to be of that book:", _VERIFY),
        "Why does the way from the order to the product go through two more tables?",
        column="is_verified_purchase",
    ),
    "reviews.once": kinds.unique_together(
        "`product_id` and `user_id`",
        "One fan with twenty reviews would decide alone how many stars a mug has. Whoever has changed their mind can "
        "change the review.",
    ),
    "stock.time-zone": kinds.time_zone("reviews"),
    "stock.times-filled": kinds.times_filled("reviews"),
    "stock.updated-moves": kinds.updated_moves("reviews", "schemas/05_stock.sql"),
}
