"""The learner's surroundings: a PostgreSQL, a project folder, helpers for the notebook.

Standard library alone, and in the syntax of old Pythons: `python3 -m workshop` comes through here on a machine that has
nothing yet. Each name below is loaded when it is first asked for.
"""

_HOMES = {
    "build_indexes": "workshop.schema",
    "build_schema": "workshop.schema",
    "catch_up": "workshop.catchup",
    "count_statements": "workshop.statements",
    "empty_database": "workshop.migrations",
    "explain": "workshop.plans",
    "load_sample_data": "workshop.sample_data",
    "measure_writes": "workshop.measure",
    "reset_step": "workshop.start",
    "show_diagram": "workshop.diagram",
    "show_plans": "workshop.plans",
    "side_by_side": "workshop.two_connections",
    "start_step": "workshop.start",
}

__all__ = [
    "build_indexes",
    "build_schema",
    "catch_up",
    "count_statements",
    "empty_database",
    "explain",
    "load_sample_data",
    "measure_writes",
    "reset_step",
    "show_diagram",
    "show_plans",
    "side_by_side",
    "start_step",
]

TYPE_CHECKING = False  # type checkers take it for true; importing it from typing would need a Python that has it
if TYPE_CHECKING:
    from workshop.catchup import catch_up
    from workshop.diagram import show_diagram
    from workshop.measure import measure_writes
    from workshop.migrations import empty_database
    from workshop.plans import explain, show_plans
    from workshop.sample_data import load_sample_data
    from workshop.schema import build_indexes, build_schema
    from workshop.start import reset_step, start_step
    from workshop.statements import count_statements
    from workshop.two_connections import side_by_side


def __getattr__(name):  # type: (str) -> object
    """The public name, loaded from its module."""
    if name not in _HOMES:
        raise AttributeError("module 'workshop' has no attribute {!r}".format(name))
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__():  # type: () -> list[str]
    return sorted(list(globals()) + __all__)
