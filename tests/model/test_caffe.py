"""Caffe's files, written here from the public schema, against Caffe's networks, computed from their layer table."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from huedot.model import Colorizer, bins, loading
from huedot.protocol.errors import WeightsCorrupt

# caffe.proto as it was published, as far as weights go: message, then number, name, type, is it repeated and packed.
SCHEMA = {
    "BlobShape": [(1, "dim", "INT64", "packed")],
    "BlobProto": [
        (1, "num", "INT32", ""),
        (2, "channels", "INT32", ""),
        (3, "height", "INT32", ""),
        (4, "width", "INT32", ""),
        (5, "data", "FLOAT", "packed"),
        (6, "diff", "FLOAT", "packed"),
        (7, "shape", "BlobShape", ""),
        (8, "double_data", "DOUBLE", "packed"),
    ],
    "LayerParameter": [
        (1, "name", "STRING", ""),
        (2, "type", "STRING", ""),
        (3, "bottom", "STRING", "repeated"),
        (4, "top", "STRING", "repeated"),
        (7, "blobs", "BlobProto", "repeated"),
    ],
    "V1LayerParameter": [(4, "name", "STRING", ""), (5, "type", "INT32", ""), (6, "blobs", "BlobProto", "repeated")],
    "NetParameter": [
        (1, "name", "STRING", ""),
        (2, "layers", "V1LayerParameter", "repeated"),
        (100, "layer", "LayerParameter", "repeated"),
    ],
}
# Convolutions in each.
BLOCKS = {1: 2, 2: 2, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3}
WIDTHS = {1: 64, 2: 128, 3: 256, 4: 512, 5: 512, 6: 512, 7: 512}


@pytest.fixture(scope="module")
def messages():
    file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe", syntax="proto2")
    for message, fields in SCHEMA.items():
        described = file.message_type.add(name=message)
        for number, name, kind, repeated in fields:
            field = described.field.add(name=name, number=number, label=3 if repeated else 1)
            field.options.packed = repeated == "packed"
            if kind in SCHEMA:
                field.type, field.type_name = 11, f".caffe.{kind}"
            else:
                field.type = getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{kind}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"caffe.{name}"))


def shapes(is_global):
    """The layers that hold numbers, and the shapes of their blobs."""

    def convolution(before, after, side=3):
        return [(after, before, side, side), (after,)]

    def doubling(before, after):
        return [(before, after, 4, 4), (after,)]

    def norm(channels):
        return [(channels,), (channels,), (1,)]

    layers = {"bw_conv1_1": convolution(1, 64)}
    for block, count in BLOCKS.items():
        for i in range(2 if block == 1 else 1, count + 1):
            before = WIDTHS[block - 1] if i == 1 else WIDTHS[block]
            layers[f"conv{block}_{i}"] = convolution(before, WIDTHS[block])
        layers[f"conv{block}_{count}norm"] = norm(WIDTHS[block])
        if block < 4:
            layers[f"conv{block}_{count}norm_ss"] = [(WIDTHS[block], 1, 1, 1)]
    layers |= {"conv8_1": doubling(512, 256), "conv3_3_short": convolution(256, 256)}
    layers |= {"conv8_2": convolution(256, 256), "conv8_3": convolution(256, 256), "conv8_3norm": norm(256)}
    layers |= {"conv9_1": doubling(256, 128), "conv2_2_short": convolution(128, 128)}
    layers |= {"conv9_2": convolution(128, 128), "conv9_2norm": norm(128)}
    layers |= {"conv10_1": doubling(128, 128), "conv1_2_short": convolution(64, 128)}
    layers |= {"conv10_2": convolution(128, 128), "conv10_ab": convolution(128, 2, 1), "pred_ab": [(2,)]}
    if is_global:
        layers |= {"s_conv1": convolution(2, 512, 1), "glob_conv1": convolution(314, 512, 1)}
        layers |= {f"glob_conv{i}": convolution(512, 512, 1) for i in (2, 3, 4)}
        layers |= {f"{name}norm": norm(512) for name in ("s_glob_conv1", *(f"glob_conv{i}" for i in (2, 3, 4)))}
    else:
        layers["ab_conv1_1"] = convolution(3, 64)
        layers |= {"conv3_pred": convolution(256, 384), "conv8_pred": convolution(256, 384)}
        layers |= {f"conv{block}_pred": doubling(512, 384) for block in (4, 5, 6, 7)}
        layers |= {"pred_313": convolution(384, 313, 1), "pred_313_us": [(313, 1, 4, 4)]}
    return layers


def seeded(is_global):
    """Numbers for every layer: of raw units where they meet lightness or ab, and norms that keep sums."""
    generator = torch.Generator().manual_seed(17 + is_global)
    layers = {}
    for name, sides in shapes(is_global).items():
        blobs = [torch.rand(side, generator=generator) - 0.5 for side in sides]
        if name.endswith("norm"):
            blobs = [(blobs[0] + 0.3) * 40, (blobs[1] + 1) * 40, torch.tensor([40.0])]
        elif name.endswith("_ss"):
            blobs = [torch.ones_like(blobs[0])]
        elif name == "pred_ab":
            blobs = [torch.full((2,), 95.0)]
        else:
            blobs[0] *= (12 / blobs[0][0].numel()) ** 0.5 / (50 if name.endswith("_conv1_1") else 1)
        layers[name] = blobs
    return layers


def write(path, layers, messages, old=False):
    net = messages("NetParameter")(name="a net")
    for name, blobs in layers.items():
        layer = net.layers.add(name=name, type=4) if old else net.layer.add(name=name, type="Layer", bottom=["x"])
        for tensor in blobs:
            blob = layer.blobs.add()
            blob.data.extend(tensor.flatten().tolist())
            if old:
                sides = [1] * (4 - tensor.ndim) + list(tensor.shape)
                blob.num, blob.channels, blob.height, blob.width = sides
            else:
                blob.shape.dim.extend(tensor.shape)
    path.write_bytes(net.SerializeToString())
    return path


@pytest.fixture(scope="module")
def local(messages, tmp_path_factory):
    layers = seeded(False)
    return layers, write(tmp_path_factory.mktemp("caffe") / "model.caffemodel", layers, messages)


@pytest.fixture(scope="module")
def globally(messages, tmp_path_factory):
    layers = seeded(True)
    path = tmp_path_factory.mktemp("caffe") / "global_model.caffemodel"
    return layers, write(path, layers, messages, old=True)


class Caffe:
    """What Caffe computes, layer by layer as deploy_nopred.prototxt and global_model/deploy_nodist.prototxt say."""

    def __init__(self, layers):
        self.layers = layers

    def conv(self, x, name, dilation=1):
        weight, bias = self.layers[name]
        return F.conv2d(x, weight, bias, padding=dilation * (weight.shape[-1] // 2), dilation=dilation)

    def double(self, x, name):
        return F.conv_transpose2d(x, *self.layers[name], stride=2, padding=1)

    def norm(self, x, name):
        mean, variance, divisor = self.layers[name]
        mean, variance = (each[None, :, None, None] / divisor for each in (mean, variance))
        return (x - mean) / (variance + 1e-5).sqrt()

    def __call__(self, lightness, hints=None, histogram=None, saturation=None):
        x = self.conv(lightness - 50, "bw_conv1_1")
        if hints is not None:
            x = x + self.conv(hints, "ab_conv1_1")
        found = {}
        for block, count in BLOCKS.items():
            for i in range(1, count + 1):
                if (block, i) != (1, 1):
                    x = self.conv(x, f"conv{block}_{i}", 2 if block in (5, 6) else 1)
                x = x.relu()
            x = found[block] = self.norm(x, f"conv{block}_{count}norm")
            if block < 4:
                thin = self.layers[f"conv{block}_{count}norm_ss"][0]
                x = F.conv2d(x, thin, stride=2, groups=len(thin))
            if block == 4 and histogram is not None:
                x = x + self.branch(histogram, saturation)
        x = (self.double(x, "conv8_1") + self.conv(found[3], "conv3_3_short")).relu()
        x = self.conv(self.conv(x, "conv8_2").relu(), "conv8_3").relu()
        x = found[8] = self.norm(x, "conv8_3norm")
        x = (self.double(x, "conv9_1") + self.conv(found[2], "conv2_2_short")).relu()
        x = self.norm(self.conv(x, "conv9_2").relu(), "conv9_2norm")
        x = (self.double(x, "conv10_1") + self.conv(found[1], "conv1_2_short")).relu()
        x = F.leaky_relu(self.conv(x, "conv10_2"), 0.2)
        return self.conv(x, "conv10_ab").tanh() * self.layers["pred_ab"][0][0], found

    def branch(self, histogram, saturation):
        x = self.norm(
            (self.conv(saturation, "s_conv1") + self.conv(histogram, "glob_conv1")).relu(), "s_glob_conv1norm"
        )
        for i in (2, 3, 4):
            x = self.norm(self.conv(x, f"glob_conv{i}").relu(), f"glob_conv{i}norm")
        return x

    def distribution(self, found):
        x = self.conv(found[3], "conv3_pred") + self.conv(found[8], "conv8_pred")
        for block in (4, 5, 6, 7):
            x = x + self.double(found[block], f"conv{block}_pred")
        return self.conv(x.relu(), "pred_313")


@pytest.fixture
def lightness():
    return torch.rand(1, 1, 32, 40, generator=torch.Generator().manual_seed(1)) * 100


def assert_near(ours, caffes):
    assert caffes.std() > 0.01
    torch.testing.assert_close(ours, caffes, atol=float(caffes.abs().max()) * 1e-4, rtol=0)


@torch.no_grad()
def test_the_local_hints_file_computes_what_caffe_does(local, lightness):
    layers, path = local
    backend = Colorizer.load(path, "cpu").backend
    ab, mask = torch.zeros(1, 2, 32, 40), torch.zeros(1, 1, 32, 40)
    ab[0, :, 9:14, 20:25], mask[0, :, 9:14, 20:25] = torch.tensor([40.0, -25.0])[:, None, None], 1
    expected, found = Caffe(layers)(lightness, torch.cat([ab, mask * 110], 1))
    answer, logits = backend.network(lightness, ab, mask)
    assert_near(answer, expected)
    assert_near(logits, Caffe(layers).distribution(found))
    assert torch.equal(backend.centers, bins.centers())
    assert backend.softening == 0.2


@torch.no_grad()
def test_the_global_hints_file_computes_what_caffe_does(globally, lightness):
    layers, path = globally
    network = Colorizer.load(path, "cpu").backend.network
    numbers = torch.rand(1, 316, 1, 1, generator=torch.Generator().manual_seed(2))
    expected, _ = Caffe(layers)(lightness, None, numbers[:, :314], numbers[:, 314:])
    assert_near(network(lightness, numbers[..., 0, 0]), expected)


@pytest.mark.parametrize(("kind", "name"), [("local", "siggraph17"), ("globally", "siggraph17-global")])
def test_what_is_converted_answers_as_before_and_by_name(kind, name, request, tmp_path, monkeypatch, picture):
    _, path = request.getfixturevalue(kind)
    monkeypatch.setenv("HUEDOT_WEIGHTS", str(tmp_path))
    loading.convert(path, tmp_path / f"{name}.safetensors")
    answers = []
    for model in (path, name):
        colorizer = Colorizer.load(model, "cpu", working_size=64)
        assert colorizer.name == name
        photo = colorizer.open(picture)
        answers.append((photo.colorize(histogram=picture), photo.palette(40, 40)))
    assert np.array_equal(answers[0][0], answers[1][0])
    assert answers[0][1] == answers[1][1]


def small(messages, path, **layers):
    return write(path, {"bw_conv1_1": [torch.zeros(64, 1, 3, 3), torch.zeros(64)], **layers}, messages)


def test_files_that_are_not_the_published_ones_are_named(messages, tmp_path, local):
    path = tmp_path / "other.caffemodel"
    _, whole = local
    with pytest.raises(WeightsCorrupt, match=r"other\.caffemodel has 0 blobs, not 2, in the layer ab_conv1_1"):
        loading.read_weights(small(messages, path))
    with pytest.raises(WeightsCorrupt, match="other than 1 in conv2_2norm_ss"):
        loading.read_weights(small(messages, path, conv2_2norm_ss=[torch.full((128, 1, 1, 1), 0.5)]))
    path.write_bytes(whole.read_bytes()[:-1000])
    with pytest.raises(WeightsCorrupt, match=r"other\.caffemodel is damaged"):
        loading.read_weights(path)
    net = messages("NetParameter")()
    blob = net.layer.add(name="bw_conv1_1").blobs.add()
    blob.shape.dim.extend([1 << 40, 1 << 40])
    blob.data.extend([1.0, 2.0])
    path.write_bytes(net.SerializeToString())
    with pytest.raises(WeightsCorrupt, match="holds 8 bytes for a blob"):
        loading.read_weights(path)


def test_double_precision_and_a_norm_that_never_ran(messages, tmp_path):
    from huedot.model import caffe

    net = messages("NetParameter")()
    blob = net.layer.add(name="a").blobs.add()
    blob.double_data.extend([0.5, -2.0])
    blob.shape.dim.extend([2])
    (tmp_path / "a.caffemodel").write_bytes(net.SerializeToString())
    layers = caffe._layers(tmp_path / "a.caffemodel")
    assert layers["a"][0].tolist() == [0.5, -2.0]
    norm = caffe._norm({"n": [torch.ones(3), torch.ones(3), torch.zeros(1)]}, "n", tmp_path)
    assert norm["running_var"].tolist() == [0, 0, 0]
