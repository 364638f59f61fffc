"""Step 5: reviews, the orders behind them, and votes on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from checks.catalog import ForeignKey
from checks.outcome import CantTell, Failed, Skipped
from checks.probe import Shop, holds, shorten
from checks.rows import Draft, NoRow, Row
from checks.rules import ordinary, references, uniqueness
from checks.session import Statement
from checks.steps.step5 import step
from checks.trade import purchase
from checks.trade.stock import Ledger, Stock, key_to

_REVIEWS = ("reviews.exists", "reviews.columns")


# -- somebody who bought something -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Bought:
    """An order, and what a review of one of its products points at."""

    user: Row
    product: Row
    order: Row
    line: Row

    @property
    def parts(self) -> dict[str, Row]:
        return {"users": self.user, "products": self.product, "orders": self.order, "order_items": self.line}


class Purchases(list[Bought]):
    """What the scenery has left."""


def bought(shop: Shop, count: int = 1) -> list[Bought]:
    """Somebody has bought `count` different products in one order, which was delivered; see `buy`."""
    left = shop.recall(Purchases) or ()
    return list(left[:count]) if count <= len(left) else buy(shop, count)


def buy(shop: Shop, count: int) -> list[Bought]:
    """A new user buys `count` different products in one order, which is delivered.

    Raises CantTell where no order gets that far: the checks on orders and stock say so.
    """
    lines = order(shop, count)
    if not purchase.deliver(shop, lines[0].order):
        stock = Stock.of(shop)
        Ledger(shop, stock)  # Skipped where one of them is not there
        raise CantTell("No order could be brought to delivered, so nobody bought anything.", table=stock.table.label)
    return lines


def order(shop: Shop, count: int) -> list[Bought]:
    """A new user orders `count` different products in one order, which is pending."""
    user = shop.row("users")
    shop.stand(user)
    buyer = references.pointing_at(key_to(shop, "orders", "users"), user)
    products = []
    for _ in range(count):
        product = shop.row("products")
        shop.stand(product)
        products.append((product, purchase.stocked_variant(shop)))
    purchase.begin_pending(shop)
    pending = shop.row("orders", buyer)
    lines = [purchase.line_of(shop, pending, variant) for _, variant in products]
    return [Bought(user, product, pending, line) for (product, _), line in zip(products, lines, strict=True)]


def _about(shop: Shop, user: Row, product: Row) -> dict[str, Any]:
    """The stored values of a review by that user, about that product: four stars, which no shop refuses."""
    stars = {shop.column("reviews", "rating").name: "4"}
    by = stars | references.pointing_at(key_to(shop, "reviews", "users"), user)
    return by | references.pointing_at(key_to(shop, "reviews", "products"), product)


def _order_keys(shop: Shop) -> list[tuple[str, ForeignKey]]:
    """The keys by which a review names what was bought."""
    parts = [part for part in ("orders", "order_items") if part in shop.roles.tables]
    return [(part, key) for part in parts for key in shop.foreign_keys("reviews", part)]


def _naming(shop: Shop, purchase_: Bought) -> dict[str, Any]:
    """The stored values by which a review names that purchase."""
    named: dict[str, Any] = {}
    for part, key in _order_keys(shop):
        named |= references.pointing_at(key, purchase_.parts[part])
    return named


def _flag(shop: Shop, value: bool) -> dict[str, Any]:
    """The stored value of the flag, where the database does not work it out itself."""
    column = shop.column("reviews", "is_verified_purchase")
    return {} if column.generated else {column.name: value}


def ordinary_review(shop: Shop) -> Draft:
    """A review that would be taken: by anybody, or where that is refused by somebody who bought the product."""
    user, product = shop.row("users"), shop.row("products")
    try:
        return shop.draft("reviews", _about(shop, user, product))
    except NoRow:
        return _review_by_a_buyer(shop)


def _review_by_a_buyer(shop: Shop) -> Draft:
    """By somebody who bought the product, and has not reviewed it yet."""
    [one] = bought(shop)
    try:
        return shop.draft("reviews", _about(shop, one.user, one.product) | _naming(shop, one))
    except NoRow as none:
        if none.answer is None or none.answer.refusal is None or not none.answer.refusal.is_duplicate:
            raise
    [one] = buy(shop, 1)
    return shop.draft("reviews", _about(shop, one.user, one.product) | _naming(shop, one))


def _never(shop: Shop, draft: Draft, values: dict[str, Any], *, happened: str, next: str, column: str) -> None:
    for answer in shop.both_ways(draft, **values):
        shop.refused(answer, happened=happened, next=next, table=draft.table.label, column=column)


def _refers(shop: Shop, part: str, target: str, make: Any, meaning: str) -> None:
    """A foreign key is in force and not optional; `make` drafts an ordinary row."""
    next_ = f'Add a column with ForeignKey("{shop.table(target).name}.id") and nullable=False.'
    table = shop.table(part)
    key = references.refers(shop, part, target, next=next_)
    for name in key.columns:
        column = table.column(name)
        if column is not None and not (column.not_null or column.type.domain_not_null):
            with shop.isolated():
                _never(
                    shop,
                    make(shop),
                    {name: None},
                    happened=f"PostgreSQL took a row of {table.label} with no {meaning}: {name} is NULL.",
                    next=f"Make {name} NOT NULL (nullable=False).",
                    column=name,
                )
    _no_ghost(shop, make, key, target, next_)


def _no_ghost(shop: Shop, make: Any, key: ForeignKey, target: str, next_: str) -> None:
    """A key that no parent has is refused."""
    with shop.isolated():
        ghost = shop.put(ordinary_review(shop)) if target == "reviews" else shop.row(target)
    draft = make(shop)
    nobody = references.pointing_at(key, ghost)
    shown = ", ".join(f"{name} {value!r}" for name, value in nobody.items())
    _never(
        shop,
        draft,
        nobody,
        happened=f"PostgreSQL took a row of {draft.table.label} with {shown}, "
        f"though no such row of {shop.table(target).label} exists.",
        next=next_,
        column=references.own_column(key),
    )


# -- reviews ---------------------------------------------------------------------------------------------------


@step.check("reviews.user", needs=("reviews.exists",))
def review_by_a_user(shop: Shop) -> None:
    """A foreign key to the users is in force and not optional."""
    _refers(shop, "reviews", "users", ordinary_review, "user")


@step.check("reviews.product", needs=("reviews.exists",))
def review_of_a_product(shop: Shop) -> None:
    """A foreign key to the products is in force and not optional."""
    _refers(shop, "reviews", "products", ordinary_review, "product")


@step.check("reviews.order", needs=("reviews.exists",))
def review_names_an_order(shop: Shop) -> None:
    """A foreign key to the orders, or to their lines, is in force; it may be optional."""
    lines = "order_items" in shop.roles.tables and shop.foreign_keys("reviews", "order_items")
    orders = "orders" in shop.roles.tables and shop.foreign_keys("reviews", "orders")
    next_ = 'Add order_id with ForeignKey("orders.id") to the model of reviews.'
    target = "order_items" if lines and not orders else "orders"
    key = references.refers(shop, "reviews", target, next=next_)
    with shop.isolated():
        ghost = dict(zip(("orders", "order_items"), purchase.placed_order(shop), strict=True))[target]
    draft = ordinary_review(shop)
    theirs = {name for _, other in _own_keys(shop) for name in other.columns}
    nobody = {n: v for n, v in references.pointing_at(key, ghost).items() if n not in theirs}
    for answer in shop.both_ways(draft, **nobody):
        if answer.rows and not holds(answer.rows[0], nobody):
            continue  # a trigger looks for the order by itself, whatever was sent
        shop.refused(
            answer,
            happened=f"PostgreSQL took a review with {', '.join(f'{n} {v!r}' for n, v in nobody.items())}, "
            f"though no such row of {shop.table(target).label} exists.",
            next=next_,
            table=draft.table.label,
            column=references.own_column(key),
        )


def _own_keys(shop: Shop) -> list[tuple[str, ForeignKey]]:
    return [(part, key_to(shop, "reviews", part)) for part in ("users", "products")]


@step.check("reviews.ordinary", needs=(*_REVIEWS, "reviews.user", "reviews.product"))
def many_reviews(shop: Shop) -> None:
    """A second user reviews the product, with the same rating; the first reviews another product."""
    rating = shop.column("reviews", "rating").name
    try:
        first, other = shop.row("users"), shop.row("users")
        product, second = shop.row("products"), shop.row("products")
        row = shop.row("reviews", _about(shop, first, product))
        values = [_about(shop, other, product), _about(shop, first, second)]
    except NoRow:
        one, two = bought(shop, 2)
        row = shop.row("reviews", _about(shop, one.user, one.product) | _naming(shop, one))
        values = [_about(shop, two.user, two.product) | _naming(shop, two)]
    values[0] |= {rating: row[rating]}
    for pins in values:
        same_product = all(pins[name] == row[name] for name in key_to(shop, "reviews", "products").columns)
        words = "A second user's review of one product" if same_product else "A user's review of a second product"
        ordinary.another_fits(shop, "reviews", pins, words)


@step.check("reviews.rating-required", needs=_REVIEWS)
def rating_is_required(shop: Shop) -> None:
    """A rating takes no NULL."""
    column = shop.column("reviews", "rating")
    if not (column.not_null or column.type.domain_not_null):
        _never(
            shop,
            ordinary_review(shop),
            {column.name: None},
            happened=f"PostgreSQL took a review without a rating: {column.name} is NULL.",
            next=f"Make {column.name} NOT NULL (nullable=False).",
            column=column.name,
        )


@step.check("reviews.rating-range", needs=_REVIEWS)
def rating_from_one_to_five(shop: Shop) -> None:
    """1 to 5 are taken; 0, 6 and what lies far outside is refused, also of a buyer."""
    column = shop.column("reviews", "rating")
    next_ = f'Add CheckConstraint("{column.name} BETWEEN 1 AND 5", name="one_to_five") to the model of reviews.'
    draft = _rated(shop, column.name)
    for stars in "12345":
        answer = shop.session.attempt(draft.but(**{column.name: stars}))
        if answer.refusal is not None and answer.refusal.is_verdict:
            raise Failed(
                f"A review with a rating of {stars} was refused: {answer.refusal.message}.",
                next=next_,
                table=draft.table.label,
                column=column.name,
                tried=shorten(answer.tried),
                sqlstate=answer.refusal.sqlstate,
            )
    _no_such_rating(shop, column.name, draft, "a review", next_)
    with suppress(Skipped, NoRow, CantTell):
        [one] = bought(shop)
        about = _about(shop, one.user, one.product) | _naming(shop, one)
        by_a_buyer = _review(shop, about | _flag(shop, True)) or _review(shop, about)
        if by_a_buyer is not None:
            _no_such_rating(shop, column.name, by_a_buyer, "the review of a buyer", next_)


def _no_such_rating(shop: Shop, column: str, draft: Draft, words: str, next_: str) -> None:
    def never(stars: str, statement: Statement) -> None:
        shop.rejects(
            statement,
            happened=f"PostgreSQL took {words} with a rating of {stars}.",
            next=next_,
            table=draft.table.label,
            column=column,
        )

    bad = ("0", "6", "-1", "10")
    for stars in bad:
        never(stars, draft.but(**{column: stars}))
    row = shop.put(draft)
    for stars in bad:
        never(stars, row.update(**{column: stars}))


def _rated(shop: Shop, column: str) -> Draft:
    """An ordinary review with a rating in range."""
    draft = ordinary_review(shop)
    for stars in "341":
        values = draft.values | {column: stars}
        if shop.session.attempt(Draft(draft.table, values).but()).rowcount == 1:
            return Draft(draft.table, values)
    return draft


# -- verified purchases ----------------------------------------------------------------------------------------

_BUYS = (*_REVIEWS, "reviews.user", "reviews.product", "reviews.order")


def _reads_verified(shop: Shop, statement: Statement) -> tuple[bool, str]:
    """Whether a review, written like that, is there and verified; and the SQL."""
    flag = shop.column("reviews", "is_verified_purchase").name
    with shop.isolated():
        answer = shop.session.keep(statement)
        stored = shop.read(Row(shop.table("reviews"), answer.rows[0])) if answer.rows else None
    return bool(stored and stored[flag] is True), shorten(answer.tried)


def _must_not_verify(shop: Shop, statement: Statement, happened: str) -> None:
    verified, tried = _reads_verified(shop, statement)
    if verified:
        flag = shop.column("reviews", "is_verified_purchase").name
        raise Failed(
            happened,
            next=f"Let a trigger work {flag} out from a delivered order, or let a CHECK refuse it without one.",
            table=shop.table("reviews").label,
            column=flag,
            tried=tried,
        )


def _review(shop: Shop, values: dict[str, Any]) -> Draft | None:
    try:
        return shop.draft("reviews", values)
    except NoRow as none:
        if none.table.oid != shop.table("reviews").oid:
            raise
        return None


@step.check("reviews.verified-buyer", needs=_BUYS)
def buyers_are_verified(shop: Shop) -> None:
    """Of two products in one delivered order, the review of either can read as verified."""
    table, flag = shop.table("reviews"), shop.column("reviews", "is_verified_purchase")
    for one in bought(shop, 2):
        about = _about(shop, one.user, one.product)
        ways = [about | _naming(shop, one) | _flag(shop, True), about | _naming(shop, one), about]
        if not any(_can_be_verified(shop, values) for values in ways):
            raise Failed(
                "The review of somebody whose order of that product was delivered does not read as verified, "
                "however it is written.",
                next=f"Let {flag.name} be true where the review names a delivered order with that product.",
                table=table.label,
                column=flag.name,
            )


def _can_be_verified(shop: Shop, values: dict[str, Any]) -> bool:
    """A review with these values reads as verified at once, or can be made to."""
    with shop.isolated():
        draft = _review(shop, values)
        if draft is None:
            return False
        if _reads_verified(shop, draft.but())[0]:
            return True
        flag = _flag(shop, True)
        return bool(flag) and _reads_verified(shop, shop.put(draft).update(**flag))[0]


@step.check("reviews.never-verified", needs=(*_REVIEWS, "reviews.user", "reviews.product"))
def nobody_is_verified_without_an_order(shop: Shop) -> None:
    """Somebody who never bought anything: no order named, or half of one; on INSERT and on UPDATE."""
    flag = _flag(shop, True)
    stranger, product = shop.row("users"), shop.row("products")
    about = _about(shop, stranger, product)
    plain = _review(shop, about)
    for nowhere in _nowhere(shop):
        named = ", ".join(f"{name} {'NULL' if value is None else repr(value)}" for name, value in nowhere.items())
        happened = f"A review with no order behind it{f' ({named})' if named else ''} reads as verified."
        draft = plain or _review(shop, about | nowhere)
        if draft is None:
            continue
        for values in (flag, {}):
            _must_not_verify(shop, Draft(draft.table, draft.values | nowhere | values).but(), happened)
        for begun, changes in (({}, nowhere | flag), (nowhere, flag)):
            with shop.isolated():
                answer = shop.session.keep(Draft(draft.table, draft.values | begun | _flag(shop, False)).but())
                if answer.rows and flag:
                    _must_not_verify(shop, Row(draft.table, answer.rows[0]).update(**changes), happened)
    _loses_its_order(shop)


def _nowhere(shop: Shop) -> Iterator[dict[str, Any]]:
    """Values of the columns that name an order, which name none: all NULL, or in part an order that is not there."""
    theirs = {name for _, key in _own_keys(shop) for name in key.columns}
    keys = [(part, key, [name for name in key.columns if name not in theirs]) for part, key in _order_keys(shop)]
    yield {name: None for _, _, own in keys for name in own}
    if not any(len(own) > 1 for _, _, own in keys):
        return
    with shop.isolated():
        [ghost] = buy(shop, 1)
    everything = _naming(shop, ghost)
    columns = [name for name in everything if name not in theirs]
    for count in range(1, len(columns)):
        for empty in combinations(columns, count):
            yield {name: None if name in empty else everything[name] for name in columns}


def _loses_its_order(shop: Shop) -> None:
    """A verified review is no longer when its order, or the line it names, is deleted, or no longer named, if that is
    possible at all."""
    [one] = bought(shop)
    about = _about(shop, one.user, one.product)
    theirs = {name for _, key in _own_keys(shop) for name in key.columns}
    unnamed = {name: None for name in _naming(shop, one) if name not in theirs}
    # A design may look up the buyer's orders by itself, whether the review names one or not.
    without = _review(shop, about | unnamed | _flag(shop, True))
    looked_up = without is not None and _reads_verified(shop, without.but())[0]
    draft = _review(shop, about | _naming(shop, one) | _flag(shop, True))
    if draft is None:
        return
    row = shop.put(draft)
    flag = shop.column("reviews", "is_verified_purchase").name
    behind = {"An order": one.order}
    if "order_items" in shop.roles.tables and shop.foreign_keys("reviews", "order_items"):
        behind["A line of an order"] = one.line
    for words, parent in behind.items():
        with shop.isolated():
            gone = shop.session.keep(parent.delete())
            stored = shop.read(row)
        if gone.rowcount == 1 and stored is not None and stored[flag] is True:
            raise Failed(
                f"{words} was deleted, and the review that named it still reads as verified.",
                next=f"Refuse to delete what a review names, or let {flag} become false with it.",
                table=row.table.label,
                column=flag,
                tried=shorten(gone.tried),
            )
    if row[flag] is True and not looked_up:
        _must_not_verify(
            shop, row.update(**unnamed), "A verified review was parted from its order, and still reads as verified."
        )


@step.check("reviews.own-order", needs=(*_BUYS, "reviews.verified-buyer", "reviews.never-verified"))
def not_by_somebody_elses_order(shop: Shop) -> None:
    """A user's review that names another user's order of the product does not read as verified."""
    [one] = bought(shop)
    stranger = shop.row("users")
    happened = "A review was verified by somebody else's order."
    _not_verified_by(shop, one, _about(shop, stranger, one.product), happened)


@step.check("reviews.right-product", needs=(*_BUYS, "reviews.verified-buyer", "reviews.never-verified"))
def not_by_an_order_of_other_products(shop: Shop) -> None:
    """A review that names the user's own order, in which the product is not, does not read as verified."""
    [one] = bought(shop)
    other = shop.row("products")
    _not_verified_by(
        shop, one, _about(shop, one.user, other), "A review was verified by an order in which the product is not."
    )


