"""Every wrong argument and every damaged file is answered in one sentence."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

from checks import check_extension, check_step, copilot_prompt, hint, scorecard, show_solution
from checks.grade import CheckerFault
from checks.overview import Scorecard
from tests.faults.conftest import LAST, assert_readable
from workshop import build_schema, catch_up, empty_database, reset_step, start_step
from workshop.errors import WorkshopError
from workshop.settings import settings

NO_STEPS: list[Any] = [
    *(None, "", "2", "two", b"2", 0, -1, 9, 10**30, 2.5, float("nan"), float("inf"), True, False, 2j),
    *(
        [2],
        (2,),
        {2: 2},
        {2},
        object(),
        int,
        check_step,
        ...,
        NotImplemented,
        range(2),
        Path("2"),
        "\0",
        "☕️",
    ),
]
NO_URLS: list[Any] = [
    *(
        "",
        " ",
        "x",
        "\0",
        "☕️",
        "http://localhost",
        "postgresql://",
        "postgresql:///\0",
        "sqlite://",
        "postgresql://[",
        3,
    ),
    *("postgresql://u:p@localhost:x/db", "postgresql://u:p@localhost:99999/db", "postgresql://u:p@127.0.0.1:1/db"),
    *(
        "postgresql://u:p@\0/db",
        "postgresql://u:p@127.0.0.1:1/db?x=y",
        b"postgresql://u:p@127.0.0.1:1/db",
        [],
        object(),
    ),
    *(
        "postgresql://" + "u" * 10_000 + "@127.0.0.1:1/db",
        "postgresql://u:p@no such host/db",
        "postgresql://u:%00@127.0.0.1:1/d",
    ),
]
NO_ROLE_MAPS: dict[str, bytes] = {
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00",
    "with a character 0": b"[tables]\nusers = 'a\0b'",
    "in Latin-1": "[tables]\nusers = 'K\u00e4ufer'".encode("latin-1"),
    "in UTF-16": "[tables]\nusers = 'members'".encode("utf-16"),
    "broken off": b"[tables]\nusers = 'mem",
    "tables is a number": b"tables = 3",
    "tables is a list": b"tables = ['users']",
    "columns is a text": b"columns = 'users'",
    "columns of a part are a number": b"[columns]\nusers = 3",
    "columns are nested too deep": b"[columns]\nusers.email.address = 'x'",
    "a name is a list": b"[tables]\nusers = ['a', 'b']",
    "a name is empty": b"[tables]\nusers = ''",
    "a name has a character 0": b'[tables]\nusers = "a\\u0000b"',
    "a part twice": b"[tables]\nusers = 'a'\nusers = 'b'",
    "deeply nested": b"x = " + b"[" * 5000 + b"]" * 5000,
}
FINE_ROLE_MAPS: dict[str, bytes] = {
    "empty": b"",
    "with a byte order mark": b"\xef\xbb\xbf[tables]\nusers = 'users'",
    "with Windows line ends": b"[tables]\r\nusers = 'users'\r\n",
    "10 MB long": b"# " + b"x" * 10_000_000 + b"\n[tables]\nusers = 'users'\n",
    "other sections": b"[mine]\nx = 1",
}


def _name(value: Any) -> str:
    """What a value is called: its words without its place in memory, so that each process calls it the same."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))[:40]


def _said(call: Any, *arguments: Any, **named: Any) -> str:
    """The sentence of a call that has to fail."""
    with pytest.raises(WorkshopError) as told, contextlib.redirect_stdout(io.StringIO()):
        call(*arguments, **named)
    assert not isinstance(told.value, CheckerFault), told.value
    assert_readable(str(told.value))
    return str(told.value)


@pytest.mark.parametrize("step", NO_STEPS, ids=_name)
@pytest.mark.parametrize("call", [check_step, hint, copilot_prompt, show_solution, start_step, reset_step, catch_up])
def test_no_step(database: str, call: Any, step: Any) -> None:
    _said(call, step)


@pytest.mark.parametrize("url", NO_URLS, ids=_name)
@pytest.mark.parametrize("call", [lambda url: check_step(2, database_url=url), build_schema], ids=["check", "build"])
def test_no_database(call: Any, url: Any) -> None:
    folder = settings().project / "schemas"
    folder.mkdir(parents=True)
    (folder / "01.sql").write_text("create table t ()")
    assert ":p@" not in _said(call, url)


@pytest.mark.parametrize("content", NO_ROLE_MAPS.values(), ids=NO_ROLE_MAPS.keys())
def test_a_damaged_role_map(database: str, tmp_path: Path, content: bytes) -> None:
    names = tmp_path / "names.toml"
    names.write_bytes(content)
    _said(check_step, LAST, names=names)


@pytest.mark.parametrize("content", FINE_ROLE_MAPS.values(), ids=FINE_ROLE_MAPS.keys())
def test_a_role_map_that_will_do(database: str, tmp_path: Path, content: bytes) -> None:
    names = tmp_path / "names.toml"
    names.write_bytes(content)
    assert not check_step(LAST, names=str(names)).passed


@pytest.mark.parametrize(
    "names", ["", "\0", "nowhere.toml", ".", "x" * 10_000, 3, [], object(), b"names.toml"], ids=_name
)
def test_no_role_map(database: str, names: Any) -> None:
    _said(check_step, LAST, names=names)


@pytest.mark.parametrize("name", [*NO_STEPS, 2, "Coupons", "wishlist", "coupons ", "no\nsuch"], ids=_name)
def test_no_extension(database: str, name: Any) -> None:
    _said(check_extension, name)


@pytest.mark.parametrize("step", [7, 8])
@pytest.mark.parametrize("url", NO_URLS[:12], ids=_name)
def test_no_database_of_a_late_step(step: int, url: Any) -> None:
    _said(check_step, step, database_url=url)


@pytest.mark.parametrize(
    "path", ["", ".", "score", "score.pdf", "\0.json", "no/such/folder.html", "~nobody-here/a.json", 3, None, b"a.json"]
)
def test_no_file_for_a_scorecard(path: Any) -> None:
    _said(Scorecard([]).save, path)


@pytest.mark.parametrize("call", [scorecard, lambda: empty_database().__enter__()], ids=["scorecard", "empty database"])
def test_no_database_at_all(call: Any) -> None:
    _said(call)
