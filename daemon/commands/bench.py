"""Measure HueDot's speed beside its rivals, on this machine: under five minutes on two cores."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .options import add_json
from .terminal import say, say_columns, say_json, working

if TYPE_CHECKING:
    from huedot.daemon.bench.edges import Edges
    from huedot.daemon.bench.rows import Row


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("photographs", type=Path, nargs="?", metavar="PATH", help="a photograph, or a folder of some")
    parser.add_argument(
        "--draw", type=Path, metavar="FOLDER", help="measure cost against size and hints instead, and draw it there"
    )
    parser.add_argument(
        "--edges",
        action="store_true",
        help="measure instead how far off the color is near edges, against bilinear enlargement",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure what was asked for, and print it."""
    from huedot.daemon.bench import photographs

    pictures = photographs.read(arguments.photographs, most=64 if arguments.edges else photographs.MOST)
    with working("preparing") as progress:
        if arguments.edges:
            from huedot.daemon.bench import edges

            found = edges.measure(pictures, progress)
        elif arguments.draw:
            from huedot.daemon.bench import curves

            points = curves.measure(pictures[0], progress)
            curves.draw(points, arguments.draw)
        else:
            from huedot.daemon.bench import rows

            table = rows.measure(pictures, progress)
    if arguments.edges:
        _say_edges(found, arguments.json)
    elif arguments.draw:
        _say_points(points, arguments.json)
    else:
        _say_rows(table, arguments.json)
    return 0


def machine() -> str:
    """Return what was measured on, for people."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    threads = f"{os.cpu_count()} cores, {torch.get_num_threads()} threads"
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    return f"{_processor()}, {threads}, {gpu}; {platform.system()}, {versions}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _say_rows(rows: list[Row], as_json: bool) -> None:
    if as_json:
        say_json({"machine": machine(), "rows": [row.fields() for row in rows]})
        return
    say_columns([("what", "ours", "rival", "ratio", "goal", ""), *(_cells(row) for row in rows)])
    for row in rows:
        notes = ", ".join(_note(name, value) for name, value in row.more.items())
        say(f"{row.what}: against {row.rival}{'; ' if notes else ''}{notes}{'; ' + row.why if row.why else ''}")
    say(machine())


def _cells(row: Row) -> tuple[str, ...]:
    goal = f"{'≥' if row.goal.at_least else '≤'} {row.goal.ratio:g} ×"
    if row.ratio is None:
        return row.what, "", "", "", goal, "not measured"
    times = [f"{seconds * 1000:.2f} ms" for seconds in (row.ours_s, row.rival_s)]
    return row.what, *times, f"{row.ratio:.1f} ×", goal, "holds" if row.holds else "missed"


def _note(name: str, value: float) -> str:
    shown = f"{value / 1e6:.1f} MB" if "bytes" in name else f"{value:.0%}"
    return f"{name.removesuffix('_bytes').replace('_', ' ')} {shown}"


def _say_points(points: dict[str, list[dict[str, Any]]], as_json: bool) -> None:
    if as_json:
        say_json({"machine": machine(), **points})
        return
    for found in points.values():
        say_columns([tuple(found[0]), *(tuple(map(_cell, point.values())) for point in found)])
    say(machine())


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _say_edges(found: list[Edges], as_json: bool) -> None:
    if as_json:
        say_json([each.fields() for each in found])
        return
    heads = ("revealed", "near edges: ours", "bilinear", "ratio", "elsewhere: ours", "bilinear", "ratio")
    say_columns([heads, *(each.cells() for each in found)])
