"""The gamut at a lightness, as a picture to pick a color from."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from . import color

# Ab units from the center of the picture to its edges.
EXTENT = 128.0


def picture(lightness: float, size: int) -> NDArray[np.uint8]:
    """Return the colors that sRGB has at a lightness (0..100): uint8 (size, size, 4) RGBA, alpha 0 out of gamut.

    a rises to the right from -EXTENT to EXTENT, b upward; each pixel shows the color at its center.
    """
    step = ((torch.arange(size) + 0.5) / size * 2 - 1) * EXTENT
    ab = torch.stack([step.expand(size, size), -step[:, None].expand(size, size)])
    lab = torch.cat([torch.full((1, size, size), lightness), ab])
    linear = color.lab_to_linear(lab)
    rgb = (color.linear_to_rgb(linear) * 255).round()
    alpha = torch.where(color.outside(linear), 0.0, 255.0)
    result: NDArray[np.uint8] = torch.cat([rgb * (alpha > 0), alpha[None]]).permute(1, 2, 0).byte().numpy()
    return result
