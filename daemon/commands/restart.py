"""Stop the daemon, by force if it hangs, and start another, with the options given here."""

from __future__ import annotations

import argparse

from huedot.daemon.serving import lifecycle

from . import start
from .serve import serve_options
from .terminal import working

configure = start.configure


def run(arguments: argparse.Namespace) -> int:
    """Stop, start, and say what runs now."""
    with working("restarting the daemon"):
        lifecycle.stop()
        hello, is_new = lifecycle.start(serve_options(arguments))
    start.report(arguments.json, hello, is_new)
    return 0
