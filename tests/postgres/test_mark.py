"""The workshop's mark on a database."""

from contextlib import closing

import pytest

from workshop.postgres import Mark, connect, read_mark, write_mark


def test_a_mark_comes_back_as_it_was_written(database: str) -> None:
    with closing(connect(database, "tests")) as connection:
        for mark in (Mark(), Mark("abc"), Mark("'; drop table users; --\\")):
            write_mark(connection, mark)
            assert read_mark(connection) == mark


def test_a_mark_belongs_to_the_transaction(database: str) -> None:
    with closing(connect(database, "tests")) as connection:
        write_mark(connection, Mark("new"))
        connection.rollback()
        assert read_mark(connection) == Mark(None)


@pytest.mark.parametrize(
    "comment",
    [
        "'my shop'",
        "'{\"built_from\": null}'",
        '\'{"schema_workbook": 1, "built_from": 7}\'',
        '\'{"schema_workbook": 1, "built_f\'',
        '\'{"schema_workbook": 2, "built_from": null}\'',
        "'[1]'",
        "'null'",
        "''",
        "null",
    ],
)
def test_any_other_comment_is_no_mark(database: str, comment: str) -> None:
    with closing(connect(database, "tests")) as connection, connection.cursor() as cursor:
        assert read_mark(connection) == Mark()
        cursor.execute("select current_database()")
        (name,) = cursor.fetchone() or ("",)
        cursor.execute(f"comment on database {name} is {comment}")
        assert read_mark(connection) is None
