"""Hints for the extension: coupons."""

from __future__ import annotations

from dataclasses import replace

from checks.hints import kinds
from checks.hints.model import Hint, python, sql

_REDEEM = sql(
    "A course has so many seats, and each booking takes one:",
    """
    create function take_seat() returns trigger language plpgsql as $$
    begin
        update courses set taken = taken + 1
        where id = new.course_id and taken < seats;
        if not found then raise exception 'course % is full', new.course_id; end if;
        return new;
    end $$;
    create trigger take_seat before insert or update of course_id on bookings
    for each row execute function take_seat();
    """,
)

HINTS: dict[str, Hint] = {
    # -- coupons
    "coupons.exists": kinds.exists(
        "Coupon",
        "Mina prints `SPRING10` on a card and puts it into each parcel. The shop has to know what that word is worth.",
    ),
    "coupons.key": kinds.key(
        "Mina may want to print a new code for the same offer. What was given to whom hangs on the offer, not on the "
        "word.",
    ),
    "coupons.columns": kinds.columns(
        "`code`, `discount_type`, `discount_value` (a `Numeric`), `valid_from`, `valid_until` and `max_redemptions`",
        "code",
        "A word on a card is a promise: how much, from when, until when, for how many. What is not written down can't "
        "be kept.",
    ),
    "coupons.code-required": kinds.required(
        "code",
        "str",
        "A discount that nobody can type in is none. It only lies about in the table.",
    ),
    "coupons.code-unique": kinds.unique_in_any_case(
        "code",
        "People type `spring10` on their phones where the card says `SPRING10`. If these were two, which of them would "
        "count?",
        "Why is `unique=True` on the column not enough here?",
    ),
    "coupons.type-required": kinds.required(
        "discount_type",
        "str",
        "Ten off: ten percent, or ten euros? On a mug for twelve that makes a difference of nearly nine.",
    ),
    "coupons.types-fit": replace(
        kinds.known_label(
            "discount_type",
            "In spring all mugs are ten percent cheaper, and who complains gets five euros back. Mina needs both "
            "kinds.",
            "Why does the type stand in a column of its own, and not in the code?",
        ),
        place="The `Enum` on `{column}` in the model of `{table}`, in `{file}`, has to know `percent` and `fixed`. "
        "Then look at the CHECKs: ten percent has to pass them, and five euros too. The report shows the row that was "
        "refused.",
    ),
    "coupons.type-known": kinds.known_label(
        "discount_type",
        "The till reckons by the type. With a word that it does not know, it gives nothing, or everything.",
        "What would the till do with a discount of the type `banana`?",
    ),
    "coupons.value-positive": replace(
        kinds.above_zero(
            "discount_value",
            "A discount of nothing makes people angry at the till. One below zero makes their order dearer.",
        ),
        why="Why is a discount of zero not as harmless as it looks?",
    ),
    "coupons.percent-limit": Hint(
        "With 150 percent off, the shop pays half the price to each customer. But 150 euros off a table for 400 are "
        "fine.",
        "The model of `{table}` in `{file}`: a `CheckConstraint` in `__table_args__` that looks at two columns, "
        "`discount_type` and `{column}`. It reads: this is no percentage, or it is at most 100. SQL has `or` for that.",
        python(
            "A letter weighs 500 grams at most, while other parcels may be heavy:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                label: Mapped[str] = mapped_column(String(20))
                weight: Mapped[int]  # grams
                __table_args__ = (CheckConstraint("label <> 'letter' or weight <= 500", name="light"),)
            """,
        ),
        "Why would a plain limit of 100 on the value forbid too much?",
        column="discount_value",
    ),
    "coupons.dates-in-order": Hint(
        "An offer that ends on Monday and begins on Friday is never good. Somebody swapped two dates, and Mina finds "
        "out by an angry letter.",
        "The model of `{table}` in `{file}`: a `CheckConstraint` in `__table_args__` that compares `valid_from` and "
        "`{column}`. It is tried when a row is written, and again when one of the two dates is moved later.",
        python(
            "A parcel does not arrive before it is sent:",
            """
            class Journey(Base):
                __tablename__ = "journeys"

                id: Mapped[int] = mapped_column(primary_key=True)
                left_on: Mapped[date]
                arrived_on: Mapped[date | None]  # NULL passes the CHECK
                __table_args__ = (CheckConstraint("arrived_on >= left_on", name="in_order"),)
            """,
        ),
        "What does the CHECK say of a row in which one of the dates is NULL?",
        column="valid_until",
    ),
    "coupons.limit-optional": Hint(
        "The code for new customers is good for as many as come. A number would have to be invented for it, and one "
        "day it would be reached.",
        "The column `{column}` in the model of `{table}`, in `{file}`. `Mapped[int | None]` lets NULL in, and NULL "
        "means here: no limit. Look at the CHECKs too. NULL passes them, but for one that asks for a value.",
        python(
            "Some parcels may lie in the depot for a few days, some as long as they like:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                label: Mapped[str] = mapped_column(String(20))
                most_days: Mapped[int | None]  # empty: no limit
            """,
        ),
        "Why is NULL a better word for “no limit” than a very big number?",
        column="max_redemptions",
    ),
    "coupons.limit-not-negative": kinds.not_below_zero(
        "max_redemptions",
        "A code that may be used minus five times is a slip. The till would say “used up” to the first who tries.",
    ),
    "coupons.ordinary": kinds.too_strict(
        "Mina prints one code for the market and one for the letter, both ten percent in May. So she sees which card "
        "brings more people.",
    ),
    # -- redemptions
    "coupon_redemptions.exists": kinds.exists(
        "CouponRedemption",
        "Who used the code, and for what? Mina asks that when she counts what the cards have cost her.",
    ),
    "coupon_redemptions.key": kinds.pair_key(
        "coupon_id",
        "order_id",
        "An order is cancelled, and what it took is given back. For that the shop has to find that one row.",
    ),
    "coupon_redemptions.coupon": kinds.belongs(
        "coupon_id",
        "coupons",
        "Something made this order cheaper, but what? Without the code, the sum of the order can't be explained.",
    ),
    "coupon_redemptions.order": kinds.belongs(
        "order_id",
        "orders",
        "A use for no order counts against the limit and helps nobody. The last customer is turned away for it.",
    ),
    "coupon_redemptions.once": kinds.unique_together(
        "`coupon_id` and `order_id`",
        "Who types the code ten times would have the mugs for nothing. One order gets the ten percent one time.",
    ),
    "coupon_redemptions.ordinary": kinds.too_strict(
        "The card lies in a thousand parcels, and each of them may lead to an order. The code works for all of them.",
    ),
    "coupon_redemptions.limit": Hint(
        "“For the first hundred”: the hundred and first must not get it, or Mina pays. A page that counts first and "
        "writes later is too late.",
        "An SQL file such as `schemas/21_coupons.sql`: a trigger on `{table}`, for INSERT and for an UPDATE of the "
        "coupon. A CHECK sees one row alone, so it can't count. The trigger can, and raises an exception when no use "
        "is left.",
        _REDEEM,
        "Why must the trigger also run when a row is moved from one coupon to another?",
    ),
    "coupon_redemptions.dates": Hint(
        "The spring code still lies in a drawer in July. The till has to say no by itself, as nobody at Mina's reads "
        "each order.",
        "An SQL file such as `schemas/21_coupons.sql`: the trigger on `{table}` that counts the uses. Let it also "
        "compare `now()` with `valid_from` and `valid_until` of the coupon. Each of the two may be NULL: then there is "
        "no such bound.",
        sql(
            "A library card is good until a day, or for ever:",
            """
            create function card_is_good() returns trigger language plpgsql as $$
            begin
                if now() > (select good_until from passes where id = new.pass_id) then
                    raise exception 'pass % has ended', new.pass_id;
                end if;
                return new;
            end $$;
            create trigger card_is_good before insert or update on entries
            for each row execute function card_is_good();
            """,
        ),
        "What does a comparison with NULL give, and what does `if` make of that?",
    ),
    "coupons.money": kinds.money("coupons", "discount_value"),
    "coupon_redemptions.two-at-once": Hint(
        "One use is left, and two people press the button in the same second. Each program counts, each sees one left, "
        "and both get it.",
        "The trigger function on `{table}`, in an SQL file such as `schemas/21_coupons.sql`. Before it counts, it has "
        "to make the next one wait: an UPDATE of the coupon's row does that, and so does `select … for update`.",
        _REDEEM,
        "What does the second transaction see once the first one has committed?",
    ),
}
