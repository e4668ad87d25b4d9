"""What a run starts from: a new network, weights of an earlier one, a pretrained encoder."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from huedot.model import loading
from huedot.model.networks.hintnet import Config, HintNetwork
from huedot.model.networks.pretrained import InvertedResiduals
from huedot.model.networks.siggraph17 import GlobalHints, LocalHints
from huedot.protocol.errors import ArgumentError, FileError, WeightsCorrupt

from .options import Options

# What its batch norms add to the variance.
EFFICIENTNET_EPSILON = 1e-3
log = logging.getLogger(__name__)


def new_network(options: Options, start: Path | None = None, encoders: Sequence[Path] = ()) -> nn.Module:
    """Build the network of a run, seeded, and load into it what it starts from.

    start: weights (.safetensors or .pth), of which the tensors that fit are taken; encoders: of `huedot`, pretrained:
    MobileNetV2 (.npz), EfficientNet-Lite0 (.pth), which count where `start` has none.

    Raises ArgumentError, FileError, WeightsMissing or WeightsCorrupt.
    """
    torch.manual_seed(options.seed)
    network: nn.Module
    if options.architecture == "huedot":
        network = HintNetwork(_config(options.config))
    elif options.architecture == "siggraph17":
        network = LocalHints(0.0 if start is None else loading.mask_center_of(start, loading.read_weights(start)[1]))
    else:
        network = GlobalHints()
    for path in encoders:
        load_encoder(_encoder_of(network, path, options), path)
    if start is not None:
        _load_what_fits(network, start)
    return network


def description(network: nn.Module, options: Options) -> dict[str, str]:
    """Return what a file of weights has to say about itself, for `loading` to build its network again."""
    described = {"architecture": options.architecture, "format": "pt"}
    if isinstance(network, HintNetwork):
        described["config"] = json.dumps(vars(network.config))
    if isinstance(network, LocalHints):
        described["mask_center"] = str(network.mask_center)
    return described


def groups(network: nn.Module, options: Options) -> Iterator[dict[str, Any]]:
    """Sort the parameters: matrices decay, vectors do not; the pretrained encoder learns slower, or not at all."""
    known = network.encoder.pretrained() if isinstance(network, HintNetwork) else []
    encoder = [parameter for part in known for parameter in part.parameters()]
    pretrained = {id(parameter) for parameter in encoder}
    others = [parameter for parameter in network.parameters() if id(parameter) not in pretrained]
    for parameters, scale in ((others, 1.0), (encoder, options.encoder_rate)):
        if scale == 0:
            for parameter in parameters:
                parameter.requires_grad_(False)
            continue
        matrices = [p for p in parameters if p.ndim > 1]
        vectors = [p for p in parameters if p.ndim <= 1]
        yield {"params": matrices, "weight_decay": options.weight_decay, "scale": scale}
        yield {"params": vectors, "weight_decay": 0.0, "scale": scale}


def _config(text: str) -> Config:
    try:
        config = Config.parse(text)
        # Takes no memory, and tells what cannot be built.
        with torch.device("meta"):
            HintNetwork(config)
    except (ValueError, TypeError, RuntimeError, ArithmeticError) as error:
        raise ArgumentError(
            "config", f"{text} is no configuration: {error}.", 'Write {"hint_attention": 6}.'
        ) from error
    return config


def _load_what_fits(network: nn.Module, path: Path) -> None:
    tensors, _ = loading.read_weights(path)
    own = network.state_dict()
    fitting = {name: tensor for name, tensor in tensors.items() if name in own and tensor.shape == own[name].shape}
    if not fitting:
        raise ArgumentError("start", f"{path} holds the weights of another network.", "Check --architecture.")
    network.load_state_dict({**own, **fitting})
    log.info("%d of %d tensors start from %s", len(fitting), len(own), path)


def _encoder_of(network: nn.Module, path: Path, options: Options) -> InvertedResiduals:
    """Return the part of the network that the weights of a pretrained encoder are for: their suffix says which."""
    if not isinstance(network, HintNetwork):
        raise ArgumentError("encoder", f"{options.architecture} has no pretrained encoder.", "Leave it out.")
    if path.suffix == ".npz":
        return network.encoder.semantic
    if network.encoder.lite0 is None:
        raise ArgumentError("encoder", f"the network has no place for {path}.", """Add --config '{"lite0": 1}'.""")
    return network.encoder.lite0.network


def load_encoder(network: InvertedResiduals, path: Path) -> None:
    """Load the convolutions of a pretrained encoder, in network order. Raises FileError."""
    convs = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    try:
        weights = _mobilenet(path) if path.suffix == ".npz" else _efficientnet(path)
        for conv, (weight, bias) in zip(convs, weights, strict=True):
            assert conv.bias is not None
            conv.weight.data.copy_(weight)
            conv.bias.data.copy_(bias)
    except (OSError, ValueError, RuntimeError, KeyError, WeightsCorrupt) as error:
        name = type(network).__name__
        raise FileError(f"{path} holds no {name}: {error}.", "Check the path after --encoder.") from error


def _mobilenet(path: Path) -> list[tuple[Tensor, Tensor]]:
    """Read `opNNN_w` (output, height, width, input; depthwise 1, height, width, channels) and `opNNN_b`."""
    arrays = np.load(path)
    weights = []
    for name in sorted(name[:-2] for name in arrays.files if name.endswith("_w")):
        weight, bias = torch.from_numpy(arrays[name + "_w"]), torch.from_numpy(arrays[name + "_b"])
        is_depthwise = weight.shape[0] == 1
        weights.append((weight.permute(3, 0, 1, 2) if is_depthwise else weight.permute(0, 3, 1, 2), bias))
    return weights


def _efficientnet(path: Path) -> list[tuple[Tensor, Tensor]]:
    """Read a state as PyTorch's ports of EfficientNet name it, and fold each norm into the convolution before it."""
    tensors, _ = loading.read_weights(path)
    ahead = ["_conv_stem", *(name.removesuffix(".weight") for name in tensors if name.endswith("_conv.weight"))]
    norms = [name.removesuffix(".running_var") for name in tensors if name.endswith(".running_var")]
    weights = []
    # The last is the head's, which is not wanted.
    for conv, norm in zip(ahead, norms[: len(ahead)], strict=True):
        scale = tensors[norm + ".weight"] / (tensors[norm + ".running_var"] + EFFICIENTNET_EPSILON).sqrt()
        bias = tensors[norm + ".bias"] - tensors[norm + ".running_mean"] * scale
        weights.append((tensors[conv + ".weight"] * scale[:, None, None, None], bias))
    return weights
