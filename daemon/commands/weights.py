"""List, fetch, import and verify the weights of networks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from huedot.protocol.errors import HueDotError
from huedot.weights import files

from .options import add_json
from .terminal import complain, say, say_columns, say_json, working


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done, and the options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_json(actions.add_parser("list", help="what is shipped, installed, and published"))
    fetch = actions.add_parser("fetch", help="download a published file, and install its weights")
    fetch.add_argument("name", metavar="NAME", help="a network or a file of the list")
    add_json(fetch)
    bring = actions.add_parser("import", help="install a file you have")
    bring.add_argument("file", type=Path, metavar="FILE", help="a .pth, .pt, .safetensors or .caffemodel")
    bring.add_argument(
        "--mask-center",
        type=float,
        choices=(0.0, 0.5),
        help="what Local Hints subtracts from the mask (default: by name)",
    )
    add_json(bring)
    verify = actions.add_parser("verify", help="check installed weights against their checksums")
    verify.add_argument("name", nargs="?", metavar="NAME", help="a network (default: all that are installed)")
    add_json(verify)


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked; 1 if verify found damage."""
    actions = {"list": _list, "fetch": _fetch, "import": _import, "verify": _verify}
    return actions[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    from huedot.daemon.install import published

    installed = published.record()["installed"]
    rows: list[dict[str, Any]] = []
    for model in files.present(first="huedot"):
        path = files.find(model)
        state, source = (
            ("shipped", None) if model == "huedot" else ("installed", installed.get(model, {}).get("source"))
        )
        row = {"name": model, "state": state, "megabytes": round(path.stat().st_size / 1e6, 1), "place": str(path)}
        rows.append({**row, "model": model, "sha256": published.sha256_of(model), "source": source})
    for file in published.manifest():
        row = {"name": file.name, "state": "published", "megabytes": file.megabytes, "place": file.url}
        facts = {"model": file.model, "sha256": file.expected() or None, "license": file.license, "note": file.note}
        rows.append({**row, **facts})
    if arguments.json:
        say_json(rows)
    else:
        shown = ("name", "state", "megabytes", "model", "sha256", "place")
        cells = [[str(row[name] or "")[:16] if name == "sha256" else row[name] for name in shown] for row in rows]
        say_columns([("name", "state", "MB", "model", "sha256 begins", "place"), *cells])
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    from huedot.daemon.install import published

    file = published.named(arguments.name)
    is_first = not file.expected()
    with working(f"fetching {file.name}") as progress:
        digest = published.fetch(file, progress)
    if arguments.json:
        say_json({"model": file.model, "file": file.name, "sha256": digest, "pinned_now": is_first})
        return 0
    if is_first:
        say(f"No checksum of {file.name} is published; this one is recorded, and later fetches must match: {digest}")
    say(f"{file.model} is installed. Use it with --model {file.model}.")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from huedot.daemon.install import published

    with working("importing"):
        model, place = published.import_file(arguments.file, arguments.mask_center)
    if arguments.json:
        say_json({"model": model, "place": str(place)})
    else:
        say(f"{model} is installed in {place}. Use it with --model {model}.")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from huedot.daemon.install import published

    answers = []
    for model in [arguments.name] if arguments.name else files.present(first="huedot"):
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
