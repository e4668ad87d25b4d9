"""More color where nobody painted: by the factor that is given, and never at a dot."""

import numpy as np
import pytest
import torch

from huedot.model import Colorizer
from huedot.model.backends import LocalHintsBackend
from huedot.model.color import rgb_to_lab
from huedot.model.networks.siggraph17 import LocalHints
from huedot.model.vividness import USUAL, enliven
from huedot.panel.settings import MOST_VIVID, USUAL_VIVIDNESS
from huedot.protocol.errors import ArgumentError


@pytest.fixture
def photo(tiny_weights, picture):
    return Colorizer.load(tiny_weights, device="cpu", working_size=64).open(picture)


@pytest.fixture
def layer(hint_layer):
    return hint_layer(80, 96, [(30, 40, 4, (150, 100, 90))])


def chroma(rgb):
    return rgb_to_lab(torch.from_numpy(rgb).permute(2, 0, 1).float() / 255)[1:].norm(dim=0).numpy()


def test_chroma_follows_the_factor_where_nothing_is_painted(photo):
    pale, usual, strong = (chroma(photo.colorize(vividness=each)).mean() for each in (0.5, 1, 1.5))
    assert pale == pytest.approx(usual / 2, rel=0.1)
    assert usual < strong < 1.6 * usual


def test_a_histogram_says_itself_how_vivid_it_is_meant(photo, picture):
    expected = photo.colorize(histogram=picture, vividness=1)
    assert np.array_equal(photo.colorize(histogram=picture), expected)
    assert not np.array_equal(photo.colorize(histogram=picture, vividness=USUAL), expected)


def test_none_of_it_leaves_only_what_dots_color(photo, layer):
    assert chroma(photo.colorize(vividness=0)).max() < 1
    assert chroma(photo.colorize(layer, vividness=0))[38:43, 28:33].min() > 5


@pytest.mark.parametrize("vividness", [0, 2, 3])
def test_a_dot_keeps_its_color(photo, layer, vividness):
    middle = slice(39, 42), slice(29, 32)
    plain, other = (photo.colorize(layer, vividness=each)[middle].astype(int) for each in (1, vividness))
    assert np.abs(plain - other).max() <= 3


def test_it_fades_toward_what_the_hints_have_reached():
    grid = torch.full((1, 2, 3, 4, 4), 10.0)
    reached = torch.linspace(0, 1, 4).expand(1, 1, 3, 4, 4)
    gain = enliven(grid, reached, 1.5)[0, 0, 0, 0] / 10
    assert gain.tolist() == pytest.approx([1.5, 4 / 3, 7 / 6, 1.0])


def test_another_vividness_asks_the_network_nothing(photo, layer, monkeypatch):
    expected = [photo.colorize(layer, vividness=each) for each in (0, 1, 2)]
    photo.colorize()
    asked = []
    predict = photo.encoded.backend.predict
    monkeypatch.setattr(photo.encoded.backend, "predict", lambda *given: asked.append(1) or predict(*given))
    for each in (2, 0, 1):
        assert np.array_equal(photo.colorize(layer, vividness=each), expected[each])
    assert len(asked) == 1


def test_without_a_wish_it_is_the_networks_own(photo, layer):
    assert np.array_equal(photo.colorize(layer), photo.colorize(layer, vividness=USUAL))
    assert not np.array_equal(photo.colorize(layer), photo.colorize(layer, vividness=1))
    assert USUAL == USUAL_VIVIDNESS <= MOST_VIVID, "what the panels show"


def test_a_published_network_stays_as_it_was(picture):
    torch.manual_seed(0)
    colorizer = Colorizer(LocalHintsBackend(LocalHints().eval()), torch.device("cpu"), 64)
    photo = colorizer.open(picture)
    assert not photo.takes_vividness
    assert np.array_equal(photo.colorize(), photo.colorize(vividness=2))


@pytest.mark.parametrize("wrong", [-0.1, 3.1, float("nan"), "much"])
def test_what_is_no_vividness_is_refused(photo, wrong):
    with pytest.raises(ArgumentError, match="vividness"):
        photo.colorize(vividness=wrong)
