import torch
import torch.nn.functional as F

from huedot.model.networks.affinity import Affinity
from huedot.model.networks.hintnet import HintNetwork


def request(batch=1, side=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    lightness = torch.rand(batch, 1, side, side, generator=generator) * 100
    hint_ab, hint_mask = torch.zeros(batch, 2, side, side), torch.zeros(batch, 1, side, side)
    hint_ab[:, :, 10:16, 10:16], hint_mask[:, :, 10:16, 10:16] = 40.0, 1.0
    return lightness, hint_ab, hint_mask, torch.zeros(batch, 316)


@torch.no_grad()
def answer(network, lightness, hint_ab, hint_mask, global_hints):
    grid, decoded = network.decode(network.encode(lightness), hint_ab, hint_mask, global_hints)
    return network.propagate(grid, decoded, lightness, hint_ab, hint_mask)[0], decoded


def test_shapes(network):
    lightness, *hints = request(batch=2)
    grid, decoded = answer(network, lightness, *hints)
    assert grid.shape == (2, 2, 6, 16, 16)
    assert network.palette_logits(decoded, torch.zeros(2, 2, 64, 64)).shape == (2, 313, 8, 8)


def test_one_photograph_of_a_batch_does_not_see_the_others(network):
    lightness, *hints = request(batch=2)
    # The second has no hints.
    hints[1][1] = 0
    together, _ = answer(network, lightness, *hints)
    alone, _ = answer(network, lightness[1:], *(h[1:] for h in hints))
    torch.testing.assert_close(together[1:], alone, atol=1e-3, rtol=1e-3)


def test_local_and_global_hints_matter(network):
    lightness, hint_ab, hint_mask, global_hints = request()
    plain, _ = answer(network, lightness, hint_ab * 0, hint_mask * 0, global_hints)
    hinted, _ = answer(network, lightness, hint_ab, hint_mask, global_hints)
    global_hints[:, 100] = global_hints[:, 313] = 1.0
    referred, _ = answer(network, lightness, hint_ab * 0, hint_mask * 0, global_hints)
    assert (hinted - plain).abs().max() > 1
    assert (referred - plain).abs().max() > 1e-4


def test_propagation_is_convex():
    torch.manual_seed(3)
    affinity = Affinity(8, heads=2, width=4, bins=6)
    share = torch.zeros(1, 1, 8, 8)
    share[0, 0, 2, 2], share[0, 0, 6, 6] = 1.0, 0.5
    values = torch.zeros(1, 2, 8, 8)
    values[0, :, 2, 2], values[0, :, 6, 6] = 10.0, 30.0
    with torch.no_grad():
        spread = affinity(torch.randn(1, 8, 8, 8), values, torch.full((1, 1, 8, 8), 50.0), share, 64)
    spread, reached = spread[:, :2], spread[:, 2]
    assert spread.shape == (1, 2, 6, 8, 8)
    assert 0 <= reached.min() <= reached.max() <= 1
    assert spread.min() >= 0
    assert spread.max() <= 30


def test_propagation_is_the_softmax_over_hints_and_null():
    """Place by place, as one would write it down."""
    torch.manual_seed(0)
    heads, width, side = 2, 4, 6
    affinity = Affinity(8, heads, width, bins=6)
    for parameter in affinity.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    features, values = torch.randn(1, 8, side, side), 20 * torch.randn(1, 2, side, side)
    lightness, share = 100 * torch.rand(1, 1, side, side), (torch.rand(1, 1, side, side) > 0.8).float()
    hints = [(int(row), int(column)) for _, _, row, column in share.nonzero()]
    with torch.inference_mode():
        spread = affinity(features, values, lightness, share, 64)[0]
        keys = affinity.key(features)[0].unflatten(0, (heads, width))
        null, mix = affinity.null(features)[0], affinity.mix(features)[0].softmax(0)
        for y, x, z in [(0, 0, 0), (2, 3, 1), (5, 4, affinity.bins - 1), (1, 5, 3)]:
            expected = torch.zeros(3)
            for n in range(heads):
                logits = []
                for row, column in hints:
                    near = keys[n, :, row, column]
                    distance = ((y - row) ** 2 + (x - column) ** 2) / 16**2
                    apart = (lightness[0, 0, row, column] / 100 * (affinity.bins - 1) - z) ** 2
                    like = near @ (keys[n, :, y, x] + affinity.bin_key[n, z]) / width**0.5
                    logits.append(like - affinity.reach[n].exp() * distance - affinity.edge[n].exp() * apart)
                weights = torch.stack([*logits, null[n, y, x]]).softmax(0)
                # Last the share of the hints themselves, which is as if each were worth 1.
                colors = torch.stack([F.pad(values[0, :, row, column], (0, 1), value=1) for row, column in hints])
                expected += mix[n, y, x] * (weights[:-1] @ colors)
            assert torch.allclose(spread[:, z, y, x], expected, atol=1e-4)


def test_palette_gradients_stop_before_the_trunk(network):
    lightness, *hints = request()
    grid, decoded = network.decode(network.encode(lightness), *hints)
    network.palette_logits(decoded, grid[:, :, 0].repeat(1, 1, 4, 4)).sum().backward()
    touched = {name.partition(".")[0] for name, p in network.named_parameters() if p.grad is not None}
    assert touched == {"palette"}


def test_the_shipped_configuration_fits_its_budget():
    count = sum(p.numel() for p in HintNetwork().parameters())
    # Bytes, in half precision.
    assert 2 * count < 40e6
