"""python -m checks STEP --database-url URL [--json] [--names names.toml]; STEP may be an extension, such as coupons.
   python -m checks grade SUBMISSIONS --output FOLDER

Exit status: 0 passed, 1 not passed, 2 could not run (one line on standard error says why).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from checks.command import Parser, could_not_run, subject
from workshop.bootstrap import what_is_missing
from workshop.errors import WorkshopError

PASSED, NOT_PASSED = 0, 1


def _parser() -> Parser:
    parser = Parser(prog="python -m checks", description="Check a step, or an extension, against a live database.")
    parser.add_argument("step", help="which step to check, by its number, or which extension, by its name")
    parser.add_subject()
    parser.add_argument(
        "--names", metavar="FILE", help="a role map: names of tables and columns that are not the usual"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade one step or extension, print its report, and return the exit status; or grade a class."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["grade"]:
        from checks.grading.command import main as grade_class

        return grade_class(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        from checks.grade import chapter_key, grade

        key = chapter_key(int(options.step) if options.step.isdecimal() else options.step)
        report = grade(key, subject(options, options.names))
    except ImportError as error:
        return could_not_run(WorkshopError(what_is_missing(error)))
    except WorkshopError as error:
        return could_not_run(error)
    print(json.dumps(report.to_dict(), ensure_ascii=False) if options.json else report)
    return PASSED if report.passed else NOT_PASSED


if __name__ == "__main__":
    sys.exit(main())
