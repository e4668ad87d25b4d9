"""Contact sheets of a run: what its network makes of some photographs."""

from __future__ import annotations

import copy

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from huedot.model.bins import GLOBAL_HINTS
from huedot.model.color import rgb_to_lab, to_rgb8

from . import simulate
from .average import Average
from .options import Options
from .photographs import PhotographFolder, crop
from .recipe import Given, Learner

ROWS = 6
# Counts of hints that the third and fourth columns show.
HINTS = 10


@torch.no_grad()
def contact_sheet(learner: Learner, average: Average, photographs: PhotographFolder, options: Options) -> Image.Image:
    """Return a sheet: gray, automatic color, ten dots, their color, and the truth; a photograph a row.

    Each sheet of a run shows the same crops and dots, colored by the moving average as it is now.
    """
    shown = copy.deepcopy(learner).eval()
    shown.network.load_state_dict(average.tensors)
    size = options.late_crop
    pixels = np.stack([crop(photographs, size, i, (options.seed, 0, i)) for i in range(ROWS)])
    rgb8 = torch.from_numpy(pixels).permute(0, 3, 1, 2).to(shown.centers.device)
    lab = rgb_to_lab(rgb8.float() / 255)
    return _sheet(_columns(shown, lab[:, :1].contiguous(), lab[:, 1:].contiguous(), options.seed))


def _columns(learner: Learner, lightness: Tensor, ab: Tensor, seed: int) -> list[list[Tensor]]:
    generator = torch.Generator(ab.device).manual_seed(seed)
    dots = simulate.draw_hints(torch.full((len(ab),), HINTS, device=ab.device), ab.shape[-1], generator)
    hint_ab, hint_mask = simulate.paint(ab, dots)
    no_statistics = ab.new_zeros(len(ab), GLOBAL_HINTS)
    automatic = learner.color(Given(lightness, torch.zeros_like(ab), torch.zeros_like(hint_mask), no_statistics))
    colored = learner.color(Given(lightness, hint_ab, hint_mask, no_statistics))
    columns = (torch.zeros_like(ab), automatic, hint_ab, colored, ab)
    return [[to_rgb8(light[0], color) for light, color in zip(lightness, column, strict=True)] for column in columns]


def _sheet(columns: list[list[Tensor]]) -> Image.Image:
    return Image.fromarray(torch.cat([torch.cat(column) for column in columns], dim=1).cpu().numpy())
