"""The one kind of error that a learner sees from the workshop: a sentence that says what to do next."""


class WorkshopError(Exception):
    """Something the learner can put right; its text is the sentence to show."""

    def _render_traceback_(self) -> list[str]:
        """Let IPython show the sentence alone: our own stack says nothing to a learner."""
        return [str(self)]
