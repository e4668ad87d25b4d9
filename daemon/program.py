"""Where the installed command `huedot` begins, before a file of the user's can be taken for a module."""

import sys

from . import keep_strays_out


def main() -> int:
    """Run the command line of this process, and return its exit code."""
    keep_strays_out()
    from .cli import main as run

    return run(sys.argv[1:])
