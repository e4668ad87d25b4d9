"""Have systemd start the daemon when an editor connects: install, uninstall, status. For Linux."""

from __future__ import annotations

import argparse

from huedot.daemon.install import service
from huedot.daemon.serving import activation
from huedot.protocol.errors import ArgumentError

from .options import add_json
from .serve import add_serve_options, serve_options
from .terminal import say, say_columns, say_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done, and the options of the daemon."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_serve_options(actions.add_parser("install", help="write the units of the user's systemd, and have it listen"))
    actions.add_parser("uninstall", help="stop listening, and remove the units")
    add_json(actions.add_parser("status", help="say what is installed, and whether systemd listens"))


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked."""
    return {"install": _install, "uninstall": _uninstall, "status": _status}[arguments.action](arguments)


def _install(arguments: argparse.Namespace) -> int:
    options = serve_options(arguments)
    if options.tcp:
        raise ArgumentError("--tcp", "systemd passes on a Unix socket.", "For TCP: huedot serve --tcp.")
    for path in service.install(options):
        say(f"Wrote {path}")
    say("systemd starts the daemon when an editor connects. To undo this: huedot service uninstall")
    return 0


def _uninstall(_: argparse.Namespace) -> int:
    paths = service.uninstall()
    for path in paths:
        say(f"Removed {path}")
    say("The daemon is started by editors and commands again." if paths else "There was no service.")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    """Say how it is; 1 if it is not as it should be."""
    found = {
        "installed": activation.is_installed(),
        "current": service.is_current(),
        "socket": service.state(),
        "daemon": "waits for a connection" if activation.is_announced() else "see huedot status",
    }
    if arguments.json:
        say_json(found)
    else:
        say_columns(found.items())
    return 0 if found["installed"] and found["current"] and found["socket"] == "active" else 1
