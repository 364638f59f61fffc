"""Hints for step 2: core entities."""

from __future__ import annotations

from checks.hints import kinds
from checks.hints.model import Hint, python, sql

_HASH_FITS = python(
    "A link for tracking is long, and the next one may be longer:",
    """
    class Parcel(Base):
        __tablename__ = "parcels"

        id: Mapped[int] = mapped_column(primary_key=True)
        tracking_url: Mapped[str] = mapped_column(String(500))  # room for 500 characters
    """,
)
_ROOM = (
    "The column `{column}` in the model of `{table}`, in `{file}`. The number in `String(…)` is the room, in "
    "characters. Leave more than is needed today: 255 costs nothing, as PostgreSQL stores only what is there."
)

HINTS: dict[str, Hint] = {
    # -- users
    "users.exists": kinds.exists(
        "User",
        "Without a list of people nobody can log in, and an order belongs to nobody. A shop keeps each customer once, "
        "in one place.",
    ),
    "users.key": kinds.key(
        "Names repeat: more than one Ada shops here. A cart and an order need something that means one person and no "
        "other, today and in ten years.",
    ),
    "users.columns": kinds.columns(
        "`email`, `password_hash`, `first_name`, `last_name`, `is_active` and `is_verified`",
        "email",
        "A profile says how to reach somebody, how to greet them, and whether they may log in. What has no column "
        "ends in a note that no program can read.",
    ),
    "users.ordinary": kinds.too_strict(
        "Ada Lovelace and Ada Byron both want to shop. A rule that keeps the second one out costs a customer.",
    ),
    "users.email-required": kinds.required(
        "email",
        "str",
        "The address is what people log in with, and where the receipt goes. Without one, nobody can get back into an "
        "account when the password is lost.",
    ),
    "users.email-unique": kinds.unique_in_any_case(
        "email",
        "If two accounts had the same address, a login could not tell which of them is meant. The receipt for one "
        "would reach the other.",
        "Why is it not enough to look first, and to insert when nothing was found?",
    ),
    "users.password-required": kinds.required(
        "password_hash",
        "str",
        "A login compares what was typed with what is stored. Where nothing is stored, the account is closed to its "
        "owner, or open to everybody.",
    ),
    "users.password-room": Hint(
        "A hash that is cut off never matches again, and its owner is locked out. The common method bcrypt needs all "
        "of its characters.",
        _ROOM,
        _HASH_FITS,
        "Why is the hash of a short password as long as that of a long one?",
        column="password_hash",
    ),
    "users.no-plain-password": Hint(
        "Backups get copied, and laptops get stolen. Most people use one password in several places, so a list of "
        "passwords opens far more than this shop.",
        "The model of `{table}` in `{file}`: take the column `{column}` away. Only the hash stays, in `password_hash`. "
        "At a login, the program hashes what was typed and compares the two.",
        python(
            "A library can check the code of a door without knowing it:",
            """
            class Door(Base):
                __tablename__ = "doors"

                id: Mapped[int] = mapped_column(primary_key=True)
                code_hash: Mapped[str] = mapped_column(String(255))  # and no column for the code
            """,
        ),
        "Why can a shop check a password that it does not know?",
        column="password",
    ),
    # -- categories
    "categories.exists": kinds.exists(
        "Category",
        "Five hundred things on one page are hard to choose from. Departments lead a customer from the kitchen to the "
        "mugs, and there to the green one.",
    ),
    "categories.key": kinds.key(
        "Mina renames “Mugs” to “Cups and mugs”, and the products have to stay where they are. So a department is "
        "known by something that does not change with its name.",
    ),
    "categories.columns": kinds.columns(
        "a `name`, as text",
        "name",
        "The menu of the shop shows a word for each department. What can't be named can't be shown there, and nobody "
        "finds what is in it.",
    ),
    "categories.name-required": kinds.required(
        "name",
        "str",
        "An entry in the menu with no word on it looks like a mistake. Nobody opens it, and what is in there is not "
        "sold.",
    ),
    "categories.parent": Hint(
        "Travel mugs are mugs, and mugs belong in the kitchen. If a department could point at one that is not there, "
        "no way through the menu would lead to its products.",
        "A column such as `parent_id` in the model of `{table}`, in `{file}`. Its `ForeignKey` names the key of the "
        "table itself. `Mapped[int | None]` lets it be empty, for a department at the top.",
        python(
            "A shelf is in a room, a room in a house, a house in nothing:",
            """
            class Place(Base):
                __tablename__ = "places"

                id: Mapped[int] = mapped_column(primary_key=True)
                name: Mapped[str] = mapped_column(String(50))
                inside_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
            """,
        ),
        "Why may this column be empty, when most keys to a parent may not?",
    ),
    "categories.levels": Hint(
        "A shop begins with two departments, and ends with a tree. A new level has to fit in without a new table.",
        "The column `{column}` of `{table}`, in `{file}` and in `schemas/`. It may be empty, so that several "
        "departments stand at the top. And it may point at any row, so that no rule says how deep the tree goes.",
        sql(
            "Two places at the top, and one on the third level:",
            """
            insert into places (id, name, inside_id) values
                (1, 'Library', null),
                (2, 'Museum', null),
                (3, 'Reading room', 1),
                (4, 'Shelf 7', 3);
            """,
        ),
        "Why does one column do for a tree of any depth?",
        column="parent_id",
    ),
    # -- products
    "products.exists": kinds.exists(
        "Product",
        "This is what the shop lives on: each thing for sale, with what a customer has to know. Carts, orders and "
        "reviews will all point here.",
    ),
    "products.key": kinds.key(
        "Two mugs can have the same name and the same price. A line of an order has to say which of them was bought.",
    ),
    "products.columns": kinds.columns(
        "`name`, `description`, `price` and `sku`",
        "name",
        "The page shows a name, a text and a price, and the people in the store room look for a SKU. Each of these "
        "needs a place of its own.",
    ),
    "products.name-required": kinds.required(
        "name",
        "str",
        "A customer can't ask for a thing that is called nothing. On the page and on the receipt there would be a gap.",
    ),
    "products.sku-required": kinds.required(
        "sku",
        "str",
        "The store room finds a mug by the number on its box. A product without one is on the page, but nobody can "
        "fetch it.",
    ),
    "products.sku-unique": kinds.unique(
        "sku",
        "Two kinds of mug with one number end in the wrong parcel. The store room has nothing else to go by.",
    ),
    "products.price-required": kinds.required(
        "price",
        "Decimal",
        "A cart adds up what its things cost. One product with no price, and the sum of the whole cart is unknown.",
    ),
    "products.price-not-negative": kinds.not_below_zero(
        "price",
        "An import once read `9,50` as two numbers, and a mug cost -9. The shop would have paid everybody who took "
        "one.",
    ),
    "products.prices-fit": kinds.fits(
        "price",
        "A bag of tea costs one euro, and a samovar thousands. A column that is too narrow keeps good things out of "
        "the shop.",
    ),
    "products.price-changes": Hint(
        "Prices follow the season and the supplier. If the database refuses a new price, Mina has to delete the mug "
        "and make another one, and all that points to it is lost.",
        "The CHECKs and triggers on `{table}`, in `{file}` and in `schemas/`. One of them refuses an UPDATE of "
        "`{column}`: the report quotes it under Happened. Let it judge the new price alone.",
        sql(
            "This rule looks at a fee as it is now, so it can go up and down:",
            """
            alter table parcels add constraint fee_not_negative check (fee >= 0);

            update parcels set fee = fee + 2;
            update parcels set fee = fee - 1;
            """,
        ),
        "Why should no rule compare a price with the price before it?",
        column="price",
    ),
    "products.category": kinds.belongs(
        "category_id",
        "categories",
        "The menu leads from a department to what is in it. A product that is in none of them is never found, and "
        "never bought.",
    ),
    "products.ordinary": kinds.too_strict(
        "Mina has forty mugs in one department, and ten of them cost the same. All of them are for sale.",
    ),
    # -- both
    "core.money": kinds.money("products", "price"),
    "core.audit": kinds.audit(
        "users",
        "`User` and `Product`, in `{file}`.",
        "A customer says that her address was changed yesterday, and not by her. Without times in the rows nobody can "
        "say what happened.",
    ),
    # -- good practice
    "users.email-any-case": kinds.unique_in_any_case(
        "email",
        "People type their address as they like, and the mail arrives. If capital letters made a difference, one "
        "customer would have two accounts, with orders in both.",
        "Why does a plain `unique=True` take both spellings?",
    ),
    "users.names-required": kinds.required(
        "first_name",
        "str",
        "A parcel needs a name on it. Where the profile has none, somebody has to write a mail and ask.",
    ),
    "users.flags-required": kinds.required(
        "is_active",
        "bool",
        "May this person log in? The answer has to be yes or no; with a third answer, each program decides for itself "
        "what it means.",
    ),
    "users.flags-default": Hint(
        "Accounts come from the page, from an import and from the help desk. If each of them had to think of the "
        "flags, one would forget.",
        "The column `{column}` in the model of `{table}`, in `{file}`: the argument `server_default` of "
        "`mapped_column`. It takes `true()` or `false()`, which both come from `sqlalchemy`.",
        python(
            "A parcel is not fragile, unless somebody says so:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                is_fragile: Mapped[bool] = mapped_column(server_default=false())
            """,
        ),
        "Why does `default=False` not help an import that is written in SQL?",
        column="is_verified",
    ),
    "users.password-room-argon": Hint(
        "Bcrypt is not the last method. Many shops choose Argon2 today, and to widen a column while the shop is open "
        "is work at night.",
        _ROOM,
        _HASH_FITS,
        "Why can a shop not hash all passwords again, with a new method, in one night?",
        column="password_hash",
    ),
    "categories.not-own-parent": Hint(
        "The menu walks from a department up to the top. In one that lies inside itself, that walk never ends, and "
        "neither does the page.",
        "The model of `{table}` in `{file}`: a `CheckConstraint` in `__table_args__` that compares the key of the "
        "parent with the key of the row. A CHECK sees one row, and here that is enough. Give it a name.",
        python(
            "No place is inside itself:",
            """
            class Place(Base):
                __tablename__ = "places"

                id: Mapped[int] = mapped_column(primary_key=True)
                inside_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
                __table_args__ = (CheckConstraint("inside_id <> id", name="not_inside_itself"),)
            """,
        ),
        "Why does this rule let a row pass whose parent is NULL?",
    ),
    "categories.no-cycles": Hint(
        "“Mugs” in “Kitchen” is fine, and then somebody moves “Kitchen” into “Mugs”. From there on no way leads up to "
        "the top.",
        "An SQL file such as `schemas/02_core.sql`: a trigger BEFORE INSERT OR UPDATE on `{table}`, for each row. Its "
        "function walks up from the new parent, and raises an exception when it meets the row itself.",
        sql(
            "The function of such a trigger, for places inside places:",
            """
            create function no_circle() returns trigger language plpgsql as $$
            begin
                if new.id in (
                    with recursive above as (
                        select new.inside_id as id
                        union select p.inside_id from places p join above a on p.id = a.id)
                    select id from above)
                then raise exception 'place % would be inside itself', new.id; end if;
                return new;
            end $$;
            """,
        ),
        "Why can a CHECK not see this?",
    ),
    "categories.sibling-names": Hint(
        "Two entries “Mugs” side by side in one menu: which of them has the green one? Customers look into one of "
        "them and go.",
        "The model of `{table}` in `{file}`: a `UniqueConstraint` over `parent_id` and `name` in `__table_args__`. "
        "With `postgresql_nulls_not_distinct=True` it also compares the departments at the top, which have no parent.",
        python(
            "No two places of one name in the same place:",
            """
            class Place(Base):
                __tablename__ = "places"

                id: Mapped[int] = mapped_column(primary_key=True)
                name: Mapped[str] = mapped_column(String(50))
                inside_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
                __table_args__ = (UniqueConstraint("inside_id", "name", postgresql_nulls_not_distinct=True),)
            """,
        ),
        "Why would two departments at the top slip through without the last argument?",
    ),
    "products.price-a-number": Hint(
        "`NaN`, not a number, is what a broken calculation leaves behind. PostgreSQL takes it for greater than every "
        "number, and every sum with it becomes `NaN`.",
        "The `CheckConstraint` about `{column}` in the model of `{table}`, in `{file}`. Its condition goes on with "
        "`and`: it compares the column with `'NaN'`, in quotes, by `<>`.",
        python(
            "A fee is a number:",
            """
            class Parcel(Base):
                __tablename__ = "parcels"

                id: Mapped[int] = mapped_column(primary_key=True)
                fee: Mapped[Decimal] = mapped_column(Numeric(8, 2))
                __table_args__ = (CheckConstraint("fee >= 0 and fee <> 'NaN'", name="fee_is_a_number"),)
            """,
        ),
        "Why does a rule that only asks for zero or more let `NaN` in?",
        column="price",
    ),
    "products.category-kept": kinds.holds_back(
        "category_id",
        "categories",
        "Somebody tidies up the menu and deletes “Kitchen”. Forty mugs would be gone, or in no department at all.",
    ),
    "core.time-zone": kinds.time_zone("users"),
    "core.times-filled": kinds.times_filled("users"),
    "core.updated-moves": kinds.updated_moves("users", "schemas/02_core.sql"),
}
