"""Leave a shared daemon: editors and commands start one on this machine again."""

from __future__ import annotations

import argparse

from huedot.daemon import lifecycle
from huedot.protocol.endpoint import SHARED, remove_endpoint

from .terminal import say


def configure(parser: argparse.ArgumentParser) -> None:
    """There is nothing to declare."""


def run(arguments: argparse.Namespace) -> int:
    """Leave, and say whether there was anything to leave."""
    was_shared = lifecycle.is_shared()
    remove_endpoint(SHARED)
    say("Left." if was_shared else "There was no shared daemon to leave.")
    return 0
