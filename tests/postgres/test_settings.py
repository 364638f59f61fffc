"""The settings: read anew each time, relative to the repository, and plain about what is wrong."""

from pathlib import Path

import pytest

from workshop.errors import WorkshopError
from workshop.settings import ROOT, settings


def test_what_holds_when_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POSTGRES", "HOME", "PROJECT", "DATABASE", "POSTGRES_IMAGE", "POSTGRES_BIN"):
        monkeypatch.delenv(f"WORKSHOP_{name}", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    found = settings()
    assert found.postgres == "auto"
    assert (found.home, found.project) == (ROOT / ".workshop", ROOT / "ecommerce-db")
    assert (found.database, found.postgres_image) == ("ecommerce", "postgres:18")
    assert found.postgres_bin is None
    assert found.database_url is None
    assert (ROOT / "workshop" / "settings.py").is_file()


def test_each_call_reads_the_environment_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    monkeypatch.setenv("WORKSHOP_DATABASE", "shop")
    assert (settings().home, settings().database) == (tmp_path, "shop")
    monkeypatch.setenv("WORKSHOP_DATABASE", "other")
    assert settings().database == "other"


def test_relative_paths_count_from_the_repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKSHOP_HOME", "some/home")
    monkeypatch.setenv("WORKSHOP_PROJECT", "my shop")
    monkeypatch.setenv("WORKSHOP_POSTGRES_BIN", "bin")
    found = settings()
    assert (found.home, found.project, found.postgres_bin) == (ROOT / "some" / "home", ROOT / "my shop", ROOT / "bin")


def test_a_tilde_is_the_users_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_PROJECT", "~/shop")
    assert settings().project == Path.home() / "shop"


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKSHOP_POSTGRES", "WORKSHOP_DATABASE", "WORKSHOP_POSTGRES_BIN", "DATABASE_URL"):
        monkeypatch.setenv(name, "")
    found = settings()
    assert (found.postgres, found.database, found.postgres_bin, found.database_url) == ("auto", "ecommerce", None, None)


def test_database_url_has_no_prefix_and_does_not_show_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret@h/d")
    monkeypatch.setenv("WORKSHOP_DATABASE_URL", "postgresql://not/this")
    assert settings().database_url == "postgresql://u:secret@h/d"
    assert "secret" not in repr(settings()) + str(settings())


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        (
            "WORKSHOP_POSTGRES",
            "docker",
            "The environment variable WORKSHOP_POSTGRES is set to 'docker', but it should be 'auto', 'embedded', "
            "'container' or 'external'; correct or unset it.",
        ),
        (
            "WORKSHOP_DATABASE",
            "x" * 64,
            f"The environment variable WORKSHOP_DATABASE is set to '{'x' * 64}', but it should have at most 63 "
            "characters; correct or unset it.",
        ),
        (
            "WORKSHOP_HOME",
            "~nobody-of-this-name/x",
            "The environment variable WORKSHOP_HOME is set to '~nobody-of-this-name/x', but nobody of that name has a "
            "home folder here; correct or unset it.",
        ),
    ],
)
def test_a_bad_value_is_told_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(WorkshopError) as caught:
        settings()
    assert str(caught.value) == sentence
