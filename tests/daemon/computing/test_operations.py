"""What the operations say of a result beside its pixels."""

import shutil

import numpy as np
import pytest
import torch

from huedot.daemon.computing.local import LocalClient
from huedot.daemon.computing.operations import Operations
from huedot.model import Colorizer, backends
from huedot.model.networks.siggraph17 import GlobalHints, LocalHints
from huedot.protocol.errors import ImageUnknown, WeightsCorrupt
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
def test_hints_that_a_network_cannot_use_are_told(model, hints, warned, monkeypatch, tmp_path):
    torch.manual_seed(0)
    backend = PUBLISHED[model]()
    backend.network.requires_grad_(False).eval()
    client = LocalClient()
    monkeypatch.setattr(Colorizer, "load", lambda *_: Colorizer(backend, torch.device("cpu"), 64))
    monkeypatch.setattr("huedot.daemon.computing.operations.files.find", lambda _: tmp_path)
    image = client.open_image(np.full((64, 64), 128, np.uint8).tobytes(), 64, 64, 1, model)
    warnings = client.colorize(image, hints._replace(model=model)).warnings
    assert len(warnings) == (warned is not None)
    assert (warned or "") in " ".join(warnings)


def test_networks_are_told_apart_by_their_files_and_few_are_kept(tiny_weights, tmp_path):
    client, gray = LocalClient(), bytes(64 * 64)
    client._operations = Operations(str(tiny_weights))
    copies = [tmp_path / f"{i}.safetensors" for i in range(4)]
    for copy in copies:
        shutil.copy(tiny_weights, copy)
    for spelled in (copies[0], f"{tmp_path}/./0.safetensors", f"{tmp_path}/../{tmp_path.name}/0.safetensors"):
        image = client.open_image(gray, 64, 64, 1, str(spelled))
    assert len(client._operations._colorizers) == 1
    # The default network, which stays.
    client.open_image(gray, 64, 64, 1)
    for copy in copies:
        client.open_image(gray, 64, 64, 1, str(copy))
    assert len(client._operations._colorizers) == 3
    assert str(tiny_weights) in client._operations._colorizers
    assert len(client._operations.cache) == 3, "the photographs of a network that is dropped go with it"
    copies[3].write_bytes(b"something else")
    with pytest.raises(ImageUnknown):
        client.colorize(image, Hints(model=str(copies[3])))
    with pytest.raises(WeightsCorrupt):
        client.open_image(gray, 64, 64, 1, str(copies[3]))
    assert client.colorize(image, Hints(dots=[DOT])).tiles
