"""The rules of step 2: core entities."""

from __future__ import annotations

from checks.contract.model import Criterion, Level, Step, rules

STEP = Step(
    2,
    "Core entities",
    (
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            users__exists="There is a table `users`.",
            users__key="`users` has a primary key.",
            users__columns="`users` has every column that a profile needs, each of the right kind.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            users__ordinary="Two different people can both have an account.",
            users__email_required="Nobody has an account without an e-mail address.",
            users__email_unique="Two accounts can't share one e-mail address.",
            users__password_required="Nobody has an account without a password hash.",
            users__password_room="A password hash of 60 characters (bcrypt) fits.",
            users__no_plain_password="There is no place for a plain password.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            categories__exists="There is a table `categories`.",
            categories__key="`categories` has a primary key.",
            categories__columns="`categories` has a `name`.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            categories__name_required="Every category has a name.",
        ),
        *rules(
            Level.MUST,
            Criterion.RELATIONSHIPS,
            categories__parent="A category can lie inside another one, and only inside one that exists.",
            categories__levels="Categories can be stored and walked three levels deep, with several at the top.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            products__exists="There is a table `products`.",
            products__key="`products` has a primary key.",
            products__columns="`products` has every column that a shop needs, each of the right kind.",
        ),
        *rules(
            Level.MUST,
            Criterion.INTEGRITY,
            products__name_required="Every product has a name.",
            products__sku_required="Every product has a SKU, the shop's own code for it.",
            products__sku_unique="Two products can't share one SKU.",
            products__price_required="Every product has a price.",
            products__price_not_negative="A price is never below zero.",
            products__prices_fit="Every price from 1.00 to 9,999.99 fits.",
            products__price_changes="A price can be changed.",
        ),
        *rules(
            Level.MUST,
            Criterion.RELATIONSHIPS,
            products__category="Every product lies in a category that exists.",
            products__ordinary="One category can hold many products.",
        ),
        *rules(
            Level.MUST,
            Criterion.SCHEMA,
            core__money="Money is kept to the cent: `numeric`, never a floating-point type.",
            core__audit="`users` and `products` record when a row was made and last changed.",
        ),
        *rules(
            Level.ADVICE,
            Criterion.INTEGRITY,
            users__email_any_case="`Ada@shop.example` and `ada@shop.example` are one account.",
            users__names_required="First and last name are never NULL.",
            users__flags_required="`is_active` and `is_verified` are true or false, never unknown.",
            users__flags_default="A new account can leave out the flags: the database has defaults.",
            users__password_room_argon="A password hash of 97 characters (Argon2) fits.",
            categories__not_own_parent="A category does not lie inside itself.",
            categories__no_cycles="Two categories can't lie inside each other.",
            categories__sibling_names="Two categories in one place have different names.",
            products__price_a_number="A price is a number: `NaN` is refused.",
            products__category_kept="A category that still has products can't be deleted.",
            core__time_zone="Times are kept with their time zone.",
            core__times_filled="The database fills in both times by itself, and they are never NULL.",
            core__updated_moves="The database itself moves `updated_at` when a row changes.",
        ),
    ),
)
