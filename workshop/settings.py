"""What can be set from outside: the `WORKSHOP_*` environment variables and `DATABASE_URL`."""

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from workshop.errors import WorkshopError

ROOT = Path(__file__).resolve().parent.parent

PREFIX = "WORKSHOP_"


def _below_root(path: Path) -> Path:
    """An absolute path; a relative one counts from the repository, wherever the notebook runs."""
    try:
        return ROOT / path.expanduser()
    except RuntimeError:
        raise ValueError("nobody of that name has a home folder here") from None


FolderPath = Annotated[Path, AfterValidator(_below_root)]


class Settings(BaseSettings):
    """The workshop's settings; each field is read from the environment variable `WORKSHOP_<FIELD>`.

    `database_url` alone has no prefix: `DATABASE_URL` is the name that other tools know.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    postgres: Literal["auto", "embedded", "container", "external"] = "auto"
    home: FolderPath = ROOT / ".workshop"
    project: FolderPath = ROOT / "ecommerce-db"
    # PostgreSQL cuts names after 63 bytes.
    database: Annotated[str, StringConstraints(min_length=1, max_length=63)] = "ecommerce"
    postgres_image: str = "postgres:18"
    postgres_bin: FolderPath | None = None
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL", repr=False)


def settings() -> Settings:
    """Read the settings from the environment as it is now.

    Raises:
        WorkshopError: a variable holds something it can't; the sentence names it.
    """
    ours = ((name, value) for name, value in os.environ.items() if name.upper().startswith((PREFIX, "DATABASE_URL")))
    return _read(frozenset(ours))


@lru_cache(maxsize=1)
def _read(environment: frozenset[tuple[str, str]]) -> Settings:
    """The settings, as long as the environment says the same: to read them anew takes longer than many a check."""
    try:
        return Settings()
    except ValidationError as error:
        raise WorkshopError(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    """Say which variable is wrong and what fits, by the first thing pydantic found."""
    first = error.errors()[0]
    field = str(first["loc"][0])
    variable = field if field.isupper() else PREFIX + field.upper()
    reason = re.sub(r"^(Input|String) should", "it should", first["msg"].removeprefix("Value error, "))
    return f"The environment variable {variable} is set to {str(first['input'])!r}, but {reason}; correct or unset it."
