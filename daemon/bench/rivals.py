"""What HueDot is compared with, each written as well as its users could run it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from huedot.model import color
from huedot.model.networks.siggraph17 import LocalHints
from huedot.model.painting import Picture

SIDE = 256
# Samples of the distribution that the reference clusters for its palette.
SAMPLES = 25_000


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class Siggraph17:
    """The published network with seeded weights: its speed does not depend on them."""

    def __init__(self, device: str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        torch.manual_seed(0)
        network = LocalHints().eval().requires_grad_(False).to(device, dtype)
        self._network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._planes = [torch.zeros(1, n, SIDE, SIDE, device=device, dtype=dtype) for n in (1, 2, 1)]

    def forward(self) -> Tensor:
        """Run the network once at 256 x 256: the price of every click."""
        with torch.inference_mode():
            ab: Tensor = self._network(*self._planes)[0]
            return ab


class Pipeline:
    """The published system, as its users run it: network, bilinear enlargement of ab, Lab to RGB at full size."""

    def __init__(self, network: Siggraph17, rgb: Picture) -> None:
        """Take a photograph; its lightness is computed beforehand, as for us."""
        self._network, self._lightness = network, color.lightness(rgb)

    def click(self) -> Picture:
        """Return the picture, uint8 (H, W, 3), that one more dot makes."""
        from skimage.color import lab2rgb

        ab = F.interpolate(self._network.forward(), self._lightness.shape, mode="bilinear")
        lab = torch.cat([self._lightness[None], ab[0]]).permute(1, 2, 0).numpy()
        result: Picture = (lab2rgb(lab).clip(0, 1) * 255).astype(np.uint8)
        return result


def k_means(probability: NDArray[np.float32], centers: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """Return k colors of a distribution (Q,) over bins (Q, 2), as the published system finds them."""
    from sklearn.cluster import KMeans

    rng = np.random.default_rng(0)
    drawn = rng.choice(len(probability), SAMPLES, p=probability / probability.sum())
    # scikit-learn's default when that system was written; today's is 1.
    starts = 10
    result: NDArray[np.float32] = KMeans(k, n_init=starts, random_state=0).fit(centers[drawn]).cluster_centers_
    return result
