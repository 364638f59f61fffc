"""`pytest --nbval solutions/`: the notebooks run in a workshop of their own, beside the learner's."""

from functools import cache
from pathlib import Path

import pytest

from workshop.scratch import make_ready_for, scratch_workshop
from workshop.steps import find_notebook

_SANITIZE = Path(__file__).with_name("nbval_sanitize.cfg")


def pytest_configure(config: pytest.Config) -> None:
    """Kernels inherit this process's environment; under pytest-xdist every worker is a process of its own."""
    option = config.option
    option.nbval_sanitize_with = option.nbval_sanitize_with or str(_SANITIZE)
    option.nbval_current_env = not option.nbval_kernel_name  # a kernel "python3" of another environment may be first
    if getattr(option, "dist", "no") == "load":
        option.dist = "loadfile"  # the cells of one notebook belong together
    scratch = scratch_workshop()
    scratch.__enter__()
    config.add_cleanup(lambda: scratch.__exit__(None, None, None))


@pytest.hookimpl(trylast=True)
def pytest_collectstart(collector: pytest.Collector) -> None:
    """Compare what the outputs say; how they look, in colours and pixels, may change."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("text/html", "image/svg+xml")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A notebook finds the steps before it built, also where it runs alone or on a worker of its own."""
    if item.path.suffix == ".ipynb":
        _make_ready(item.path)


@cache
def _make_ready(notebook: Path) -> None:
    make_ready_for(find_notebook(notebook))
