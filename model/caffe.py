"""The published Caffe files: their protobuf is read by Google's library, and their layers become our networks' tensors.

A .caffemodel holds named layers with their numbers and runs no code. Caffe itself takes the layers that its network
names and ignores the others; so do we.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from huedot.weights.files import refused

from .networks.siggraph17 import AB_SCALE, CAFFE_AB_SCALE, LIGHTNESS_SCALE

# Bytes: protobuf itself takes no more.
LARGEST = 2 << 30

# The part of caffe.proto that holds numbers: message, then its fields as name, number, type, repeated. On the wire
# packed floats are one piece of bytes; declared so, 35 million of them become an array without a Python float each.
_SCHEMA = {
    "BlobShape": [("dim", 1, "int64", True)],
    "BlobProto": [
        *((name, number, "int32", False) for number, name in enumerate(("num", "channels", "height", "width"), 1)),
        ("data", 5, "bytes", True),
        ("shape", 7, "BlobShape", False),
        ("double_data", 8, "bytes", True),
    ],
    "LayerParameter": [("name", 1, "string", False), ("blobs", 7, "BlobProto", True)],
    "V1LayerParameter": [("name", 4, "string", False), ("blobs", 6, "BlobProto", True)],
    "NetParameter": [("layer", 100, "LayerParameter", True), ("layers", 2, "V1LayerParameter", True)],
}

# Caffe's layers and the modules they become. Convolutions have weight and bias, norms mean, variance and their divisor.
# Convolutions of each block.
_COUNTS = {2: 2, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3}
_CONVOLUTIONS = {
    "conv1_2": "model1.2",
    **{f"conv{b}_{i + 1}": f"model{b}.{2 * i}" for b, count in _COUNTS.items() for i in range(count)},
    **{"conv8_1": "model8up.0", "conv3_3_short": "model3short8.0", "conv8_2": "model8.1", "conv8_3": "model8.3"},
    **{"conv9_1": "model9up.0", "conv2_2_short": "model2short9.0", "conv9_2": "model9.1"},
    **{"conv10_1": "model10up.0", "conv1_2_short": "model1short10.0", "conv10_2": "model10.1"},
    "conv10_ab": "model_out.0",
}
_NORMS = {
    "conv1_2norm": "model1.4",
    **{f"conv{b}_{count}norm": f"model{b}.{2 * count}" for b, count in _COUNTS.items()},
    **{"conv8_3norm": "model8.5", "conv9_2norm": "model9.3"},
}
_GLOBAL_CONVOLUTIONS = {name: name for name in ("s_conv1", *(f"glob_conv{i}" for i in range(1, 5)))}
_GLOBAL_NORMS = {name: name for name in ("s_glob_conv1norm", *(f"glob_conv{i}norm" for i in range(2, 5)))}
_PALETTE = {name: name for name in (*(f"conv{b}_pred" for b in range(3, 9)), "pred_313")}
# Take every other pixel, by weights of 1.
_THINNING = ("conv1_2norm_ss", "conv2_2norm_ss", "conv3_3norm_ss")


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a .caffemodel, keyed as our networks are, and metadata that say which of them it is.

    Lightness goes into Caffe's networks as L - 50, ab and mask in units of 1 and 110; the first convolution's
    weights are scaled so that ours, which take (L - 50) / 100, ab / 110 and the mask itself, compute the same. Raises
    `WeightsCorrupt` for a file that is damaged, or holds neither of the published networks.
    """
    layers = _layers(path)
    _check_thinning(layers, path)
    lightness = _convolution(layers, "bw_conv1_1", path)
    first = [lightness["weight"] * LIGHTNESS_SCALE]
    if "glob_conv1" in layers:
        architecture, convolutions, norms = "siggraph17-global", _GLOBAL_CONVOLUTIONS, _GLOBAL_NORMS
    else:
        architecture, convolutions, norms = "siggraph17", _PALETTE, {}
        hints = _convolution(layers, "ab_conv1_1", path)
        # The mask's weight, too: Caffe's mask is 0 or 110.
        first.append(hints["weight"] * AB_SCALE)
        lightness["bias"] = lightness["bias"] + hints["bias"]
    tensors = {"model1.0.weight": torch.cat(first, 1), "model1.0.bias": lightness["bias"]}
    for layer, module in {**_CONVOLUTIONS, **convolutions}.items():
        tensors |= {f"{module}.{name}": value for name, value in _convolution(layers, layer, path).items()}
    for layer, module in {**_NORMS, **norms}.items():
        tensors |= {f"{module}.{name}": value for name, value in _norm(layers, layer, path).items()}
    return tensors, {"architecture": architecture, "mask_center": "0.0", "ab_scale": str(_ab_scale(layers, path))}


