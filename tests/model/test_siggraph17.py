import json
from pathlib import Path

import pytest
import torch

from huedot.model.networks.siggraph17 import GlobalHints, LocalHints
from huedot.protocol.errors import ArgumentError

from . import reference_siggraph17 as reference
from .reference_siggraph17 import doubled

GOLDEN = json.loads((Path(__file__).parent / "golden/siggraph17.json").read_text())


@pytest.fixture(scope="module")
def weights():
    return reference.seeded_weights(reference.local_shapes())


@pytest.fixture(scope="module")
def global_weights():
    return reference.seeded_weights(reference.global_shapes())


@pytest.fixture(scope="module")
def given():
    return reference.seeded_input()


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.no_grad():
        yield


def local(weights, mask_center=0.0):
    with torch.device("meta"):
        network = LocalHints(mask_center)
    network.load_state_dict(weights, assign=True)
    return network.eval()


def globally(weights):
    with torch.device("meta"):
        network = GlobalHints()
    network.load_state_dict(weights, assign=True)
    return network.eval()


def hints(given):
    return given["lightness"], given["hint_ab"], given["hint_mask"]


def shapes_of(network):
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def assert_golden(name, actual, tolerance=1e-4):
    expected = torch.tensor(GOLDEN[name]["values"], dtype=actual.dtype).reshape(GOLDEN[name]["shape"])
    torch.testing.assert_close(actual, expected, atol=tolerance, rtol=0)


def test_local_hints_has_the_published_state_dict():
    with torch.device("meta"):
        network = LocalHints()
    assert shapes_of(network) == reference.local_shapes()
    assert len(network.state_dict()) == 107
    assert sum(parameter.numel() for parameter in network.parameters()) == 34_187_027


def test_global_hints_adds_the_published_branch_to_a_trunk_that_reads_lightness_alone():
    with torch.device("meta"):
        network = GlobalHints()
    assert shapes_of(network) == reference.global_shapes()
    names = ("s_conv1", "glob_conv1", "glob_conv2", "glob_conv3", "glob_conv4")
    convolutions = [network.get_submodule(name) for name in names]
    assert sum(p.numel() for layer in convolutions for p in layer.parameters()) == 950_784


@pytest.mark.parametrize("mask_center", [0.0, 0.5])
def test_local_hints_equals_the_layer_table(weights, given, mask_center):
    weights, given = doubled(weights), doubled(given)
    ab, logits = local(weights, mask_center)(*hints(given))
    expected_ab, expected_logits = reference.local_hints(weights, *hints(given), mask_center)
    torch.testing.assert_close(ab, expected_ab, atol=1e-6, rtol=0)
    torch.testing.assert_close(logits, expected_logits, atol=1e-6, rtol=0)


@pytest.mark.parametrize("mask_center", [0.0, 0.5])
def test_local_hints_reproduces_the_published_color(weights, given, mask_center):
    name = f"ab_mask_center_{mask_center}"
    ab, _ = local(doubled(weights), mask_center)(*hints(doubled(given)))
    assert_golden(name, ab[..., ::4, ::4])
    single, _ = local(weights, mask_center)(*hints(given))
    # Rounding alone, of an ab that spans ±110.
    assert_golden(name, single[..., ::4, ::4], tolerance=2e-3)


def test_local_hints_reproduces_the_published_logits(weights, given):
    _, logits = local(weights)(*hints(given))
    assert_golden("logits_mask_center_0.0", logits[:, ::8, ::4, ::4])


def test_global_hints_equals_the_layer_table(global_weights, given):
    weights, given = doubled(global_weights), doubled(given)
    inputs = given["lightness"], given["global_hints"]
    expected = reference.global_hints(weights, *inputs)
    torch.testing.assert_close(globally(weights)(*inputs), expected, atol=1e-6, rtol=0)


def test_global_hints_reproduces_the_published_caffe_network(global_weights, given):
    network, given = globally(doubled(global_weights)), doubled(given)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.fill_(1)
            module.bias.fill_(0)
    assert_golden("global_ab", network(given["lightness"], given["global_hints"])[..., ::4, ::4])


def test_the_retrained_family_sees_the_mask_shifted_by_a_half(weights, given):
    lightness, hint_ab, hint_mask = hints(given)
    converted, _ = local(weights, 0.0)(lightness, hint_ab, hint_mask)
    retrained, _ = local(weights, 0.5)(lightness, hint_ab, hint_mask)
    shifted, _ = local(weights, 0.0)(lightness, hint_ab, hint_mask - 0.5)
    torch.testing.assert_close(retrained, shifted, atol=0, rtol=0)
    assert (retrained - converted).abs().mean() > 5


def test_any_multiple_of_eight_is_a_size_and_batches_do_not_mix(weights):
    generator = torch.Generator().manual_seed(0)
    lightness = 100 * torch.rand(2, 1, 40, 24, generator=generator)
    hint_ab, hint_mask = torch.zeros(2, 2, 40, 24), torch.zeros(2, 1, 40, 24)
    network = local(weights)
    ab, logits = network(lightness, hint_ab, hint_mask)
    assert ab.shape == (2, 2, 40, 24)
    assert logits.shape == (2, 529, 10, 6)
    alone, _ = network(lightness[1:], hint_ab[1:], hint_mask[1:])
    torch.testing.assert_close(ab[1:], alone, atol=1e-3, rtol=1e-4)


def test_other_sizes_are_refused_by_name(weights, global_weights):
    lightness = torch.zeros(1, 1, 64, 60)
    with pytest.raises(ArgumentError, match="lightness: height 64 and width 60"):
        local(weights)(lightness, torch.zeros(1, 2, 64, 60), torch.zeros(1, 1, 64, 60))
    with pytest.raises(ArgumentError, match="multiples of 8"):
        globally(global_weights)(lightness, torch.zeros(1, 316))
