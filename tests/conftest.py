"""What every test may use: a tiny seeded network, made pictures, and the report of faults."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from huedot.model.networks.hintnet import Config, HintNetwork

from .report import figure as figure
from .report import pytest_terminal_summary as pytest_terminal_summary

TINY = Config(
    widths=(8, 16, 32), encoder_attention=1, hint_attention=1, affinity_heads=2, affinity_width=4, palette_width=16
)


def seeded_network() -> HintNetwork:
    torch.manual_seed(0)
    network = HintNetwork(TINY)
    # It starts at zero, and zero colors nothing.
    torch.nn.init.normal_(network.grid.weight, std=0.05)
    return network.eval()


@pytest.fixture
def network():
    return seeded_network()


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    metadata = {"architecture": "huedot", "config": json.dumps(asdict(TINY))}
    save_file(dict(seeded_network().state_dict()), path, metadata)
    return path


@pytest.fixture
def picture():
    """A gradient with a bright disc, uint8 (80, 96, 3), gray."""
    rows, columns = np.mgrid[:80, :96]
    gray = 40 + columns + 60 * ((rows - 40) ** 2 + (columns - 48) ** 2 < 400)
    return np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)


def hint_layer(height, width, dots):
    """An RGBA layer with square dots: (x, y, radius, (r, g, b)) each."""
    layer = np.zeros((height, width, 4), np.uint8)
    for x, y, radius, rgb in dots:
        layer[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1] = (*rgb, 255)
    return layer


@pytest.fixture(name="hint_layer")
def _hint_layer():
    return hint_layer
