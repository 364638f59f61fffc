"""A dump is cut as psql would cut it."""

from __future__ import annotations

import pytest

from checks.grading.dump import Part, decoded, parts


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("select 1; select 2", ["select 1", " select 2"]),
        ("select ';'; select \"a;b\"", ["select ';'", ' select "a;b"']),
        (r"select E'it\'s; so'; select 1", [r"select E'it\'s; so'", " select 1"]),
        ("select 'it''s; so'; select 1", ["select 'it''s; so'", " select 1"]),
        ("do $$ begin; end $$; do $a$ $$; $a$;", ["do $$ begin; end $$", " do $a$ $$; $a$"]),
        ("select 1 -- one; two\n; select 2", ["select 1 -- one; two\n", " select 2"]),
        ("/* a; /* b; */ c; */ select 1;", ["/* a; /* b; */ c; */ select 1"[21:]]),
        ("\\connect shop\n\\restrict x\nselect 1;", ["select 1"]),
        (
            "create function f() returns int begin atomic select 1; select case when true then 1 end; end; select 2",
            [
                "create function f() returns int begin atomic select 1; select case when true then 1 end; end",
                " select 2",
            ],
        ),
        ("select $1; select a$b; ", ["select $1", " select a$b"]),
        ("", []),
        (" ; ;", []),
    ],
)
def test_statements(text: str, statements: list[str]) -> None:
    assert [part.sql.strip() for part in parts(text)] == [statement.strip() for statement in statements]


def test_rows_follow_a_copy() -> None:
    text = "copy t (a) from stdin;\none; two\n\\N\n\\.\n\nselect 1;\ncopy t from stdin;\n\\.\n"
    assert list(parts(text)) == [
        Part(1, "copy t (a) from stdin", "one; two\n\\N\n"),
        Part(6, "select 1"),
        Part(7, "copy t from stdin", ""),
    ]


def test_windows_writes_otherwise() -> None:
    assert decoded("select 'ü'".encode("utf-16")) == "select 'ü'"
    assert decoded(b"\xef\xbb\xbfselect 1") == "select 1"
    assert [part.sql for part in parts("copy t from stdin;\r\n1\r\n\\.\r\nselect 1;")] == [
        "copy t from stdin",
        "select 1",
    ]
