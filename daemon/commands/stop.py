"""Stop the daemon, by force if it hangs. If none runs, all is well."""

from __future__ import annotations

import argparse

from huedot.daemon.serving import lifecycle

from .options import add_json
from .terminal import say, say_json, working


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Stop, and say whether there was anything to stop."""
    with working("stopping the daemon"):
        ran = lifecycle.stop()
    if arguments.json:
        say_json({"stopped": ran})
    else:
        say("The daemon is stopped." if ran else "No daemon ran.")
    return 0