def _not_verified_by(shop: Shop, one: Bought, about: dict[str, Any], happened: str) -> None:
    right = _review(shop, _about(shop, one.user, one.product) | _naming(shop, one) | _flag(shop, True))
    if right is None:
        raise Skipped
    # Columns that a key to the order shares with the user or the product stay those of the review.
    wrong = Draft(right.table, right.values | about)
    for values in (_flag(shop, True), _flag(shop, False)):
        _must_not_verify(shop, Draft(wrong.table, wrong.values | values).but(), happened)
    with shop.isolated():
        _must_not_verify(shop, shop.put(right).update(**about, **_flag(shop, True)), happened)


@step.check("reviews.paid-order", needs=(*_BUYS, "reviews.verified-buyer", "reviews.never-verified"))
def not_by_an_order_that_is_pending(shop: Shop) -> None:
    """A review that names the user's own order of the product, still pending, does not read as verified."""
    [one] = order(shop, 1)
    for flag in (True, False):
        draft = _review(shop, _about(shop, one.user, one.product) | _naming(shop, one) | _flag(shop, flag))
        if draft is not None:
            _must_not_verify(shop, draft.but(), "A review was verified by an order that is only pending: nobody paid.")


@step.check("reviews.once", needs=(*_REVIEWS, "reviews.user", "reviews.product"))
def one_review_each(shop: Shop) -> None:
    """A user's second review of one product is refused."""
    draft = ordinary_review(shop)
    row = shop.put(draft)
    table = row.table
    keys = {name for index in table.indexes if index.primary for name in index.columns}
    again = _second(shop, draft)
    shop.rejects(
        again.but(),
        happened="PostgreSQL took two reviews of one product by the same user: one voice counts twice.",
        next=f"Make {', '.join(n for _, key in _own_keys(shop) for n in key.columns)} unique together.",
        table=table.label,
        column=next((n for n in key_to(shop, "reviews", "users").columns if n not in keys), None),
    )


