"""Write the plugins as .zip files, for installing them by hand."""

from __future__ import annotations

import argparse
from pathlib import Path

from huedot.daemon.install import plugins

from .options import add_json
from .terminal import say, say_json

HOW = {
    "krita": "In Krita: Tools > Scripts > Import Python Plugin from File, and start Krita again.",
    "gimp": "Unpack it into a folder of Edit > Preferences > Folders > Plug-ins, and start GIMP again.",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("-o", "--output", type=Path, default=Path("dist"), metavar="DIR", help="(default: %(default)s)")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write them, and say what to do with them."""
    paths = {editor: plugins.archive(editor, arguments.output) for editor in plugins.EDITORS}
    if arguments.json:
        say_json({editor: str(path) for editor, path in paths.items()})
        return 0
    for editor, path in paths.items():
        say(f"{path}\n  {HOW[editor]}")
    say("They find a HueDot that is installed on the same machine: pipx install huedot")
    return 0
