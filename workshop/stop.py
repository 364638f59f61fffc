"""`python -m workshop stop`: ends the PostgreSQL that the workshop started."""

from workshop import postgres
from workshop.errors import WorkshopError


def main(arguments: list[str]) -> int:
    """Stop the embedded server and say what happened."""
    if arguments:
        raise WorkshopError("`stop` takes no arguments.")
    print(postgres.stop())
    return 0
