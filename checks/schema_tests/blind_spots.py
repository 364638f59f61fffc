"""Why tests notice nothing, read from their text. No verdict hangs on this: it only explains one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

#: Calls that make a test fail: pytest's raises and fail, unittest's assertRaises, a helper of the learner's own.
_DEMANDS = re.compile(r"assert|raises|fail|check|expect|verify|refuse|reject", re.IGNORECASE)


def blind_spot(project: Path, files: Iterable[Path]) -> str:
    """A sentence on the first thing that keeps tests from failing; empty when there is none to be seen."""
    trees = []
    for path in files:
        try:
            trees.append((path, ast.parse(path.read_text("utf-8", "replace"))))
        except SyntaxError:
            continue
    for path, tree in trees:
        for handler in _swallowing(tree):
            place = f"line {handler.lineno} of {path.relative_to(project).as_posix()}"
            return f"An except swallows the error there, in {place}: with or without it, the test passes."
    if not any(_demands(node) for _, tree in trees for node in ast.walk(tree)):
        return "They hold no assert and no pytest.raises, so hardly anything can make them fail."
    return ""


def _swallowing(tree: ast.AST) -> Iterator[ast.ExceptHandler | ast.With]:
    """An except that demands nothing, after a try that demands no error; or suppress."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            whole = [*node.body, *node.orelse, *node.finalbody]
            if any(_demands(part) for statement in whole for part in ast.walk(statement)):
                continue
            for handler in node.handlers:
                if not any(_demands(part) for statement in handler.body for part in ast.walk(statement)):
                    yield handler
        elif isinstance(node, ast.With) and any(_name(item.context_expr) == "suppress" for item in node.items):
            yield node


def _demands(node: ast.AST) -> bool:
    """It may make a test fail."""
    if isinstance(node, (ast.Assert, ast.Raise)):
        return True
    return isinstance(node, ast.Call) and bool(_DEMANDS.search(_name(node)))


def _name(node: ast.AST) -> str:
    """The name that a call is of."""
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
