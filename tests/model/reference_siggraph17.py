"""The published forward passes once more, written straight from the layer table, to hold the modules against.

Nothing here is imported from HueDot. `seeded_weights` and `seeded_input` are the recipe of the golden outputs
too.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

SIZE = 64
HINTS = 40

# block: (keys of its 3 × 3 convolutions with channels in and out, key of its BatchNorm, dilation)
BLOCKS = {
    "model1": ([(0, 4, 64), (2, 64, 64)], 4, 1),
    "model2": ([(0, 64, 128), (2, 128, 128)], 4, 1),
    "model3": ([(0, 128, 256), (2, 256, 256), (4, 256, 256)], 6, 1),
    "model4": ([(0, 256, 512), (2, 512, 512), (4, 512, 512)], 6, 1),
    "model5": ([(0, 512, 512), (2, 512, 512), (4, 512, 512)], 6, 2),
    "model6": ([(0, 512, 512), (2, 512, 512), (4, 512, 512)], 6, 2),
    "model7": ([(0, 512, 512), (2, 512, 512), (4, 512, 512)], 6, 1),
    "model8": ([(1, 256, 256), (3, 256, 256)], 5, 1),
    "model9": ([(1, 128, 128)], 3, 1),
    "model10": ([(1, 128, 128)], None, 1),
}
SHORTCUTS = {"model3short8": (256, 256), "model2short9": (128, 128), "model1short10": (64, 128)}
DOUBLINGS = {"model8up": (512, 256), "model9up": (256, 128), "model10up": (128, 128)}
HEADS = {"model_class": (256, 529), "model_out": (128, 2)}
GLOBAL_CONVOLUTIONS = {
    "s_conv1": 2,
    "glob_conv1": 314,
    "glob_conv2": 512,
    "glob_conv3": 512,
    "glob_conv4": 512,
}
GLOBAL_NORMS = ("s_glob_conv1norm", "glob_conv2norm", "glob_conv3norm", "glob_conv4norm")


def local_shapes() -> dict[str, tuple[int, ...]]:
    shapes = {}
    for block, (convolutions, norm, _) in BLOCKS.items():
        for index, before, after in convolutions:
            shapes |= _convolution(f"{block}.{index}", (after, before, 3, 3), after)
        if norm is not None:
            shapes |= _norm(f"{block}.{norm}", convolutions[-1][2])
    for name, (before, after) in SHORTCUTS.items():
        shapes |= _convolution(f"{name}.0", (after, before, 3, 3), after)
    for name, (before, after) in DOUBLINGS.items():
        shapes |= _convolution(f"{name}.0", (before, after, 4, 4), after)
    for name, (before, after) in HEADS.items():
        shapes |= _convolution(f"{name}.0", (after, before, 1, 1), after)
    return shapes


def global_shapes() -> dict[str, tuple[int, ...]]:
    shapes = {name: shape for name, shape in local_shapes().items() if not name.startswith("model_class")}
    shapes["model1.0.weight"] = (64, 1, 3, 3)
    for name, before in GLOBAL_CONVOLUTIONS.items():
        shapes |= _convolution(name, (512, before, 1, 1), 512)
    for name in GLOBAL_NORMS:
        shapes |= _norm(name, 512)
    return shapes


def _convolution(name, shape, after):
    return {f"{name}.weight": shape, f"{name}.bias": (after,)}


def _norm(name, channels):
    vectors = {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}
    return {**vectors, f"{name}.num_batches_tracked": ()}


def seeded_weights(shapes: dict[str, tuple[int, ...]], seed: int = 17) -> dict[str, Tensor]:
    """Uniform weights scaled after He: key i, in sorted order, is drawn from default_rng([seed, i])."""
    tensors = {}
    for number, name in enumerate(sorted(shapes)):
        uniform = np.random.default_rng([seed, number]).random(shapes[name], dtype=np.float32)
        tensors[name] = torch.as_tensor(_scaled(name, uniform))
    return tensors


def _scaled(name: str, uniform: np.ndarray) -> np.ndarray:
    if name.endswith("num_batches_tracked"):
        return np.zeros((), dtype=np.int64)
    if name.endswith("running_var"):
        return uniform + np.float32(0.5)
    if name.endswith("running_mean"):
        return uniform * np.float32(0.5)
    if name.endswith("bias"):
        return (uniform - np.float32(0.5)) * np.float32(0.2)
    # The weight of a BatchNorm.
    if uniform.ndim == 1:
        return uniform + np.float32(0.5)
    doubling = "up." in name
    fan_in = 4 * uniform.shape[0] if doubling else int(np.prod(uniform.shape[1:]))
    return (uniform * 2 - 1) * np.float32(np.sqrt((1.5 if name.startswith("model_out") else 6) / fan_in))


def seeded_input(seed: int = 2017) -> dict[str, Tensor]:
    """Lightness (noise over a ramp), hints and global hints, drawn in this order from default_rng(seed)."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0, 60, SIZE, dtype=np.float32)
    lightness = ramp[None, None, :, None] + 40 * rng.random((1, 1, SIZE, SIZE), dtype=np.float32)
    at = rng.permutation(SIZE * SIZE)[:HINTS]
    mask = np.zeros((1, 1, SIZE * SIZE), dtype=np.float32)
    ab = np.zeros((1, 2, SIZE * SIZE), dtype=np.float32)
    mask[..., at] = 1
    ab[..., at] = 160 * rng.random((1, 2, HINTS), dtype=np.float32) - 80
    histogram = rng.random((1, 313), dtype=np.float32) ** 8
    numbers = [histogram / histogram.sum(), [[1.0]], [[0.4]], [[1.0]]]
    arrays = {
        "lightness": lightness,
        "hint_ab": ab.reshape(1, 2, SIZE, SIZE),
        "hint_mask": mask.reshape(1, 1, SIZE, SIZE),
        "global_hints": np.concatenate(numbers, axis=1).astype(np.float32),
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def doubled(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """In double precision no rounding blurs the comparison of two ways to compute one formula."""
    return {name: x.double() if x.is_floating_point() else x for name, x in tensors.items()}


def local_hints(weights, lightness, hint_ab, hint_mask, mask_center=0.0):
    """Return ab and the logits of the class head."""
    x = torch.cat(((lightness - 50) / 100, hint_ab / 110, hint_mask - mask_center), dim=1)
    ab, features = _trunk(weights, x, 0)
    return 110 * ab, F.conv2d(features, weights["model_class.0.weight"], weights["model_class.0.bias"])


def global_hints(weights, lightness, global_hints):
    histogram, saturation = global_hints[:, :314, None, None], global_hints[:, 314:, None, None]
    x = _linear(weights, "s_conv1", saturation) + _linear(weights, "glob_conv1", histogram)
    for number, norm in enumerate(GLOBAL_NORMS, start=1):
        x = x if number == 1 else _linear(weights, f"glob_conv{number}", x)
        x = _batch_norm(weights, norm, F.relu(x))
    ab, _ = _trunk(weights, (lightness - 50) / 100, x)
    return 100 * ab


def _linear(weights, name, x):
    return F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def _trunk(weights, x, after_block4):
    outputs = {}
    for number in range(1, 8):
        x = _block(weights, f"model{number}", x)
        outputs[number] = x
        x = x[:, :, ::2, ::2] if number <= 3 else x
        x = x + after_block4 if number == 4 else x
    for number, source in ((8, 3), (9, 2), (10, 1)):
        up, short = f"model{number}up.0", f"model{source}short{number}.0"
        x = F.conv_transpose2d(x, weights[f"{up}.weight"], weights[f"{up}.bias"], stride=2, padding=1)
        x = F.relu(x + F.conv2d(outputs[source], weights[f"{short}.weight"], weights[f"{short}.bias"], padding=1))
        x = outputs[number] = _block(weights, f"model{number}", x)
    return torch.tanh(_linear(weights, "model_out.0", x)), outputs[8]


def _block(weights, block, x):
    convolutions, norm, dilation = BLOCKS[block]
    for index, _, _ in convolutions:
        name = f"{block}.{index}"
        x = F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=dilation, dilation=dilation)
        x = F.leaky_relu(x, 0.2) if block == "model10" else F.relu(x)
    return x if norm is None else _batch_norm(weights, f"{block}.{norm}", x)


def _batch_norm(weights, name, x):
    mean, variance, weight, bias = (
        weights[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / torch.sqrt(variance + 1e-5) * weight + bias
