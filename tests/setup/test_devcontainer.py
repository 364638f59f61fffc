"""What Codespaces and VS Code read: the dev container, and what an assistant is told."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from checks.help import prompt
from tests.setup.checkouts import ROOT, Checkout, machine


@pytest.fixture
def container() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    return found


def test_it_makes_the_environment_that_it_then_names(container: dict[str, Any], checkout: Checkout) -> None:
    command = ["sh", "-c", container["onCreateCommand"]]
    subprocess.run(command, cwd=checkout.root, env=machine(), check=True, capture_output=True, timeout=300)
    interpreter = container["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter.replace("${containerWorkspaceFolder}", str(checkout.root)) == str(checkout.python)
    assert checkout.python.exists()


def test_it_opens_on_a_notebook_that_is_there(container: dict[str, Any]) -> None:
    for name in container["customizations"]["codespaces"]["openFiles"]:
        assert (ROOT / name).is_file()


def test_an_assistant_is_told_what_the_prompts_tell_it() -> None:
    """The instructions hold each demand of copilot_prompt(n), said to the assistant in place of by the learner."""
    told = " ".join((ROOT / ".github/copilot-instructions.md").read_text(encoding="utf-8").split())
    title, *demands = prompt.EXPLAIN.splitlines()
    assert title in told
    for demand in demands:
        first = re.split(r"[,:.]", demand.removeprefix("- "))[0]
        assert _as_told(first) in told, demand


def _as_told(words: str) -> str:
    for mine, theirs in {
        "Ask me questions": "Ask questions",
        "my code": "the learner's code",
        "If I need to see code": "When code has to be seen",
        "When I think that I have it": "When the learner thinks that they have it",
    }.items():
        words = words.replace(mine, theirs)
    return words
