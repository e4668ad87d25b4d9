"""What the studio says of a result beside its pixels."""

import numpy as np
import pytest
import torch

from huedot.daemon.local import LocalClient
from huedot.model import Colorizer, backends
from huedot.model.networks.siggraph17 import GlobalHints, LocalHints
from huedot.protocol.messages import Hints

DOT = {"x": 20, "y": 20, "rgb": (200, 40, 40), "radius": 4}
PUBLISHED = {
    "siggraph17": lambda: backends.LocalHintsBackend(LocalHints()),
    "siggraph17-global": lambda: backends.GlobalHintsBackend(GlobalHints()),
}


@pytest.mark.parametrize(
    ("model", "hints", "warned"),
    [
        ("siggraph17", Hints(dots=[DOT]), None),
        ("siggraph17", Hints(dots=[DOT], saturation=0.5), "neither histogram nor saturation"),
        ("siggraph17-global", Hints(dots=[DOT]), "no dots"),
        ("siggraph17-global", Hints(saturation=0.5), None),
    ],
)
def test_hints_that_a_network_cannot_use_are_told(model, hints, warned):
    torch.manual_seed(0)
    backend = PUBLISHED[model]()
    backend.network.requires_grad_(False).eval()
    client = LocalClient()
    client._studio._colorizers[model] = Colorizer(backend, torch.device("cpu"), 64)
    image = client.open_image(np.full((64, 64), 128, np.uint8).tobytes(), 64, 64, 1, model)
    warnings = client.colorize(image, hints._replace(model=model)).warnings
    assert len(warnings) == (warned is not None)
    assert (warned or "") in " ".join(warnings)
