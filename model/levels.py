"""What a network is shown of a faded photograph: its lightness, stretched to the range of a well-exposed one.

Networks learned from photographs of today, whose shadows are dark and whose lights are bright. A faded print has
neither, and its colors come out tan. Only what the network sees, and the grid is sliced with, is stretched: the result
has the photograph's own lightness.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

# Lightness that a well-exposed photograph reaches at both ends.
SHADOWS, LIGHTS = 15.0, 85.0
# Lightness between the ends: below the one a photograph is stretched all the way, above the other not.
FADED, SOUND = 44.0, 56.0
# The share of the pixels that lie beyond each end: dust, captions and lamps are no part of the range.
ENDS = 0.03
# The share of each side that does not count: a mount, or the paper's rim.
BORDER = 0.08
# The contrast is stretched at most so many times: beyond that there is more grain than picture.
MOST = 4.0


class Levels(NamedTuple):
    """A straight line from the photograph's lightness to what the network sees."""

    gain: float = 1.0
    lift: float = 0.0

    def __call__(self, lightness: Tensor) -> Tensor:
        """Stretch lightness in 0..100, of any shape; it stays in that range."""
        if self == AS_IT_IS:
            return lightness
        return (lightness * self.gain + self.lift).clamp(0, 100)


AS_IT_IS = Levels()


def levels_of(lightness: Tensor) -> Levels:
    """Return how to stretch a photograph, lightness (H, W) in 0..100: not at all where it is well exposed.

    Its ends are moved out to SHADOWS and LIGHTS, and never in: all the way where they are closer than FADED, and less
    and less up to SOUND.
    """
    height, width = lightness.shape
    top, left = int(height * BORDER), int(width * BORDER)
    inside = lightness[top : height - top, left : width - left].flatten()
    low, high = torch.quantile(inside, inside.new_tensor([ENDS, 1 - ENDS])).tolist()
    share = min(1.0, max(0.0, (SOUND - (high - low)) / (SOUND - FADED)))
    wanted_low = low + share * min(0.0, SHADOWS - low)
    wanted_high = high + share * max(0.0, LIGHTS - high)
    gain = min(MOST, (wanted_high - wanted_low) / max(high - low, 1e-3))
    lift = (wanted_low + wanted_high - gain * (low + high)) / 2
    return Levels(gain, lift) if gain > 1 else AS_IT_IS
