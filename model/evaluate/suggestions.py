"""What suggested places are worth: PSNR with ten of them revealed, against as many at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from huedot.model.colorizer import Photo
from huedot.model.hints import Hints
from huedot.model.painting import Picture

from . import photographs, reveal
from .figure6 import Scores, gray, random_hints, score_each, standard_error
from .methods import Network
from .photographs import Truth

COUNT = 10


def evaluate(
    networks: Sequence[Network],
    paths: Sequence[Path],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, Scores]:
    """Score each network with nothing revealed, and with ten patches: suggested, or at random.

    The suggestions are asked for at once, of the gray photograph. Raises FileError.
    """
    return score_each(networks, paths, _results, progress)


def gains(scores: Scores) -> dict[str, dict[str, float]]:
    """Return what suggested places gain over each of the others, in dB: mean over photographs and standard error."""
    suggested = np.array(scores.psnr["suggested"])
    differences = {heading: suggested - values for heading, values in scores.psnr.items() if heading != "suggested"}
    return {
        heading: {
            "gain": float(difference.mean()),
            "standard_error": standard_error(difference),
            "better": float((difference > 0).mean()),
        }
        for heading, difference in differences.items()
    }


def _results(photo: Photo, truth: Truth) -> dict[str, Picture]:
    hints = {
        "nothing": Hints.none(),
        "random around the center": random_hints(truth, COUNT, "A"),
        "random anywhere": random_hints(truth, COUNT, "B"),
        "suggested": suggested_hints(photo, truth, COUNT),
    }
    return {"gray": gray(truth), **{heading: photo.colorize(given) for heading, given in hints.items()}}


def suggested_hints(photo: Photo, truth: Truth, count: int) -> Hints:
    """Reveal patches of 6 x 6 pixels at the places that the network suggests."""
    half, last = reveal.PATCH // 2, photographs.SIDE - reveal.PATCH
    places = [(int(np.clip(y - half, 0, last)), int(np.clip(x - half, 0, last))) for x, y in photo.suggest(n=count)]
    return reveal.patches(truth.ab, places)
