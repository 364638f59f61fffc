"""What the workshop asks of `checks`: by command and as JSON, since `workshop` never imports it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from workshop.errors import WorkshopError
from workshop.settings import ROOT

#: Ten times what the slowest question takes on an old laptop; a trigger that never ends must not hold a notebook up.
SECONDS = 20


def ask(question: str, *arguments: object, url: str | None = None) -> Any:
    """What `python -m checks.<question> <arguments>` answers; with `url`, about that database.

    Raises WorkshopError with one sentence when it has no answer.
    """
    # In the environment and not among the arguments: the URL has a password, and everybody sees arguments.
    place = {} if url is None else {"DATABASE_URL": url, "WORKSHOP_POSTGRES": "external"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"checks.{question}", *map(str, arguments)],
            cwd=ROOT,
            env=os.environ | place,
            stdin=subprocess.DEVNULL,
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
