"""What the workshop asks of `checks`: by command and as JSON, since `workshop` never imports it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from workshop.errors import WorkshopError
from workshop.settings import ROOT, settings

#: Ten times what the slowest question takes on an old laptop; a trigger that never ends must not hold a notebook up.
SECONDS = 20


def ask(question: str, *arguments: object, url: str | None = None) -> Any:
    """What `python -m checks.<question> <arguments>` answers; with `url`, about that database.

    Raises WorkshopError with one sentence when it has no answer.
    """
    place = ("--database-url", "-", "--project", str(settings().project)) if url else ()
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"checks.{question}", *map(str, arguments), *place],
            cwd=ROOT,
            input=url or "",
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        said = f"They did not answer within {SECONDS} seconds."
    except ValueError:
        said = done.stderr.strip().rpartition("\n")[2]
    raise WorkshopError(f"The checks could not be asked. {said}")
