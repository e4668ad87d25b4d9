"""A network for editors to choose, which colors so plainly that one sees it was this one."""

import math

import torch
from safetensors.torch import save_file

from huedot.model.networks.siggraph17 import LocalHints


def write_warm(folder):
    """Write siggraph17 weights that color everything with ab (40, 30), whatever is painted; returns the file."""
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in LocalHints().state_dict().items()}
    tensors = {name: torch.zeros(shape, dtype=torch.float16) for name, shape in shapes.items() if "num_b" not in name}
    tensors["model_out.0.bias"] = torch.tensor([math.atanh(40 / 110), math.atanh(30 / 110)])
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "siggraph17.safetensors", {"architecture": "siggraph17", "mask_center": "0.0"})
    return folder / "siggraph17.safetensors"
