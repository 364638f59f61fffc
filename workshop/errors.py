"""The one kind of error that a learner sees from the workshop: a sentence that says what to do next."""

import sys
from types import TracebackType


class WorkshopError(Exception):
    """Something the learner can put right; its text is the sentence to show."""

    def _render_traceback_(self) -> list[str]:
        """Let IPython show the sentence alone: our own stack says nothing to a learner."""
        return [str(self)]


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The same for plain Python, which asks nobody how to show an error that ends it."""
    if isinstance(error, WorkshopError):
        print(error, file=sys.stderr)
    else:
        _show_others(kind, error, trace)


_show_others, sys.excepthook = sys.excepthook, _show