def _layers(path: Path) -> dict[str, list[Tensor]]:
    """Return the numbers of all layers that have any, float32, by the layer's name."""
    from google.protobuf.message import DecodeError

    if path.stat().st_size > LARGEST:
        raise refused(path, "is larger than any .caffemodel can be")
    try:
        net = _message("NetParameter").FromString(path.read_bytes())
    except DecodeError as error:
        raise refused(path, f"is damaged, or no .caffemodel ({error})") from error
    found = {each.name: [_tensor(blob, path) for blob in each.blobs] for each in (*net.layers, *net.layer)}
    return {name: blobs for name, blobs in found.items() if blobs}


@cache
def _message(name: str) -> Any:
    """Return the class of a message of `_SCHEMA`."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="huedot/caffe.proto", package="huedot.caffe", syntax="proto2")
    for message, fields in _SCHEMA.items():
        described = file.message_type.add(name=message)
        for field, number, kind, repeated in fields:
            label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            one = described.field.add(name=field, number=number, label=label)
            if kind in _SCHEMA:
                one.type, one.type_name = kinds.TYPE_MESSAGE, f".huedot.caffe.{kind}"
            else:
                one.type = getattr(kinds, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"huedot.caffe.{name}"))


def _tensor(blob: Any, path: Path) -> Tensor:
    """Return a blob's numbers in its shape; an old blob has four sides, of which the first may be padding."""
    sides = list(blob.shape.dim) or [blob.num, blob.channels, blob.height, blob.width]
    content, kind = (blob.double_data, "<f8") if blob.double_data else (blob.data, "<f4")
    raw = b"".join(content)
    if min(sides) < 0 or len(raw) != prod(sides) * np.dtype(kind).itemsize:
        raise refused(path, f"holds {len(raw)} bytes for a blob of {sides}")
    return torch.from_numpy(np.frombuffer(raw, kind).astype(np.float32)).reshape(sides)


def _blobs(layers: dict[str, list[Tensor]], name: str, count: int, path: Path) -> list[Tensor]:
    found = layers.get(name, [])
    if len(found) != count:
        known = "The model.caffemodel and global_model.caffemodel of interactive-deep-colorization are known."
        raise refused(path, f"has {len(found)} blobs, not {count}, in the layer {name}", known)
    return found


def _convolution(layers: dict[str, list[Tensor]], name: str, path: Path) -> dict[str, Tensor]:
    weight, bias = _blobs(layers, name, 2, path)
    return {"weight": weight, "bias": bias.flatten()}


def _norm(layers: dict[str, list[Tensor]], name: str, path: Path) -> dict[str, Tensor]:
    """Return a norm's tensors. Caffe keeps sums and their divisor, 0 before any training, and no affine part."""
    mean, variance, divisor = (blob.flatten() for blob in _blobs(layers, name, 3, path))
    scale = 1 / divisor if bool(divisor.all()) else torch.zeros(1)
    return {
        "running_mean": mean * scale,
        "running_var": variance * scale,
        "weight": torch.ones_like(mean),
        "bias": torch.zeros_like(mean),
    }


def _ab_scale(layers: dict[str, list[Tensor]], path: Path) -> float:
    """Return what the last tanh is multiplied by: what the file says, else what the published description says."""
    scales: Iterable[float] = torch.cat(
        [blob.flatten() for blob in layers.get("pred_ab", [])] or [torch.empty(0)]
    ).tolist()
    found = set(scales) or {CAFFE_AB_SCALE}
    if len(found) > 1:
        raise refused(path, f"scales a and b differently: {sorted(found)}")
    return found.pop()


def _check_thinning(layers: dict[str, list[Tensor]], path: Path) -> None:
    """Refuse weights in the layers that drop every other pixel: our networks have none there."""
    for name in _THINNING:
        if any(bool((blob != 1).any()) for blob in layers.get(name, [])):
            raise refused(path, f"has weights other than 1 in {name}")
