"""A contact sheet: each photograph gray, with its dots, as every method colors it, and as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from huedot.model.color import to_rgb8
from huedot.model.hints import Hints
from huedot.model.painting import Picture
from huedot.protocol.errors import FileError
from huedot.protocol.paths import writing_whole

from . import photographs
from .figure6 import Plan, random_hints
from .methods import Method
from .photographs import SIDE, Truth

HEAD, GAP = 18, 4  # pixels


def draw(
    methods: Sequence[Method],
    paths: Sequence[Path],
    plan: Plan,
    out: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> None:
    """Draw a row for each photograph and each count of points. Raises FileError."""
    rows = []
    for done, path in enumerate(paths):
        progress(done, len(paths))
        truth = photographs.read(path)
        opened = [method.open(truth) for method in methods]
        for count in plan.points:
            hints = random_hints(truth, count, plan.protocol)
            results = [each.colorize(hints) for each in opened]
            rows.append([_shown(truth, Hints.none()), _shown(truth, hints), *results, truth.rgb])
    sheet = _arranged(rows, ["gray", "revealed", *(method.name for method in methods), "truth"])
    try:
        with writing_whole(out) as part:
            sheet.save(part, quality=88)
    except (OSError, ValueError) as error:
        raise FileError.unwritable(out, error, "Name a .png or .jpg.") from error


def _shown(truth: Truth, hints: Hints) -> Picture:
    """Return the photograph in gray, with the hints in their colors."""
    ab = np.zeros_like(truth.ab)
    ab[hints.rows, hints.columns] = hints.ab
    return to_rgb8(truth.lightness, torch.from_numpy(ab).permute(2, 0, 1)).numpy()


def _arranged(rows: list[list[Picture]], heads: list[str]) -> Image.Image:
    step = SIDE + GAP
    sheet = Image.new("RGB", (step * len(heads) - GAP, HEAD + step * len(rows) - GAP), "white")
    pen = ImageDraw.Draw(sheet)
    for column, head in enumerate(heads):
        pen.text((column * step + 4, 3), head, fill="black")
        for row, pictures in enumerate(rows):
            sheet.paste(Image.fromarray(pictures[column]), (column * step, HEAD + row * step))
    return sheet
