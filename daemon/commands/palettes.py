"""List, show, import and export sets of named colors, and name colors of your own."""

from __future__ import annotations

import argparse
from pathlib import Path

from huedot.protocol.errors import ArgumentError, FileError
from huedot.protocol.palettes import library
from huedot.protocol.palettes.files import write_palette

from .options import add_force, add_json, color
from .swatches import code_of
from .terminal import complain, say, say_columns, say_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done, and the options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_json(actions.add_parser("list", help="the sets that there are"))
    show = actions.add_parser("show", help="the colors of a set, and where each comes from")
    show.add_argument("set", metavar="SET", help="a set of the list")
    add_json(show)
    bring = actions.add_parser("import", help="make a palette of GIMP's or Krita's a set")
    bring.add_argument("file", type=Path, metavar="FILE", help="a .gpl or .kpl")
    bring.add_argument("--name", help="what to call the set (default: as the file)")
    export = actions.add_parser("export", help="write a set as a palette for GIMP, Krita and others")
    export.add_argument("set", metavar="SET", help="a set of the list")
    export.add_argument("file", type=Path, metavar="FILE", help="where to write: .gpl or .kpl")
    add_force(export)
    name = actions.add_parser("name", help="give a color a name of your own")
    name.add_argument("name", metavar="NAME", help='such as "Grandmother\'s coat"')
    name.add_argument("color", type=color, metavar="COLOR", help="#rrggbb")
    remove = actions.add_parser("remove", help="remove a color that you named, or a set that you imported")
    remove.add_argument("name", metavar="NAME", help="the color, or the set")


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked."""
    actions = {"list": _list, "show": _show, "import": _import, "export": _export, "name": _name, "remove": _remove}
    actions[arguments.action](arguments)
    return 0


def _list(arguments: argparse.Namespace) -> None:
    known = library.Library.read()
    for problem in known.problems:
        complain(problem)
    if arguments.json:
        say_json([{"set": key, "name": each.name, "colors": len(each.colors)} for key, each in known.sets.items()])
    else:
        rows = [(key, each.name, len(each.colors)) for key, each in known.sets.items()]
        say_columns([("set", "name", "colors"), *rows])


def _show(arguments: argparse.Namespace) -> None:
    from rich.console import Console

    from . import swatches

    palette = library.Library.read().palette(arguments.set)
    if arguments.json:
        colors = [{"name": each.name, "rgb": each.rgb, "source": each.note} for each in palette.colors]
        say_json({"name": palette.name, "note": palette.note, "colors": colors})
        return
    if palette.note:
        say(f"{palette.note}\n")
    swatches.show_named(((each.rgb, each.name, each.note) for each in palette.colors), Console())


def _import(arguments: argparse.Namespace) -> None:
    key, palette = library.add_set(arguments.file, arguments.name)
    if palette.left_out:
        complain(f"{palette.left_out} colors in inks or unknown spaces were left out.")
    say(f'{len(palette.colors)} colors are in the set {key}. In a hint file: "{key}/{palette.colors[0].name}".')


def _export(arguments: argparse.Namespace) -> None:
    palette = library.Library.read().palette(arguments.set)
    if arguments.file.exists() and not arguments.force:
        raise FileError(f"{arguments.file} is there already.", "Choose another file, or add --force.")
    write_palette(arguments.file, palette)
    say(f"{arguments.file} holds {len(palette.colors)} colors.")


def _name(arguments: argparse.Namespace) -> None:
    before = library.keep_color(arguments.name, arguments.color)
    was = f"; it was {code_of(before)}" if before and before != arguments.color else ""
    say(f"{arguments.name} is {code_of(arguments.color)}{was}.")


def _remove(arguments: argparse.Namespace) -> None:
    try:
        library.forget_color(arguments.name)
    except ArgumentError as error:
        # No color; a set, then?
        try:
            library.remove_set(arguments.name)
        except ArgumentError:
            raise error from None
    say(f"{arguments.name} is removed.")
