"""Start the daemon in the background, unless one runs, and wait until it answers."""

from __future__ import annotations

import argparse

from huedot.daemon.serving import lifecycle
from huedot.protocol.wire import Header

from .options import add_json
from .serve import add_serve_options, serve_options
from .terminal import say, say_json, working

SHOWN = ("pid", "instance", "device", "models", "daemon_version", "protocol")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_serve_options(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Start, and say what runs now."""
    with working("starting the daemon"):
        hello, is_new = lifecycle.start(serve_options(arguments))
    report(arguments.json, hello, is_new)
    return 0


def report(as_json: bool, hello: Header, is_new: bool) -> None:
    """Say which daemon runs, and whether it is new."""
    if as_json:
        say_json({"started": is_new, **{name: hello[name] for name in SHOWN}})
    else:
        say(f"The daemon {'runs now' if is_new else 'ran already'}: process {hello['pid']}.")