def _second(shop: Shop, draft: Draft) -> Draft:
    """The same user's review of the same product as a row of its own, so that nothing but that rule can refuse it."""
    own = {name: draft.values[name] for _, key in _own_keys(shop) for name in key.columns if name in draft.values}
    with shop.isolated():
        user = shop.row("users")
        by = references.pointing_at(key_to(shop, "reviews", "users"), user)
        other = _review(shop, own | by)
    return Draft(draft.table, other.values | own) if other is not None else draft


# -- votes -----------------------------------------------------------------------------------------------------

_VOTES = ("review_votes.exists", "review_votes.columns", *_REVIEWS)


def _vote(shop: Shop) -> Draft:
    """A vote that would be taken, on somebody else's review."""
    review = shop.put(ordinary_review(shop))
    voter = shop.row("users")
    return shop.draft("review_votes", _on(shop, review, voter))


def _on(shop: Shop, review: Row, voter: Row) -> dict[str, Any]:
    on = references.pointing_at(key_to(shop, "review_votes", "reviews"), review)
    return on | references.pointing_at(key_to(shop, "review_votes", "users"), voter)


@step.check("review_votes.review", needs=("review_votes.exists", "reviews.exists"))
def vote_on_a_review(shop: Shop) -> None:
    """A foreign key to the reviews is in force and not optional."""
    _refers(shop, "review_votes", "reviews", _vote, "review")


