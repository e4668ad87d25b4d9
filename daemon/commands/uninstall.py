"""Take HueDot's plugins out of the editors of this machine; HueDot itself stays."""

from __future__ import annotations

import argparse

from huedot.daemon import plugins

from .install import add_editors, chosen
from .terminal import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_editors(parser)


def run(arguments: argparse.Namespace) -> int:
    """Remove, and say what was done."""
    for place in chosen(arguments):
        found = place.is_installed
        plugins.remove(place)
        say(f"{place.name}: {'removed' if found else 'was not installed'}.")
    say("HueDot itself stays; to remove it as well: pipx uninstall huedot")
    return 0
