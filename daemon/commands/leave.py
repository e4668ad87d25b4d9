"""Leave a shared daemon: editors and commands start one on this machine again."""

from __future__ import annotations

import argparse

from huedot.daemon.serving import lifecycle

from .terminal import say


def configure(parser: argparse.ArgumentParser) -> None:
    """There is nothing to declare."""


def run(arguments: argparse.Namespace) -> int:
    """Leave, and say whether there was anything to leave."""
    say("Left." if lifecycle.leave() else "There was no shared daemon to leave.")
    return 0
