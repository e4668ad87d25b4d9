"""List, fetch, import and verify the weights of networks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from huedot.protocol.errors import HueDotError

from .options import add_json
from .terminal import complain, say, say_columns, say_json, working


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done, and the options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_json(actions.add_parser("list", help="what is shipped, installed, and can be fetched"))
    fetch = actions.add_parser("fetch", help="download a published file, and install its weights")
    fetch.add_argument("name", metavar="NAME", help="a network or a file of the list")
    add_json(fetch)
    bring = actions.add_parser("import", help="install a file you have")
    bring.add_argument("file", type=Path, metavar="FILE", help="a .pth, .pt or .safetensors")
    add_json(bring)
    verify = actions.add_parser("verify", help="check installed weights against their checksums")
    verify.add_argument("name", nargs="?", metavar="NAME", help="a network (default: all that are installed)")
    add_json(verify)


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked; 1 if verify found damage."""
    actions = {"list": _list, "fetch": _fetch, "import": _import, "verify": _verify}
    return actions[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    from huedot.daemon import published
    from huedot.model import loading

    rows: list[dict[str, Any]] = []
    for model in loading.present(first="huedot"):
        path = loading.find(model)
        state = "shipped" if model == "huedot" else "installed"
        rows.append({"name": model, "state": state, "bytes": path.stat().st_size, "place": str(path)})
    pins = published.record()["pins"]
    for file in published.manifest():
        checksum = pins.get(file.name) or file.sha256_prefix or None
        row = {"name": file.name, "state": "fetchable", "bytes": None, "place": file.url}
        rows.append({**row, "model": file.model, "sha256": checksum, "license": file.license})
    if arguments.json:
        say_json(rows)
    else:
        say_columns((row["name"], row["state"], _size(row["bytes"]), row["place"]) for row in rows)
    return 0


def _size(count: int | None) -> str:
    return "" if count is None else f"{count / 1e6:.1f} MB"


def _fetch(arguments: argparse.Namespace) -> int:
    from huedot.daemon import published

    file = published.named(arguments.name)
    is_first = not file.sha256_prefix and file.name not in published.record()["pins"]
    with working(f"fetching {file.name}") as show:
        digest = published.fetch(file, show)
    if arguments.json:
        say_json({"model": file.model, "file": file.name, "sha256": digest, "pinned_now": is_first})
        return 0
    if is_first:
        say(f"No checksum of {file.name} is published; this one is recorded, and later fetches must match: {digest}")
    say(f"{file.model} is installed. Use it with --model {file.model}.")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from huedot.daemon import published

    with working("importing"):
        model, place = published.import_file(arguments.file)
    if arguments.json:
        say_json({"model": model, "place": str(place)})
    else:
        say(f"{model} is installed in {place}. Use it with --model {model}.")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from huedot.daemon import published
    from huedot.model import loading

    answers = []
    for model in [arguments.name] if arguments.name else loading.present(first="huedot"):
        try:
            answers.append({"name": model, "ok": True, "found": published.check(model)})
        except HueDotError as error:
            answers.append({"name": model, "ok": False, "found": str(error)})
    if arguments.json:
        say_json(answers)
    else:
        for answer in answers:
            (say if answer["ok"] else complain)(f"{answer['name']}: {answer['found']}")
    return 0 if all(answer["ok"] for answer in answers) else 1
