"""The public Python API, with a tiny seeded network: what holds whatever the weights."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from huedot.model import Colorizer, Dot, Hints, Reference, backends, places
from huedot.model.color import lightness, rgb_to_lab
from huedot.model.networks.siggraph17 import GlobalHints, LocalHints
from huedot.model.paint import FAINTEST
from huedot.protocol.errors import ArgumentError, OutOfMemory, WeightsMissing


@pytest.fixture
def colorizer(tiny_weights):
    return Colorizer.load(tiny_weights, device="cpu", working_size=64)


@pytest.fixture
def photo(colorizer, picture):
    return colorizer.open(picture)


def lab_of(rgb):
    return rgb_to_lab(torch.from_numpy(rgb).permute(2, 0, 1).float() / 255).permute(1, 2, 0).numpy()


def test_lightness_is_kept(photo, picture, hint_layer):
    out = photo.colorize(hints=hint_layer(80, 96, [(20, 20, 3, (200, 30, 30)), (70, 50, 4, (30, 60, 220))]))
    assert out.shape == picture.shape
    assert out.dtype == np.uint8
    assert np.abs(lab_of(out)[..., 0] - lab_of(picture)[..., 0]).max() < 1
    assert np.hypot(*lab_of(out)[..., 1:].transpose(2, 0, 1)).max() > 10


def test_sixteen_bits_in_are_sixteen_bits_out(colorizer, hint_layer):
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    photo = colorizer.open(ramp)
    hints = hint_layer(256, 256, [(200, 100, 9, (200, 30, 30)), (70, 50, 4, (30, 60, 220))])
    out = photo.colorize(hints)
    assert out.dtype == np.uint16
    # A last bit, where it weighs most.
    assert (lightness(out) - photo.lightness).abs().max() < 0.0016
    assert len(np.unique(out.reshape(-1, 3), axis=0)) > 60_000
    eight = photo.colorize(hints, dtype=np.uint8)
    # Next to black, where 8 bits clip what 16 desaturate.
    assert np.abs(out / 257 - eight).max() < 4
    assert np.abs(out / 257 - eight).mean() < 0.5
    assert photo.colorize(hints, area=(9, 8, 20, 10)).shape == (10, 20, 3)
    with pytest.raises(ArgumentError, match="dtype"):
        photo.colorize(dtype=np.float32)


def test_a_photograph_of_eight_bits_can_be_colored_in_sixteen(photo):
    out = photo.colorize(dtype=np.uint16)
    assert out.dtype == np.uint16
    assert photo.colorize().dtype == np.uint8
    assert np.abs(out / 257 - photo.colorize()).max() < 1


def test_hints_are_exact_where_the_gamut_allows(photo, picture, hint_layer):
    layer = hint_layer(80, 96, [(48, 40, 5, (150, 110, 100))])
    painted = layer[..., 3] > 0
    out = lab_of(photo.colorize(hints=layer))[painted]
    wanted = lab_of(layer[..., :3])[painted]
    # One unit, and rounding to 8 bits.
    assert np.abs(out[:, 1:] - wanted[:, 1:]).max() < 1.5


def test_everything_revealed_gives_everything_back(colorizer):
    rng = np.random.default_rng(0)
    truth = (rng.random((40, 48, 3)) * 100 + 80).astype(np.uint8)
    hints = np.dstack([truth, np.full((40, 48), 255, np.uint8)])
    out = colorizer.open(truth).colorize(hints=hints)
    assert np.abs(out.astype(int) - truth).max() <= 1


@pytest.mark.parametrize("size", [(8, 8), (8, 300), (301, 9), (33, 65), (500, 400)])
def test_any_size(colorizer, size):
    gray = np.random.default_rng(1).integers(0, 256, size, dtype=np.uint8)
    layer = np.zeros((*size, 4), np.uint8)
    # One pixel.
    layer[3, 4] = (220, 40, 40, 255)
    out = colorizer.open(gray).colorize(hints=layer)
    assert out.shape == (*size, 3)


def test_an_area_is_a_part_of_the_whole(photo, hint_layer):
    layer = hint_layer(80, 96, [(20, 20, 3, (200, 30, 30)), (60, 50, 4, (30, 60, 220))])
    part = photo.colorize(hints=layer, area=(15, 40, 60, 25))
    assert np.array_equal(part, photo.colorize(hints=layer)[40:65, 15:75])


def test_alpha_decides_what_is_a_hint(photo, hint_layer):
    faint = hint_layer(80, 96, [(30, 30, 3, (255, 0, 0))])
    faint[..., 3] = np.minimum(faint[..., 3], FAINTEST - 1)
    assert np.array_equal(photo.colorize(hints=faint), photo.colorize())
    faint[..., 3] = np.where(faint[..., 3] > 0, FAINTEST, 0)
    assert not np.array_equal(photo.colorize(hints=faint), photo.colorize())


def test_the_same_request_gives_the_same_picture(colorizer, picture, hint_layer):
    layer = hint_layer(80, 96, [(20, 20, 3, (200, 30, 30))])
    photo = colorizer.open(picture)
    first = photo.colorize(hints=layer)
    photo.colorize()
    assert np.array_equal(photo.colorize(hints=layer), first)
    assert np.array_equal(colorizer.open(picture).colorize(hints=layer), first)


def test_global_hints_matter(photo, picture):
    red = np.zeros((32, 32, 3), np.uint8)
    red[...] = (200, 30, 30)
    plain = photo.colorize()
    assert not np.array_equal(photo.colorize(histogram=red), plain)
    assert not np.array_equal(photo.colorize(saturation=0.9), plain)
    assert np.array_equal(photo.colorize(histogram=Reference.of(red)), photo.colorize(histogram=red))


def test_a_references_transparent_parts_do_not_count():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, :32], picture[:, 32:] = (200, 30, 30), (30, 30, 200)
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, :32] = 255
    red = np.zeros((64, 64, 3), np.uint8) + np.uint8((200, 30, 30))
    half, whole = Reference.of(picture, alpha), Reference.of(red)
    assert np.abs(half.histogram - whole.histogram).sum() < 0.1
    assert np.isclose(half.histogram.sum(), 1)


def test_palette(photo, picture):
    palette = photo.palette(50, 20, k=9)
    assert len(palette) == 9
    probabilities = [p for _, p in palette]
    assert probabilities == sorted(probabilities, reverse=True)
    assert np.isclose(sum(probabilities), 1, atol=1e-3)
    colors = np.array([[rgb for rgb, _ in palette]], np.uint8)
    assert np.abs(lab_of(colors)[..., 0] - lab_of(picture)[20, 50, 0]).max() < 1
    assert photo.palette(50, 20, k=9) == palette


def test_palette_follows_the_hints(photo, hint_layer):
    layer = hint_layer(80, 96, [(50, 20, 6, (200, 30, 30))])
    assert photo.palette(50, 20, hints=layer) != photo.palette(50, 20)


def test_suggestions_lie_inside_and_apart(photo):
    places = photo.suggest(n=5)
    assert len(set(places)) == 5
    assert all(0 <= x < 96 and 0 <= y < 80 for x, y in places)


def test_variations_differ(photo, hint_layer):
    layer = hint_layer(80, 96, [(20, 20, 3, (200, 30, 30))])
    pictures = photo.variations(hints=layer, n=4)
    assert len(pictures) == 4
    assert np.array_equal(pictures[0], photo.colorize(hints=layer))
    assert len({p.tobytes() for p in pictures}) == 4


def test_dots_later_ones_above():
    hints = Hints.from_dots([Dot(5, 5, 3, (10.0, 0.0)), Dot(6, 5, 0, (0.0, 20.0))], (20, 20))
    at = {(r, c): tuple(ab) for r, c, ab in zip(hints.rows, hints.columns, hints.ab, strict=True)}
    assert at[5, 6] == (0.0, 20.0)
    assert at[5, 2] == (10.0, 0.0)
    assert (5, 1) not in at


def test_a_tiny_dot_survives_reduction():
    hints = Hints.from_dots([Dot(1000, 700, 0, (50.0, -20.0))], (3000, 4000))
    hint_ab, hint_mask = hints.at_size((3000, 4000), (224, 288), torch.device("cpu"))
    assert int(hint_mask.sum()) == 1
    assert hint_ab[0, :, 700 * 224 // 3000, 1000 * 288 // 4000].tolist() == [50.0, -20.0]


BAD = [
    ("rgb", lambda c, p: c.open([[1, 2], [3, 4]])),
    ("rgb", lambda c, p: c.open(np.zeros((20, 20, 3)))),
    ("rgb", lambda c, p: c.open(np.zeros((20, 20, 4), np.uint8))),
    ("rgb", lambda c, p: c.open(np.zeros((7, 200), np.uint8))),
    ("hints", lambda c, p: p.colorize(hints=np.zeros((80, 95, 4), np.uint8))),
    ("hints", lambda c, p: p.colorize(hints=np.zeros((80, 96, 3), np.uint8))),
    ("hints", lambda c, p: p.colorize(hints=np.zeros((80, 96, 4), np.float32))),
    ("saturation", lambda c, p: p.colorize(saturation=1.5)),
    ("saturation", lambda c, p: p.colorize(saturation=float("nan"))),
    ("saturation", lambda c, p: p.colorize(saturation="much")),
    ("histogram", lambda c, p: p.colorize(histogram=np.zeros((4, 4, 3), np.uint8))),
    ("area", lambda c, p: p.colorize(area=(0, 0, 97, 1))),
    ("area", lambda c, p: p.colorize(area=(0, 0, 0, 1))),
    ("x", lambda c, p: p.palette(96, 0)),
    ("y", lambda c, p: p.palette(0, -1)),
    ("k", lambda c, p: p.palette(0, 0, k=0)),
    ("n", lambda c, p: p.suggest(n=0)),
    ("n", lambda c, p: p.variations(n=1000)),
    ("device", lambda c, p: Colorizer.load("huedot", device="abacus")),
    ("working_size", lambda c, p: Colorizer.load("huedot", working_size=3)),
    ("model", lambda c, p: Colorizer.load("no such model")),
]


@pytest.mark.parametrize(("argument", "call"), BAD)
def test_bad_arguments_are_named_and_the_next_call_works(colorizer, photo, argument, call):
    with pytest.raises(ArgumentError) as refused:
        call(colorizer, photo)
    assert refused.value.argument == argument
    assert refused.value.code == "bad_argument"
    assert photo.colorize().shape == (80, 96, 3)


def test_absent_weights_say_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setenv("HUEDOT_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsMissing, match="huedot weights fetch siggraph17"):
        Colorizer.load("siggraph17")


def test_out_of_gpu_memory_falls_back_to_the_cpu(colorizer, picture, monkeypatch):
    # Stands for a GPU that runs out at the first request.
    colorizer.device = torch.device("meta")
    backend = colorizer.backend
    encode = backend.encode

    def exhausted(lightness):
        if lightness.device.type != "cpu":
            raise torch.OutOfMemoryError("made by the test")
        return encode(lightness)

    monkeypatch.setattr(backend, "encode", exhausted)
    photo = colorizer.open(picture)
    assert colorizer.device.type == "cpu"
    assert "memory" in colorizer.fell_back
    assert photo.colorize().shape == picture.shape


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.00 GB)"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes."),
        MemoryError(),
    ],
)
def test_memory_that_does_not_suffice_is_known_whoever_says_so(error):
    backends.check_memory(error, torch.device("meta"))
    with pytest.raises(OutOfMemory):
        backends.check_memory(error, torch.device("cpu"))


def test_an_error_of_another_kind_is_no_lack_of_memory():
    with pytest.raises(RuntimeError, match="shapes"):
        backends.check_memory(RuntimeError("the shapes differ"), torch.device("meta"))


def test_out_of_gpu_memory_at_load_falls_back_too(tiny_weights, picture, monkeypatch):
    load = backends.load

    def exhausted(path, device):
        if device.type != "cpu":
            raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)")
        return load(path, device)

    monkeypatch.setattr(backends, "load", exhausted)
    monkeypatch.setattr("huedot.model.colorizer.choose_device", lambda name: torch.device("meta"))
    colorizer = Colorizer.load(tiny_weights)
    assert colorizer.device.type == "cpu"
    assert "memory" in colorizer.fell_back
    assert colorizer.open(picture).colorize().shape == picture.shape


@pytest.mark.parametrize(("architecture", "network"), [("siggraph17", LocalHints), ("siggraph17-global", GlobalHints)])
def test_the_published_networks_answer_through_the_same_door(tmp_path, picture, hint_layer, architecture, network):
    torch.manual_seed(0)
    path = tmp_path / "published.safetensors"
    save_file(dict(network().state_dict()), path, {"architecture": architecture})
    colorizer = Colorizer.load(path, device="cpu", working_size=64)
    assert colorizer.name == architecture
    photo = colorizer.open(picture)
    out = photo.colorize(hints=hint_layer(80, 96, [(30, 30, 5, (200, 40, 40))]), histogram=picture)
    assert np.abs(lab_of(out)[..., 0] - lab_of(picture)[..., 0]).max() < 1
    assert len(photo.palette(10, 10)) == 9
    assert len(photo.suggest(n=2)) == 2


@pytest.mark.parametrize("size", [(160, 256), (32, 400), (64, 64)])
def test_the_palette_of_a_place_needs_its_neighborhood_alone(colorizer, size):
    gray = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    photo = colorizer.open(gray)
    with torch.inference_mode():
        prediction = photo.encoded.predict(Hints.none())
        for x, y in [(0.0, 0.0), (1.0, 1.0), (0.03, 0.97), (0.5, 0.5), (0.61, 0.13), (0.26, 0.74)]:
            whole = places.sample(prediction.logits(), x, y)
            torch.testing.assert_close(prediction.logits_at(x, y), whole, atol=1e-3, rtol=0)
