"""What a run starts from: a new network, weights of an earlier one, a pretrained encoder."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from huedot.model import loading
from huedot.model.networks.hintnet import Config, HintNetwork
from huedot.model.networks.siggraph17 import GlobalHints, LocalHints
from huedot.protocol.errors import ArgumentError, FileError

from .options import Options

log = logging.getLogger(__name__)


def new_network(options: Options, start: Path | None = None, encoder: Path | None = None) -> nn.Module:
    """Build the network of a run, seeded, and load into it what it starts from.

    start: weights (.safetensors or .pth), of which the tensors that fit are taken; encoder: a pretrained MobileNetV2,
    for `huedot`. Raises ArgumentError, FileError, WeightsMissing or WeightsCorrupt.
    """
    torch.manual_seed(options.seed)
    network: nn.Module
    if options.architecture == "huedot":
        network = HintNetwork(_config(options.config))
    elif options.architecture == "siggraph17":
        network = LocalHints(0.0 if start is None else loading.mask_center_of(start, loading.read_weights(start)[1]))
    else:
        network = GlobalHints()
    if encoder is not None:
        if not isinstance(network, HintNetwork):
            raise ArgumentError("encoder", f"{options.architecture} has no pretrained encoder.", "Leave it out.")
        load_mobilenet(network.encoder.semantic, encoder)
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
    encoder = list(network.encoder.semantic.parameters()) if isinstance(network, HintNetwork) else []
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
        with torch.device("meta"):  # takes no memory, and tells what cannot be built
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


def load_mobilenet(network: nn.Module, path: Path) -> None:
    """Load MobileNetV2 from an .npz of its convolutions in network order. Raises FileError.

    The file holds `opNNN_w` (output, height, width, input; depthwise 1, height, width, channels) and `opNNN_b`.
    """
    convs = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    try:
        arrays = np.load(path)
        names = sorted(name[:-2] for name in arrays.files if name.endswith("_w"))
        for conv, name in zip(convs, names, strict=True):
            weight = torch.from_numpy(arrays[name + "_w"])
            conv.weight.data.copy_(weight.permute(3, 0, 1, 2) if conv.groups > 1 else weight.permute(0, 3, 1, 2))
            assert conv.bias is not None
            conv.bias.data.copy_(torch.from_numpy(arrays[name + "_b"]))
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise FileError(f"{path} holds no MobileNetV2: {error}.", "Check the path after --encoder.") from error
