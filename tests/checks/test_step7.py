"""Step 7: which projects' migrations are turned down, with which words, and which are taken."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import alembic
import pytest

from checks.grade import grade
from checks.migrations import trial
from checks.outcome import Outcome, Result
from checks.report import Report
from checks.roles import RoleMap
from checks.subject import Subject
from tests.checks.finished import RULES, Learner, make_finished
from tests.conftest import drop_database
from workshop import postgres, schema
from workshop.postgres.connection import Address
from workshop.pristine import name_for
from workshop.reference import read_reference
from workshop.settings import settings


def revision(number: str, before: str | None, up: str = "pass", down: str = "pass") -> str:
    return (
        f"from alembic import op\nimport sqlalchemy as sa\n\nrevision, down_revision = {number!r}, {before!r}\n\n\n"
        f"def upgrade():\n    {up}\n\n\ndef downgrade():\n    {down}\n"
    )


@pytest.fixture(scope="module")
def finished(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_finished(tmp_path_factory.mktemp("finished") / "ecommerce-db", server.url)


@pytest.fixture
def learner(
    finished: Path, database: str, server: postgres.Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Learner]:
    """The finished project, its database built and stamped."""
    folder = settings().project
    shutil.copytree(finished, folder)
    schema.rebuild(database)
    learner = Learner(folder, database)
    learner.sql(
        "create table alembic_version (version_num varchar(32) not null primary key);"
        " insert into alembic_version values ('0002')"
    )
    yield learner
    drop_database(server.url, name_for(Address.parse(database).database or ""))


def failures(report: Report) -> dict[str, Result]:
    return {check.rule.id.partition(".")[2]: check for check in report.checks if check.outcome is Outcome.FAIL}


def test_the_finished_project_passes(learner: Learner) -> None:
    report = learner.check()
    assert report.passed, str(report)


# -- projects that are turned down -----------------------------------------------------------------------------

FIRST, SECOND = "migrations/versions/0001_shop.py", f"migrations/versions/{RULES}"


def no_ini(learner: Learner) -> None:
    (learner.folder / "alembic.ini").unlink()


def placeholder(learner: Learner) -> None:
    learner.edit("migrations/env.py", "url = Settings().database_url", 'url = "driver://user:pass@localhost/dbname"')


def env_with_an_error(learner: Learner) -> None:
    learner.edit("migrations/env.py", "with context.begin_transaction():", "with context.begin_transactions():")


def env_without_migrations(learner: Learner) -> None:
    learner.write("migrations/env.py", "from models import Base\n\ntarget_metadata = Base.metadata\n")


def no_prepended_path(learner: Learner) -> None:
    learner.edit("alembic.ini", "prepend_sys_path = .", "# prepend_sys_path")


def hard_coded_url(learner: Learner) -> None:
    elsewhere = Address.parse(learner.url).at("somewhere_else").url()
    learner.edit("migrations/env.py", "url = Settings().database_url", f"url = {elsewhere!r}")


def url_in_the_ini(learner: Learner) -> None:
    learner.edit(
        "alembic.ini", "sqlalchemy.url = driver://user:pass@localhost/dbname", f"sqlalchemy.url = {learner.url}"
    )
    learner.edit(
        "migrations/env.py", "url = Settings().database_url", 'url = context.config.get_main_option("sqlalchemy.url")'
    )


def no_metadata(learner: Learner) -> None:
    learner.edit("migrations/env.py", "target_metadata=target_metadata", "target_metadata=None")


def half_the_metadata(learner: Learner) -> None:
    learner.write("models/__init__.py", "")
    learner.edit("migrations/env.py", "\nfrom models import Base", "\nimport models.core\nfrom models.base import Base")


def no_revision(learner: Learner) -> None:
    for path in (learner.folder / "migrations" / "versions").glob("*.py"):
        path.unlink()


def two_heads(learner: Learner) -> None:
    learner.write("migrations/versions/0003_other.py", revision("0003", "0001"))


def a_chain_with_a_gap(learner: Learner) -> None:
    learner.edit(SECOND, '"0002", "0001"', '"0002", "0000"')


def a_chain_that_bites_its_tail(learner: Learner) -> None:
    learner.edit(SECOND, '"0002", "0001"', '"0002", "0002"')


def a_revision_with_a_typing_error(learner: Learner) -> None:
    learner.edit(SECOND, "def upgrade():", "def upgrade()")


def metadata_is_none(learner: Learner) -> None:
    learner.edit("migrations/env.py", "target_metadata = Base.metadata", "target_metadata = None")


def a_revision_that_nobody_has(learner: Learner) -> None:
    learner.sql("update alembic_version set version_num = '0003'")


def changed_after_it_had_run(learner: Learner) -> None:
    learner.edit(SECOND, "op.execute(text)", 'op.execute(text + "; alter table users add nickname text")')


def a_drop_that_others_depend_on(learner: Learner) -> None:
    learner.edit(SECOND, "only_forward, keep_status cascade", "only_forward, keep_status")


def unstamped(learner: Learner) -> None:
    learner.sql("drop table alembic_version")


def stamped_with_an_old_one(learner: Learner) -> None:
    learner.sql("update alembic_version set version_num = '0001'")


def only_in_sql(learner: Learner) -> None:
    learner.edit("migrations/env.py", 'kind == "table" or', "True or")
    learner.write("schemas/07_weight.sql", "alter table products add column weight int;")
    up = 'op.execute("alter table products add column weight int")'
    learner.write("migrations/versions/0003_weight.py", revision("0003", "0002", up))


def changed_by_hand(learner: Learner) -> None:
    learner.sql("alter table users add column nickname text")


def trigger_dropped_by_hand(learner: Learner) -> None:
    learner.sql("drop trigger touch on products")


def without_the_rules(learner: Learner) -> None:
    (learner.folder / SECOND).unlink()
    learner.sql("update alembic_version set version_num = '0001'")


def without_a_trigger(learner: Learner) -> None:
    learner.edit(
        "migrations/0002_rules.sql",
        "create trigger keep_price after update of price on products\n"
        "for each row when (old.price is distinct from new.price) execute function keep_price();",
        "",
    )


def another_function(learner: Learner) -> None:
    learner.edit("migrations/0002_rules.sql", "new.updated_at := clock_timestamp();", "null;")


def without_a_check(learner: Learner) -> None:
    text = (learner.folder / FIRST).read_text("utf-8")
    found = re.search(r"^ *sa\.CheckConstraint\([^\n]*rating[^\n]*\n", text, re.MULTILINE)
    assert found
    learner.edit(FIRST, found[0], "")


def without_a_table(learner: Learner) -> None:
    learner.write("migrations/versions/0003_gone.py", revision("0003", "0002", 'op.drop_table("review_votes")'))
    learner.sql("update alembic_version set version_num = '0003'")


def wrong_type(learner: Learner) -> None:
    learner.edit(FIRST, "sa.Column('price', sa.Numeric(precision=10, scale=2)", "sa.Column('price', sa.Float()")


def nullable_by_mistake(learner: Learner) -> None:
    learner.edit(FIRST, "sa.Column('quantity', sa.Integer(), nullable=False)", "sa.Column('quantity', sa.Integer())")


def a_label_too_many(learner: Learner) -> None:
    learner.edit(FIRST, ", 'cancelled', name='order_status')", ", 'cancelled', 'lost', name='order_status')")


def without_an_index(learner: Learner) -> None:
    learner.edit("migrations/0002_rules.sql", "create index on reviews (user_id);", "")
    learner.edit(SECOND, "reviews_user_id_idx, ", "")


def another_collation(learner: Learner) -> None:
    up = """op.execute('alter table products alter name type varchar(200) collate "C"')"""
    learner.write("migrations/versions/0003_c.py", revision("0003", "0002", up))


def an_extension_too_many(learner: Learner) -> None:
    learner.write("migrations/versions/0003_x.py", revision("0003", "0002", 'op.execute("create extension citext")'))


def row_security(learner: Learner) -> None:
    up = 'op.execute("alter table users enable row level security")'
    learner.write("migrations/versions/0003_r.py", revision("0003", "0002", up))


def a_longer_domain(learner: Learner) -> None:
    learner.write("schemas/07_domain.sql", "create domain short as varchar(10);")
    up = 'op.execute("create domain short as varchar(20)")'
    learner.write("migrations/versions/0003_d.py", revision("0003", "0002", up))


def fails_half_way(learner: Learner) -> None:
    learner.write(
        "migrations/versions/0003_bad.py", revision("0003", "0002", 'op.execute("alter table nothing add x int")')
    )


def raises(learner: Learner) -> None:
    learner.write("migrations/versions/0003_bad.py", revision("0003", "0002", 'raise ValueError("not like this")'))


def never_ends(learner: Learner) -> None:
    learner.write("migrations/versions/0003_bad.py", revision("0003", "0002", "import time; time.sleep(600)"))


def exits(learner: Learner) -> None:
    learner.write("migrations/versions/0003_bad.py", revision("0003", "0002", "import os; os._exit(0)"))


def an_engine_of_its_own(learner: Learner) -> None:
    elsewhere = Address.parse(learner.url).at("somewhere_else").url()
    learner.write(
        "migrations/versions/0003_bad.py",
        revision("0003", "0002", f'sa.create_engine({elsewhere!r}).connect().execute(sa.text("select 1"))'),
    )


def drift(learner: Learner) -> None:
    learner.write(
        "models/parcels.py",
        "from sqlalchemy import Integer\nfrom sqlalchemy.orm import mapped_column\n\n"
        "from models.core import Product\n\nProduct.weight = mapped_column(Integer)\n",
    )


def no_downgrade(learner: Learner) -> None:
    text = (learner.folder / FIRST).read_text("utf-8")
    learner.write(FIRST, text[: text.index("def downgrade")] + "def downgrade() -> None:\n    pass\n")


def downgrade_left_out(learner: Learner) -> None:
    text = (learner.folder / FIRST).read_text("utf-8")
    learner.write(FIRST, text[: text.index("def downgrade")])


def type_left_behind(learner: Learner) -> None:
    learner.edit(FIRST, '    op.execute("drop type order_status, movement_type")\n', "")


def function_left_behind(learner: Learner) -> None:
    learner.edit(SECOND, "drop function touch, ", "drop trigger touch on users; drop function ")


def downgrade_that_fails(learner: Learner) -> None:
    learner.edit(SECOND, "drop index ix_orders_newest", "drop index ix_nothing")


TURNED_DOWN = [
    (no_ini, "environment", "ecommerce-db/ has no alembic.ini"),
    (placeholder, "environment", "still the example of alembic init"),
    (env_with_an_error, "environment", "could not be run: .*begin_transactions.* of migrations/env.py"),
    (env_without_migrations, "environment", "never calls context.configure"),
    (no_prepended_path, "environment", "ModuleNotFoundError: No module named 'models'"),
    (hard_coded_url, "url", "went to the database somewhere_else"),
    (url_in_the_ini, "url", "Alembic went to the database test_"),
    (no_metadata, "metadata", "knows no table"),
    (half_the_metadata, "metadata", "knows 3 tables, but not addresses"),
    (no_revision, "head", "holds no revision yet"),
    (two_heads, "head", "end in 2 heads"),
    (a_chain_with_a_gap, "head", "can't be read: Revision 0000 referenced from 0000 -> 0002 .* is not present"),
    (a_chain_that_bites_its_tail, "head", r"Self-loop is detected in revisions \(0002\)"),
    (a_revision_with_a_typing_error, "head", "SyntaxError: expected ':', in line .* of migrations/versions/0002_rules"),
    (metadata_is_none, "metadata", "knows no table"),
    (a_revision_that_nobody_has, "stamped", "is at revision 0003, and no file in migrations/versions/ has that number"),
    (changed_after_it_had_run, "stamped", "column users.nickname is in the migrated database, and not in the workshop"),
    (a_drop_that_others_depend_on, "downgrade", "stopped: PostgreSQL says: cannot drop"),
    (unstamped, "stamped", "holds no revision's number"),
    (stamped_with_an_old_one, "stamped", "is at revision 0001, and the head is 0002"),
    (changed_by_hand, "stamped", "column users.nickname is in the workshop's database, and not in the migrated"),
    (trigger_dropped_by_hand, "stamped", "trigger touch on products is in the migrated database, and not in"),
    (without_the_rules, "upgrade", r"The function give_back\(\) is in the schema of your files"),
    (without_a_trigger, "upgrade", "The trigger keep_price on products is in the schema of your files"),
    (another_function, "upgrade", r"The function touch\(\) is not the same"),
    (without_a_check, "upgrade", "reviews has no constraint CHECK .*rating.* in the migrated database"),
    (without_a_table, "upgrade", "The table review_votes is in the schema of your files"),
    (wrong_type, "upgrade", r"products.price is numeric\(10,2\) not null in .*, and double precision not null"),
    (nullable_by_mistake, "upgrade", "cart_items.quantity is integer not null in .*, and integer in"),
    (a_label_too_many, "upgrade", "The type order_status is enum 'pending', .*'cancelled', 'lost' in the migrated"),
    (without_an_index, "upgrade", r"reviews has no index INDEX ON public.reviews USING btree \(user_id\)"),
    (another_collation, "upgrade", r'products.name is .* in .*, and .* collate "C" not null in the migrated'),
    (an_extension_too_many, "upgrade", "The extension citext is in the migrated database, and not in"),
    (row_security, "upgrade", "The table users is not the same"),
    (a_longer_domain, "upgrade", r"The type short is domain over.*\(10\) in .*\(20\) in the migrated"),
    (fails_half_way, "upgrade", 'PostgreSQL says: relation "nothing" does not exist, in line 8 of migrations/versions'),
    (raises, "upgrade", "ValueError: not like this, in line 8 of migrations/versions/0003_bad.py"),
    (exits, "upgrade", "stopped on an empty database: Python stopped in the middle"),
    (an_engine_of_its_own, "upgrade", "went to the database somewhere_else, which nobody named"),
    (drift, "drift", "1 difference between the models and the migrated database: add_column products.weight"),
    (only_in_sql, "drift", "10 differences .*: remove_index ix_orders_newest on orders, .* and 6 more"),
    (
        no_downgrade,
        "downgrade",
        "leaves the table addresses, the table cart_items, the table categories and 28 more",
    ),
    (downgrade_left_out, "downgrade", "alembic downgrade base stopped"),
    (type_left_behind, "downgrade", "leaves the type movement_type, the type order_status behind.*already exists"),
    (function_left_behind, "downgrade", r"stopped|leaves the function touch\(\)"),
    (downgrade_that_fails, "downgrade", 'stopped: PostgreSQL says: index "ix_nothing" does not exist'),
]


@pytest.mark.parametrize(("spoil", "rule", "words"), TURNED_DOWN, ids=[case[0].__name__ for case in TURNED_DOWN])
def test_it_is_turned_down(learner: Learner, spoil: Callable[[Learner], None], rule: str, words: str) -> None:
    spoil(learner)
    found = failures(learner.check())
    assert rule in found, {name: result.happened for name, result in found.items()}
    assert re.search(words, found[rule].happened or ""), found[rule].happened
    assert found[rule].next


@pytest.mark.parametrize(
    ("spoil", "rule", "words"),
    [
        (a_chain_with_a_gap, "head", "A down_revision names a revision that is not there: correct it."),
        (a_chain_that_bites_its_tail, "head", "correct it in the revision named here"),
        (a_revision_with_a_typing_error, "head", "Put line 10 of migrations/versions/0002_rules.py right"),
        (unstamped, "stamped", "so write the number in: %alembic stamp head"),
        (stamped_with_an_old_one, "stamped", "It holds all that the head brings, .*: %alembic stamp head"),
        (a_revision_that_nobody_has, "stamped", "so correct the number: %alembic stamp --purge head"),
        (changed_after_it_had_run, "stamped", "or a revision after it had run"),
        (a_drop_that_others_depend_on, "downgrade", "PostgreSQL advises: Use DROP ... CASCADE"),
    ],
)
def test_what_to_do_next(learner: Learner, spoil: Callable[[Learner], None], rule: str, words: str) -> None:
    spoil(learner)
    next_step = failures(learner.check())[rule].next or ""
    assert re.search(words, next_step), next_step


def test_a_stamp_that_is_behind_what_it_lacks(learner: Learner) -> None:
    learner.write(
        "migrations/versions/0003_later.py", revision("0003", "0002", 'op.execute("create table parcels ()")')
    )
    assert failures(learner.check())["stamped"].next == "Bring it up: %alembic upgrade head."


def test_what_only_sql_files_make_is_not_to_be_dropped(learner: Learner) -> None:
    only_in_sql(learner)
    next_step = failures(learner.check())["drift"].next or ""
    assert "tell Alembic to leave them alone" in next_step and "would drop them" in next_step


def test_a_revision_that_never_ends_is_stopped(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 4)
    never_ends(learner)
    assert "still running after 4 seconds" in (failures(learner.check())["upgrade"].happened or "")


def test_rules_that_only_a_try_shows_are_named_by_their_step(learner: Learner) -> None:
    without_the_rules(learner)
    result = failures(learner.check())["steps"]
    assert "step 5 (Inventory and reviews) does not pass" in (result.happened or "")


# -- projects that are taken -----------------------------------------------------------------------------------


def three_revisions(learner: Learner) -> None:
    learner.write("migrations/versions/0003_nothing.py", revision("0003", "0002"))
    learner.sql("update alembic_version set version_num = '0003'")


def other_names_of_constraints(learner: Learner) -> None:
    learner.edit(FIRST, "op.f('ck_products_price_not_negative')", "'no_gifts'")
    learner.sql("alter table products rename constraint ck_products_price_not_negative to no_gifts")


def another_order_of_columns(learner: Learner) -> None:
    learner.write(
        "models/parcels.py",
        "from sqlalchemy import Integer\nfrom sqlalchemy.orm import mapped_column\n\n"
        "from models.core import Product\n\nProduct.weight = mapped_column(Integer)\n",
    )
    learner.write(
        "migrations/versions/0003_weight.py",
        revision(
            "0003",
            "0002",
            'op.add_column("products", sa.Column("weight", sa.Integer()))',
            'op.drop_column("products", "weight")',
        ),
    )
    learner.sql("alter table products add column weight int; update alembic_version set version_num = '0003'")


def joined_heads(learner: Learner) -> None:
    learner.write("migrations/versions/0003_other.py", revision("0003", "0001"))
    learner.write(
        "migrations/versions/0004_join.py",
        revision("0004", None).replace("= '0004', None", "= '0004', ('0002', '0003')"),
    )
    learner.sql("update alembic_version set version_num = '0004'")


def as_alembic_makes_env(learner: Learner) -> None:
    template = Path(alembic.__file__).parent / "templates" / "generic" / "env.py"
    text = template.read_text("utf-8").replace(
        "target_metadata = None",
        "from config import Settings\nfrom models import Base\n\ntarget_metadata = Base.metadata\n"
        'config.set_main_option("sqlalchemy.url", Settings().database_url.replace("%", "%%"))\n\n\n'
        "def include_name(name, kind, parents):\n    return True\n\n\n"
        "def include_object(item, name, kind, reflected, other):\n"
        '    return not (kind == "index" and reflected and other is None)\n',
    )
    learner.write(
        "migrations/env.py",
        text.replace(
            "connection=connection, target_metadata=target_metadata",
            "connection=connection, target_metadata=target_metadata, include_object=include_object",
        ),
    )


def with_extensions_in_sql(learner: Learner) -> None:
    texts = [text for name in ("search", "analytics") for text in read_reference(name).files.values()]
    for number, text in enumerate(texts):
        learner.write(f"schemas/2{number}_extension.sql", text)
    learner.write("migrations/0003.sql", "\n".join(texts))
    up = "import pathlib; op.execute(pathlib.Path(__file__).parents[1].joinpath('0003.sql').read_text())"
    down = 'op.execute("drop materialized view daily_sales, product_sales")'
    learner.write("migrations/versions/0003_extensions.py", revision("0003", "0002", up, down))
    learner.sql("\n".join(texts) + "; update alembic_version set version_num = '0003'")


TAKEN = [
    with_extensions_in_sql,
    three_revisions,
    other_names_of_constraints,
    another_order_of_columns,
    joined_heads,
    as_alembic_makes_env,
]


@pytest.mark.parametrize("change", TAKEN, ids=[change.__name__ for change in TAKEN])
def test_it_is_taken(learner: Learner, change: Callable[[Learner], None]) -> None:
    change(learner)
    report = learner.check()
    assert report.passed, str(report)


# -- what is left afterwards -----------------------------------------------------------------------------------


def test_nothing_is_left_and_nothing_is_changed(learner: Learner) -> None:
    learner.sql(
        "insert into users (email, password_hash, first_name, last_name) values ('ada@shop.example', 'x', 'Ada', 'Xu')"
    )
    learner.check()
    with closing(postgres.connect(learner.url, "tests")) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from users")
        assert cursor.fetchone() == (1,)
        cursor.execute("select datname from pg_database where datname like 'workshop_scratch%'")
        assert cursor.fetchall() == []


def test_a_database_without_a_project_is_told_so(learner: Learner) -> None:
    with pytest.raises(Exception, match="say which folder with --project"):
        grade(7, Subject(learner.url, RoleMap(), learner.folder, has_project=False))


def test_nobody_has_begun(learner: Learner) -> None:
    shutil.rmtree(learner.folder / "migrations")
    assert not learner.check().attempted
    (learner.folder / "alembic.ini").unlink()
    learner.alembic("init", "migrations")
    assert not learner.check().attempted


def test_who_has_told_env_one_of_two_things_is_told_the_other(learner: Learner) -> None:
    no_revision(learner)
    metadata_is_none(learner)
    assert "knows no table" in (failures(learner.check())["metadata"].happened or "")
