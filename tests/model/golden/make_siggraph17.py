"""Run the published code on seeded weights and write siggraph17.json; README.md says where that code is.

Usage: python make_siggraph17.py INTERACTIVE_DEEP_COLORIZATION COLORIZATION_PYTORCH (two checkouts)
"""

import importlib.util
import json
import re
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
# Block: index of its BatchNorm.
NORMS = {1: 4, 2: 4, 3: 6, 4: 6, 5: 6, 6: 6, 7: 6, 8: 5, 9: 3}
# Block: number of its last layer in Caffe.
LAST = {1: 2, 2: 2, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3, 8: 3, 9: 2}


def module_at(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def local_outputs(reference, interactive: Path, colorization: Path) -> dict[str, torch.Tensor]:
    weights = reference.doubled(reference.seeded_weights(reference.local_shapes()))
    given = reference.doubled(reference.seeded_input())
    published = module_at(interactive / "models/pytorch/model.py").SIGGRAPHGenerator().eval()
    published.load_state_dict(weights)
    inputs = given["lightness"][0] - 50, given["hint_ab"][0], given["hint_mask"][0]
    trained = module_at(colorization / "models/networks.py").SIGGRAPHGenerator(4, 2).eval()
    trained.load_state_dict(weights)
    logits, _ = trained((given["lightness"] - 50) / 100, given["hint_ab"] / 110, given["hint_mask"])
    return {
        "ab_mask_center_0.0": published(*inputs, 0)[..., ::4, ::4],
        "ab_mask_center_0.5": published(*inputs, 0.5)[..., ::4, ::4],
        "logits_mask_center_0.0": logits[:, ::8, ::4, ::4],
    }


def global_outputs(reference, prototxt: Path) -> dict[str, torch.Tensor]:
    given = reference.doubled(reference.seeded_input())
    blobs = {
        "data_l_ab_mask": torch.cat((given["lightness"] - 50, given["hint_ab"], given["hint_mask"]), dim=1),
        "glob_ab_313_mask": given["global_hints"][:, :314, None, None],
        "s_avg_mask": given["global_hints"][:, 314:, None, None],
    }
    weights = caffe_weights(reference.doubled(reference.seeded_weights(reference.global_shapes())))
    for layer in parse(tokens(prototxt.read_text()))["layer"]:
        run_layer(layer, blobs, weights)
    return {"global_ab": blobs["pred_ab"][..., ::4, ::4]}


def caffe_weights(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename to Caffe's layers. Its input is L - 50, and its BatchNorm has no weight and bias of its own."""
    layers = {f"model{block}.{2 * i}": f"conv{block}_{i + 1}" for block in range(1, 8) for i in range(3)}
    layers |= {"model1.0": "bw_conv1_1", "model8.1": "conv8_2", "model8.3": "conv8_3", "model9.1": "conv9_2"}
    layers |= {"model10.1": "conv10_2", "model_out.0": "conv10_ab", "model3short8.0": "conv3_3_short"}
    layers |= {"model2short9.0": "conv2_2_short", "model1short10.0": "conv1_2_short"}
    layers |= {f"model{block}up.0": f"conv{block}_1" for block in (8, 9, 10)}
    layers |= {f"model{block}.{NORMS[block]}": f"conv{block}_{LAST[block]}norm" for block in NORMS}
    named = {}
    for name, tensor in tensors.items():
        layer, _, part = name.rpartition(".")
        named[f"{layers.get(layer, layer)}.{part}"] = tensor / 100 if name == "model1.0.weight" else tensor
    return named


def tokens(text: str):
    return iter(re.findall(r'"[^"]*"|\'[^\']*\'|[{}:]|[^\s{}:"\']+', re.sub(r"#.*", "", text)))


def parse(stream) -> dict[str, list]:
    """Read one protobuf text message: every field is a list."""
    message: dict[str, list] = {}
    for field in stream:
        if field == "}":
            break
        following = next(stream)
        value = parse(stream) if following == "{" else next(stream).strip("\"'")
        message.setdefault(field, []).append(value)
    return message


def run_layer(layer, blobs, weights) -> None:
    kind, name = layer["type"][0], layer["name"][0]
    if kind in ("Input", "Silence"):
        return
    x, *others = [blobs[bottom] for bottom in layer["bottom"]]
    if kind == "Slice":
        at = int(layer["slice_param"][0]["slice_point"][0])
        blobs[layer["top"][0]], blobs[layer["top"][1]] = x[:, :at], x[:, at:]
        return
    blobs[layer["top"][0]] = compute(kind, name, layer, x, others, weights)


def compute(kind, name, layer, x, others, weights) -> torch.Tensor:
    if kind in ("Convolution", "Deconvolution"):
        return convolve(kind, name, layer["convolution_param"][0], x, weights)
    if kind == "BatchNorm":
        return F.batch_norm(x, weights[f"{name}.running_mean"], weights[f"{name}.running_var"])
    if kind == "ReLU":
        return F.leaky_relu(x, float(layer.get("relu_param", [{}])[0].get("negative_slope", [0])[0]))
    # Its operation is a sum unless it says otherwise.
    if kind == "Eltwise":
        assert "eltwise_param" not in layer
        return x + others[0]
    if kind == "Python":
        assert layer["python_param"][0]["layer"] == ["SpatialRepLayer"]
        return x.expand(-1, -1, *others[0].shape[2:])
    if kind == "Scale":
        return x * float(layer["scale_param"][0]["filler"][0]["value"][0])
    assert kind == "TanH", kind
    return torch.tanh(x)


def convolve(kind, name, given, x, weights) -> torch.Tensor:
    stride, padding, dilation, groups = (
        int(given.get(field, [default])[0])
        for field, default in (("stride", 1), ("pad", 0), ("dilation", 1), ("group", 1))
    )
    # The subsampling layers hold ones.
    if given.get("weight_filler", [{}])[0].get("type") == ["constant"]:
        return F.conv2d(x, torch.ones(groups, 1, 1, 1), stride=stride, groups=groups)
    parts = weights[f"{name}.weight"], weights[f"{name}.bias"]
    if kind == "Deconvolution":
        return F.conv_transpose2d(x, *parts, stride=stride, padding=padding)
    return F.conv2d(x, *parts, stride=stride, padding=padding, dilation=dilation)


def main(interactive: Path, colorization: Path) -> None:
    # So that the golden values carry no rounding of their own.
    torch.set_default_dtype(torch.float64)
    reference = module_at(HERE.parent / "reference_siggraph17.py")
    with torch.no_grad():
        outputs = local_outputs(reference, interactive, colorization)
        outputs |= global_outputs(reference, interactive / "models/global_model/deploy_nodist.prototxt")
    golden = {
        name: {"shape": list(x.shape), "values": [round(value, 5) for value in x.flatten().tolist()]}
        for name, x in outputs.items()
    }
    (HERE / "siggraph17.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    for name, x in outputs.items():
        print(f"{name}: mean {x.mean():.4f}, deviation {x.std():.4f}, from {x.min():.3f} to {x.max():.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
