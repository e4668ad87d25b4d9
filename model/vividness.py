"""More color where nobody painted.

A network that is unsure answers with the mean of what a thing may be, which is paler than any of it. Chroma is raised
by a factor in what the hints have not reached, and by less the more they have: a dot's own color stays as it is.
"""

from __future__ import annotations

from torch import Tensor

# Costs at most 0.1 dB at any number of dots, and has a fifth more color: docs/results.md, "Vividness".
USUAL = 1.2
MOST = 3.0


def enliven(grid: Tensor, reached: Tensor, vividness: float) -> Tensor:
    """Return a grid of ab, (B, 2, D, h, w), with its chroma times the vividness where nothing reached it.

    reached: (B, 1, D, h, w), the share of each cell's color that came from hints, 0..1, in the network's own affinity.
    """
    return grid * (1 + (vividness - 1) * (1 - reached))
