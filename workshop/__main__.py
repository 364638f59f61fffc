"""`python3 -m workshop`: says so on a Python that is too old, and hands over to `workshop.cli` on any other."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "The workshop needs Python 3.11 or newer, and this is Python %d.%d: install a newer one "
        "(https://www.python.org/downloads/) and run the command with it." % sys.version_info[:2]
    )

from workshop.cli import main

sys.exit(main(sys.argv[1:]))
