"""The notebook's `%sql` and `%%sql`: ipython-sql 0.5.0, set up so that it does what PostgreSQL does.

As it comes, it commits after each statement even between `begin` and `rollback`, and only prints errors, so that a
cell with one passes. Here the connection is in autocommit mode, a cell is sent as a whole, and an error fails it.

`:name` stands for a variable of the notebook, but not inside of strings, comments and function bodies. Braces and `$`
mean nothing. `%sql --persist` and other options are ipython-sql's own. What can't be done: psql's `\\d` and the like,
`copy … from stdin`, and `vacuum` beside other statements in one cell.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import psycopg2
import sqlalchemy as sa
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import cell_magic, line_magic, magics_class, needs_local_scope, no_var_expand
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INERROR
from psycopg2.extensions import connection as Connection
from sql import connection as ipython_sql
from sql.magic import SqlMagic as IPythonSql
from sql.parse import parse
from sql.run import ResultSet
from sqlalchemy.exc import DBAPIError
from traitlets import Bool

from workshop.errors import WorkshopError
from workshop.postgres import connect, current_url, normalise_url


class SqlError(WorkshopError):
    """PostgreSQL refused the statement; the text is what it says."""


def register(shell: InteractiveShell, url: str) -> None:
    """Give the shell `%sql`, connected to the database at `url`."""
    shell.register_magics(SqlMagic)
    # From here on `%load_ext sql`, a habit of many, says "already loaded" instead of putting the original in our place.
    if shell.extension_manager is not None:
        shell.extension_manager.loaded.add("sql")
    _open(url)


class Rows(ResultSet):  # type: ignore[misc]
    """ipython-sql's result; its DataFrame keeps the columns when there are no rows."""

    def DataFrame(self) -> Any:
        """The rows as a pandas DataFrame."""
        import pandas as pd  # type: ignore[import-untyped]

        return pd.DataFrame(list(self), columns=list(self.keys))


@magics_class
class SqlMagic(IPythonSql):  # type: ignore[misc]
    """`%sql` and `%%sql`."""

    displaycon = Bool(False, config=True, help="Show the connection after each statement")
    feedback = Bool(True, config=True, help="Say what PostgreSQL did where it gives no rows, as psql does")

    @no_var_expand
    @needs_local_scope
    @line_magic("sql")
    @cell_magic("sql")  # type: ignore[arg-type]
    def execute(self, line: str = "", cell: str = "", local_ns: Mapping[str, object] | None = None) -> Any:
        """Run SQL on the workshop's database, and show the last statement's rows.

        `%sql select …`, `%%sql` above a cell of statements, or `%sql name << select …` to keep the rows as `name`.
        """
        if line.split(None, 1)[:1] and line.split(None, 1)[0] in _OPTIONS:
            return super().execute(line, cell, local_ns)
        found = parse(f"{line}\n{cell}", self)
        if found["connection"]:
            _open(normalise_url(found["connection"]))
        if not found["sql"].strip():
            return None
        rows = self._run(found["sql"], {**self.shell.user_ns, **(local_ns or {})})
        if found["result_var"]:
            self.shell.user_ns[found["result_var"]] = rows
            return None
        return rows

    def _run(self, statements: str, variables: Mapping[str, object]) -> Any:
        text = sa.text(_without_chance_variables(statements))
        names = list(text.compile().params)
        missing = next((name for name in names if name not in variables), None)
        if missing:
            raise SqlError(f"Here :{missing} stands for a variable of the notebook, and there is none of that name.")
        connection = _alive()
        try:
            result = connection.execute(text, {name: variables[name] for name in names})
        except DBAPIError as error:
            words = _words(error, connection)
        else:
            connection.commit()  # SQLAlchemy's own book-keeping; PostgreSQL commits by itself
            if not result.returns_rows:
                if self.feedback:
                    print(result.context.cursor.statusmessage)
                return None
            rows = Rows(result, self)
            return rows.DataFrame() if self.autopandas else rows
        connection.rollback()
        raise SqlError(words)


SqlMagic.execute.parser = IPythonSql.execute.parser  # the options are the original's
_OPTIONS = {option for action in IPythonSql.execute.parser._actions for option in action.option_strings}

_NO_CODE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|(\$\w*\$).*?\1", re.DOTALL)
_VARIABLE = re.compile(r"(?<![:\w$\\]):(?=[\w$]+(?![:\w$]))")  # what SQLAlchemy takes for one


def _without_chance_variables(statements: str) -> str:
    """Keep a colon in a string, a comment or a function body from reading as `:name`."""
    return _NO_CODE.sub(lambda match: _VARIABLE.sub(r"\\:", match[0]), statements)


def _words(error: DBAPIError, connection: sa.Connection) -> str:
    words = str(error.orig).strip()
    if error.connection_invalidated:
        return f"PostgreSQL broke off: {words}\nCall start_step(n) with the number of your step, then run this again."
    if _driver(connection).info.transaction_status == TRANSACTION_STATUS_INERROR:
        return f"PostgreSQL says: {words}\nThe transaction that you began can't go on: end it with %sql rollback"
    return f"PostgreSQL says: {words}"


def _open(url: str) -> sa.Connection:
    """Make the database at `url` the one that ipython-sql works on."""

    def autocommitting() -> Connection:
        connection = connect(url, f"%sql in {os.environ.get('PGAPPNAME', 'a notebook')}")
        connection.autocommit = True
        return connection

    for old in ipython_sql.Connection.connections.values():
        old.internal_connection.invalidate()  # close() alone would first talk to a server that may be gone
        old.internal_connection.close()
    ipython_sql.Connection.connections.clear()
    fresh: sa.Connection = ipython_sql.Connection(url, creator=autocommitting).internal_connection
    return fresh


def _alive() -> sa.Connection:
    """The open connection; a new one where the server has been away in the meantime."""
    connection: sa.Connection = ipython_sql.Connection.current.internal_connection
    try:
        driver = _driver(connection)
        if driver.info.transaction_status == TRANSACTION_STATUS_IDLE:
            with driver.cursor() as cursor:
                cursor.execute("select")
            return connection
        if not driver.closed:
            return connection
    except (psycopg2.Error, sa.exc.SQLAlchemyError):
        pass
    return _open(current_url())


def _driver(connection: sa.Connection) -> Connection:
    driver: Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
    return driver
