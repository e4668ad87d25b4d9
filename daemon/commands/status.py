"""Say how the daemon is: where it computes, what it holds, how quick it was."""

from __future__ import annotations

import argparse

from huedot.daemon.serving import lifecycle
from huedot.protocol.errors import DaemonUnreachable
from huedot.protocol.wire import Header

from .options import add_json
from .terminal import say_columns, say_json

# These are of every reply, and say nothing about the daemon.
ENVELOPE = ("id", "seq", "kind", "frames")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask the daemon; 1 if none runs."""
    try:
        fields = lifecycle.status()
    except DaemonUnreachable:
        if not arguments.json:
            raise
        say_json({"running": False})
        return 1
    known = {name: value for name, value in fields.items() if name not in ENVELOPE}
    if arguments.json:
        say_json({"running": True, **known})
    else:
        say_columns([*_rows(known), ("log", str(lifecycle.log_path()))])
    return 0


def _rows(known: Header) -> list[tuple[str, str]]:
    """Write the fields as rows for people."""
    return [(name.replace("_", " "), _text(value)) for name, value in known.items()]


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.1f}"
    return "none yet" if value is None else str(value)
