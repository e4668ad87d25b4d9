"""Install HueDot's plugins into the editors of this machine, or bring them up to date."""

from __future__ import annotations

import argparse
from pathlib import Path

from huedot.daemon.install import plugins
from huedot.protocol.errors import ArgumentError, FileError

from .terminal import complain, say

HOW = {
    "krita": "Start Krita again; HueDot is under Settings > Dockers.",
    "gimp": "Start GIMP again; HueDot is in the menu Colors.",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_editors(parser)


def add_editors(parser: argparse.ArgumentParser) -> None:
    """Declare which editors are meant."""
    parser.add_argument(
        "editors", nargs="*", metavar="EDITOR", choices=(*plugins.EDITORS, []), help="krita or gimp (default: all)"
    )
    parser.add_argument("--folder", type=Path, metavar="DIR", help="the editor's folder of plugins, if it is not found")


def chosen(arguments: argparse.Namespace) -> list[plugins.Destination]:
    """Return the destinations that are meant; raises FileError if an editor that was named is not on this machine.

    And ArgumentError for a folder without an editor.
    """
    if arguments.folder and len(arguments.editors) != 1:
        raise ArgumentError("--folder", "is the folder of one editor.", "Name it: huedot install krita --folder DIR.")
    found = []
    for editor in arguments.editors or plugins.EDITORS:
        here = plugins.destinations(editor)
        if arguments.folder:
            here = [plugins.given(editor, arguments.folder)]
        if not here and arguments.editors:
            name = plugins.LAYOUTS[editor].name
            raise FileError(f"{name} was not found.", f"Start {name} once, or name its plugin folder: --folder DIR.")
        found += here
    return found


def run(arguments: argparse.Namespace) -> int:
    """Install, and say what was done and how to undo it."""
    for snap in plugins.snaps():
        complain(f"{snap} is here as a snap, whose walls keep plugins from the daemon. Use its AppImage or Flatpak.")
    destinations = chosen(arguments)
    if not destinations:
        raise FileError("No editor was found.", "Install Krita or GIMP 3, start it once, and try again.")
    for destination in destinations:
        was = "brought up to date" if destination.is_installed else "installed"
        plugins.install(destination)
        say(f"{destination.name}: {was} in {destination.plugin}. {HOW[destination.editor]}")
    reached = {destination.editor for destination in destinations}
    missed = [] if arguments.editors else [editor for editor in plugins.EDITORS if editor not in reached]
    for editor in missed:
        name = plugins.LAYOUTS[editor].name
        complain(f"{name} was not found. If it is here: start it once, then huedot install {editor}")
    say("To undo this: huedot uninstall")
    return 0