@step.check("review_votes.user", needs=("review_votes.exists", "reviews.exists"))
def vote_by_a_user(shop: Shop) -> None:
    """A foreign key to the users is in force and not optional; it is not that of the review's own author."""
    table = shop.table("review_votes")
    of_review = {name for key in shop.foreign_keys("review_votes", "reviews") for name in key.columns}
    users = shop.foreign_keys("review_votes", "users")
    if users and all(set(key.columns) <= of_review for key in users):
        column = references.own_column(users[0])
        raise Failed(
            f"The foreign key {users[0].name} of {table.label} names the user whose review it is: {column} is part of "
            "the key to the review, so nobody else can vote.",
            next="Add a column of its own for the user who votes, with a foreign key to the users.",
            table=table.label,
            column=column,
        )
    _refers(shop, "review_votes", "users", _vote, "user")


@step.check("review_votes.helpful-required", needs=_VOTES)
def vote_says_yes_or_no(shop: Shop) -> None:
    """A vote takes no NULL for an answer, and both true and false."""
    column = shop.column("review_votes", "is_helpful")
    draft = _vote(shop)
    for answer in (True, False):
        shop.accepts_one_of(
            [draft.but(**{column.name: answer})],
            happened=f"A vote with {column.name} {str(answer).lower()} was refused: {{why}}.",
            next=f"Let {column.name} be true or false.",
            table=draft.table.label,
            column=column.name,
        )
    if not (column.not_null or column.type.domain_not_null):
        _never(
            shop,
            draft,
            {column.name: None},
            happened=f"PostgreSQL took a vote that says neither yes nor no: {column.name} is NULL.",
            next=f"Make {column.name} NOT NULL (nullable=False).",
            column=column.name,
        )


