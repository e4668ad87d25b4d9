"""Take HueDot's plugins out of the editors of this machine; with --all, also what HueDot wrote for itself."""

from __future__ import annotations

import argparse

from huedot.daemon.install import plugins, service, traces
from huedot.daemon.serving import lifecycle

from .install import add_editors, chosen
from .terminal import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_editors(parser)
    help_text = "stop the daemon, and remove its service, log and runtime files, and downloaded weights"
    parser.add_argument("--all", action="store_true", help=help_text)


def run(arguments: argparse.Namespace) -> int:
    """Remove, and say what was done and what stays."""
    for destination in chosen(arguments):
        found = destination.is_installed
        plugins.remove(destination)
        say(f"{destination.name}: {'removed' if found else 'was not installed'}.")
    if arguments.all:
        _remove_all()
    elif written := traces.traces():
        for path in written:
            say(f"Stays: {path}")
        say("To remove these files as well: huedot uninstall --all")
    say("HueDot itself stays; to remove it: pipx uninstall huedot (or: uv tool uninstall huedot, pip uninstall huedot)")
    return 0


def _remove_all() -> None:
    lifecycle.leave()
    lifecycle.stop()
    units = service.uninstall()
    written = traces.traces()
    traces.remove(written)
    for path in [*units, *written]:
        say(f"Removed: {path}")
