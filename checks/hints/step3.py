"""Hints for step 3: product catalog."""

from __future__ import annotations

from dataclasses import replace

from checks.hints import kinds
from checks.hints.model import Hint, python, sql

HINTS: dict[str, Hint] = {
    # -- variants
    "product_variants.exists": kinds.exists(
        "ProductVariant",
        "One mug comes in two sizes and three colours, and a customer buys one of the six. What is bought, counted and "
        "packed is the variant.",
    ),
    "product_variants.key": kinds.key(
        "A cart has to say: this mug, large, in green. One number that stands for all three keeps every later table "
        "simple.",
    ),
    "product_variants.columns": kinds.columns(
        "`sku`, `size` and `color`, all three as text",
        "sku",
        "The page offers sizes and colours to choose from, and the store room looks for a SKU. Words hidden in a name, "
        "such as “Mug green L”, can't be offered.",
    ),
    "product_variants.product": kinds.belongs(
        "product_id",
        "products",
        "A large green one: of what? A variant without its product has no name, no text and no page.",
    ),
    "product_variants.ordinary": kinds.too_strict(
        "The green mug comes in small and large, and the large one in green and blue. All of them are for sale at the "
        "same time.",
    ),
    "product_variants.sku-required": kinds.required(
        "sku",
        "str",
        "The store room takes things from the shelf by their number. What has no number stays on the shelf.",
    ),
    "product_variants.sku-unique": kinds.unique(
        "sku",
        "If the large and the small mug had the same number on the box, every second parcel would come back.",
    ),
    "product_variants.one-of-a-kind": kinds.unique_together(
        "`product_id`, `size` and `color`",
        "If the large green mug were listed twice, one row would say three in stock and the other one none. Both would "
        "be wrong.",
    ),
    # -- images
    "product_images.exists": kinds.exists(
        "ProductImage",
        "Nobody buys a mug unseen. One product has several pictures, from the front, from the side and in somebody's "
        "hand.",
    ),
    "product_images.key": kinds.key(
        "Mina wants to replace one picture out of five. To do that, the shop has to be able to say which one.",
    ),
    "product_images.columns": kinds.columns(
        "`url` as text and `display_order` as a whole number",
        "url",
        "The page has to know where each picture lies, and which of them comes first. A picture from the back is a bad "
        "beginning.",
    ),
    "product_images.product": kinds.belongs(
        "product_id",
        "products",
        "A picture of nothing is on no page, but it takes up space for ever. Nobody dares to delete it.",
    ),
    "product_images.ordinary": kinds.too_strict(
        "A mug has three pictures, and the teapot beside it has a first picture as well. A page shows them all.",
    ),
    "product_images.url-required": kinds.required(
        "url",
        "str",
        "A picture with no address shows as a grey box with a broken corner. Customers take that for a broken shop.",
    ),
    "product_images.order-required": kinds.required(
        "display_order",
        "int",
        "Where a picture has no place, PostgreSQL may return it first today and last tomorrow. The page would look "
        "different at every visit.",
    ),
    # -- price history
    "price_history.exists": kinds.exists(
        "PriceChange",
        "The law in many countries asks what a thing cost in the thirty days before a sale. The products know only "
        "today's price.",
    ),
    "price_history.key": kinds.key(
        "One price can change twice on a day, and back again. Each change is an event of its own that one can point "
        "at.",
    ),
    "price_history.columns": kinds.columns(
        "`old_price` and `new_price`, both as `Numeric(10, 2)`",
        "new_price",
        "“Now 9.00 instead of 12.00”: to print that honestly, the shop needs both numbers.",
    ),
    "price_history.time": Hint(
        "A list of prices without days answers no question. What did the mug cost when Ada bought it?",
        "The column `changed_at` in the model of `{table}`, in `{file}`: `Mapped[datetime]` with "
        "`DateTime(timezone=True)`. A `server_default=func.now()` fills it in, so that no row has to think of it.",
        python(
            "A parcel service notes when each fee began:",
            """
            class FeeNote(Base):
                __tablename__ = "fee_notes"

                id: Mapped[int] = mapped_column(primary_key=True)
                new_fee: Mapped[Decimal] = mapped_column(Numeric(8, 2))
                noted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
            """,
        ),
        "Why can the order of the keys not stand in for the time?",
    ),
    "price_history.subject": kinds.belongs(
        "product_id",
        "products",
        "From 12.00 to 9.00: but what? A change that belongs to nothing proves nothing.",
    ),
    "price_history.ordinary": kinds.too_strict(
        "The price of one mug goes up in winter, down in spring, and up to the same number in the next winter. Each "
        "time is a change.",
    ),
    "price_history.price-required": kinds.required(
        "new_price",
        "Decimal",
        "That a price changed is half of the news. The other half is what it became.",
    ),
    "price_history.prices-fit": kinds.fits(
        "new_price",
        "What fits on the price tag has to fit in the history too. Otherwise the change of a samovar's price fails "
        "because of a list that nobody looks at.",
    ),
    "price_history.price-changes": Hint(
        "The history is there to watch, and not to forbid. When it stumbles, Mina can't lower a price on the day of "
        "the sale.",
        "The trigger that writes the history, in `schemas/03_catalog.sql`. Its INSERT has to fill every column of the "
        "history that can't be empty, and no rule there may refuse a price that comes back.",
        sql(
            "A rule that lets a parcel have the same fee again, on another day:",
            """
            -- not: unique (parcel_id, new_fee)
            alter table fee_notes
                add constraint one_note_at_a_time unique (parcel_id, noted_at);
            """,
        ),
        "Why does an error in a trigger also undo the change that set it off?",
    ),
    # -- the three together
    "catalog.money": kinds.money("price_history", "new_price"),
    "catalog.cascade": replace(
        kinds.goes_along(
            "product_id",
            "products",
            "Mina stops selling a mug that nobody ever ordered. Its sizes, colours and pictures make no sense without "
            "it.",
        ),
        place="The two columns `product_id` in the models of variants and images, in `{file}`. Each `ForeignKey` takes "
        'the argument `ondelete="CASCADE"`. PostgreSQL then deletes these rows with the product that they belong to.',
    ),
    # -- good practice
    "product_variants.nothing-twice": Hint(
        "A gift card has no size and no colour. It would be there twice, and nothing would say so: to a unique rule, "
        "two empty values are different.",
        "The `UniqueConstraint` over product, size and color in the model of `{table}`, in `{file}`. The argument "
        "`postgresql_nulls_not_distinct=True` makes PostgreSQL count two empty values as the same.",
        python(
            "A shelf in a house without floors is there once too:",
            """
            class FloorShelf(Base):
                __tablename__ = "floor_shelves"

                id: Mapped[int] = mapped_column(primary_key=True)
                floor: Mapped[int | None]
                number: Mapped[int]
                __table_args__ = (UniqueConstraint("floor", "number", postgresql_nulls_not_distinct=True),)
            """,
        ),
        "Why does SQL say that two unknown values need not be equal?",
    ),
    "product_images.own-place": kinds.unique_together(
        "`product_id` and `display_order`",
        "If two pictures both come first, the page picks one of them by chance. The picture that sells the mug may be "
        "the other one.",
    ),
    "price_history.by-itself": Hint(
        "Prices are changed on a page, by an import, and at night by hand. The one who is in a hurry forgets to note "
        "it.",
        "An SQL file such as `schemas/03_catalog.sql`: a trigger AFTER UPDATE on `products`, for each row. Its "
        "function inserts a row into `{table}`: `old` has the row as it was, `new` as it is now.",
        sql(
            "Every new fee of a parcel is noted:",
            """
            create function note_fee() returns trigger language plpgsql as $$
            begin
                insert into fee_notes (parcel_id, old_fee, new_fee) values (new.id, old.fee, new.fee);
                return null;
            end $$;

            create trigger note_fee after update of fee on parcels
            for each row execute function note_fee();
            """,
        ),
        "Why is the database the only place that sees every change?",
    ),
    "price_history.only-changes": Hint(
        "Somebody corrects a slip in a name, and the history notes a price from 12.00 to 12.00. After a year nobody "
        "finds the real changes any more.",
        "The trigger on `products` in `schemas/03_catalog.sql`. A `when (…)` before `execute function` compares the "
        "old price with the new one by `is distinct from`. Where they are the same, the function does not run.",
        sql(
            "Only a fee that really changed is noted:",
            """
            create trigger note_fee after update of fee on parcels
            for each row
            when (old.fee is distinct from new.fee)
            execute function note_fee();
            """,
        ),
        "Why does `update of fee` alone not keep these rows out?",
    ),
    "catalog.keys-indexed": Hint(
        "A page shows the pictures of one mug out of ten thousand. Without an index PostgreSQL looks at every picture "
        "of the shop for it, and again whenever a product is deleted.",
        "The column `{column}` in the model of `{table}`, in `{file}`: give `mapped_column` the argument `index=True`. "
        "PostgreSQL makes no index for a foreign key by itself, only for primary keys and unique rules.",
        python(
            "The visits of one reader are found without those of all others:",
            """
            class Visit(Base):
                __tablename__ = "visits"

                id: Mapped[int] = mapped_column(primary_key=True)
                reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"), index=True)
            """,
        ),
        "Why does PostgreSQL need an index to delete a row that others point at?",
        table="price_history",
        column="product_id",
    ),
}