_BOTH = (*_VOTES, "review_votes.review", "review_votes.user")


@step.check("review_votes.once", needs=_BOTH)
def one_vote_each(shop: Shop) -> None:
    """A unique index keeps a user's second vote on a review out."""
    review = shop.put(ordinary_review(shop))
    one, other = shop.row("users"), shop.row("users")
    names = ", ".join(_on(shop, review, one))
    uniqueness.unique_together(
        shop,
        "review_votes",
        _on(shop, review, one),
        _on(shop, review, other),
        meaning="review and user",
        next=f"Make {names} unique together, or the primary key.",
    )


@step.check("review_votes.ordinary", needs=(*_BOTH, "reviews.ordinary"))
def many_votes(shop: Shop) -> None:
    """Two users vote on one review, and one of them on another review."""
    first = shop.put(ordinary_review(shop))
    second = shop.put(ordinary_review(shop))
    one, other = shop.row("users"), shop.row("users")
    shop.row("review_votes", _on(shop, first, one))
    ordinary.another_fits(shop, "review_votes", _on(shop, first, other), "A second user's vote on one review")
    ordinary.another_fits(shop, "review_votes", _on(shop, second, one), "A user's vote on a second review")


@step.check("review_votes.gone", needs=_BOTH)
def votes_go_with_the_review(shop: Shop) -> None:
    """Deleting a review that has votes takes them with it."""
    review = shop.put(ordinary_review(shop))
    votes = [shop.row("review_votes", _on(shop, review, shop.row("users"))) for _ in range(2)]
    answer = shop.session.keep(review.delete())
    table, key = votes[0].table, key_to(shop, "review_votes", "reviews")
    left = [vote for vote in votes if answer.refusal is None and shop.read(vote) is not None]
    if answer.rowcount == 1 and not left:
        return
    happened = (
        f"A review with votes could not be deleted: {answer.refusal.message}."
        if answer.refusal is not None
        else "A review was deleted, and its votes are still there."
        if answer.rowcount == 1
        else "A review with votes was deleted, but is still there."
    )
    raise Failed(
        happened,
        next=f'Use ondelete="CASCADE" on the key {references.own_column(key)} of {table.label}.',
        table=table.label,
        column=references.own_column(key),
        tried=shorten(answer.tried),
        sqlstate=answer.refusal.sqlstate if answer.refusal else None,
    )
