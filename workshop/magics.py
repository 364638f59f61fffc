"""The notebook's magics: `%%project_file` above a cell, `%alembic` and `%pytest` in a line."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from workshop import project


@magics_class
class ProjectMagics(Magics):
    """What a notebook needs to write the project's files."""

    @no_var_expand
    @cell_magic
    def project_file(self, line: str, cell: str) -> None:
        """Make the cell a file of the project: `%%project_file models/core.py`.

        A Python file is written when the project can be loaded with it; what it defines is then there in the notebook.
        """
        print(project.save(line, cell))

    @no_var_expand
    @line_magic
    def alembic(self, line: str) -> None:
        """Run Alembic in the project folder: `%alembic upgrade head`, as in a terminal without the %."""
        from workshop import migrations

        migrations.alembic(line)

    @no_var_expand
    @line_magic
    def pytest(self, line: str) -> None:
        """Run the project's tests: `%pytest`, or `%pytest -k email` for those with that word in their names."""
        from workshop import own_tests

        own_tests.run_pytest(line)


def register(shell: InteractiveShell) -> None:
    """Give the shell the magics; doing so twice changes nothing."""
    shell.register_magics(ProjectMagics)
