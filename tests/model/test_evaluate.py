import sys

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from huedot.model import Colorizer
from huedot.model.backends import GlobalHintsBackend, LocalHintsBackend
from huedot.model.evaluate import figure6, methods, palettes, photographs, plot, regions, reveal, sheet, suggestions
from huedot.model.evaluate.figure6 import Plan
from huedot.model.networks.siggraph17 import GlobalHints, LocalHints
from huedot.protocol.errors import ArgumentError, FileError


@pytest.fixture
def paths(tmp_path):
    Image.fromarray(data.astronaut()[:300, :300]).save(tmp_path / "photo.png")
    return photographs.find(tmp_path)


@pytest.fixture(scope="module")
def tiny(tiny_weights):
    return methods.Network("tiny", Colorizer.load(tiny_weights, working_size=64))


@pytest.mark.parametrize(("limit", "chosen"), [(None, "abcdef"), (9, "abcdef"), (3, "ace"), (4, "abde"), (1, "a")])
def test_a_few_photographs_come_from_all_over_the_folder(tmp_path, limit, chosen):
    for name in "abcdef":
        (tmp_path / f"{name}.jpg").touch()
    assert "".join(path.stem for path in photographs.find(tmp_path, limit)) == chosen


def test_points_are_patches_of_the_truth():
    ab = np.full((40, 40, 2), 5.0, np.float32)
    hints = reveal.random_points(ab, 3, np.random.default_rng(0))
    assert 36 <= len(hints) <= 108
    assert np.all(hints.ab == 5)
    assert len(reveal.random_points(ab, 0, np.random.default_rng(0))) == 0


def test_the_worst_place_is_where_the_error_is_and_then_another():
    error = torch.zeros(60, 80)
    error[20:45, 30:55] = 1
    first = reveal.worst_place(error, [])
    assert first == (32 - 3, 42 - 3)
    second = reveal.worst_place(error, [first])
    # Beside it.
    assert max(abs(second[0] - first[0]), abs(second[1] - first[1])) == 6


@pytest.mark.parametrize("plan", [Plan((0, 50)), Plan((0, 50), "B"), Plan((0, 5), "A", "max-error")], ids=str)
def test_scores_repeat_and_rise_with_what_is_revealed(plan, tiny, paths):
    first, second = (figure6.evaluate([tiny], paths, plan)["tiny"] for _ in range(2))
    assert first == second
    most = str(plan.points[-1])
    assert set(first.psnr) == {"gray", "0", most, "all", "histogram", "saturation"}
    summary = first.summary()
    assert summary["all"]["psnr"] >= 50
    assert summary["all"]["psnr"] > summary[most]["psnr"] > summary["0"]["psnr"]
    assert summary["gray"]["gain_over_gray"] == summary["gray"]["gain_standard_error"] == 0


@pytest.mark.parametrize(
    ("backend", "network", "headings"),
    [
        (LocalHintsBackend, LocalHints, {"gray", "0", "5", "all"}),
        (GlobalHintsBackend, GlobalHints, {"gray", "0", "histogram", "saturation"}),
    ],
)
def test_no_network_is_scored_with_hints_that_it_cannot_use(backend, network, headings, paths):
    torch.manual_seed(0)
    method = methods.Network("seeded", Colorizer(backend(network().eval()), torch.device("cpu"), 64))
    assert set(figure6.evaluate([method], paths, Plan((0, 5)))["seeded"].psnr) == headings


def test_the_protocols_differ(tiny, paths):
    one, other = (figure6.evaluate([tiny], paths, Plan((5,), protocol))["tiny"].psnr["5"] for protocol in "AB")
    assert one != other


@pytest.mark.parametrize("name", methods.BASELINES)
def test_baselines_are_gray_without_points_and_gain_with_them(name, paths):
    summary = figure6.evaluate(methods.baselines([name]), paths, Plan((0, 50)))[name].summary()
    assert summary["0"]["gain_over_gray"] == 0
    assert summary["50"]["gain_over_gray"] > 3


@pytest.mark.parametrize("needed", ["scipy", "matplotlib"])
def test_what_is_not_installed_is_named_with_its_remedy(needed, monkeypatch, tmp_path):
    for module in ("huedot.model.evaluate.levin", "huedot.model.evaluate.bilateral"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    for module in list(sys.modules):
        if module.partition(".")[0] == needed:
            monkeypatch.delitem(sys.modules, module)
    # A package remembers the modules that were imported from it.
    for attribute in methods.BASELINES:
        monkeypatch.delattr(f"huedot.model.evaluate.{attribute}", raising=False)
    monkeypatch.setitem(sys.modules, needed, None)
    with pytest.raises(ArgumentError, match=rf"need(s)? {needed}.*huedot\[evaluate\]"):
        methods.baselines(["levin"]) if needed == "scipy" else plot.check(tmp_path / "plot.png")


def test_a_plot_shows_every_method_and_says_what_is_published(tmp_path):
    row = {"gain_over_gray": 2.0, "gain_standard_error": 0.1}
    for name in ("plot.svg", "plot.png"):
        plot.draw(
            {"ours": {"gray": row, "0": row, "501": row}, "levin": {"0": row, "501": row}}, tmp_path / name, "of 2"
        )
    drawn = (tmp_path / "plot.svg").read_text()
    assert all(
        text in drawn
        for text in (
            "ours",
            "levin",
            "published, on other photographs",
            "retrained, on other photographs",
            "of 2",
            "501",
        )
    )
    with Image.open(tmp_path / "plot.png") as picture:
        assert len(picture.convert("RGB").getcolors(10**6)) > 50
    with pytest.raises(ArgumentError, match=r"plot\.gif"):
        plot.check(tmp_path / "plot.gif")


def test_psnr():
    black, gray = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert figure6.psnr(black, gray) == 0
    assert figure6.psnr(black, black) == 99


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(FileError):
        photographs.find(tmp_path)


def test_a_palette_is_right_as_often_as_one_of_its_colors_is_close(tiny, tmp_path):
    for name in ("a.png", "b.png"):
        Image.fromarray(np.full((64, 64, 3), (190, 60, 50), np.uint8)).save(tmp_path / name)
    first, second = (palettes.evaluate([tiny], photographs.find(tmp_path)) for _ in range(2))
    assert first == second
    assert set(first["tiny"]) == {"0", "5"}
    # One color: it is among them.
    assert first["most common"] == first["clusters"] == {"everywhere": [1.0, 1.0]}
    true = np.array([[30, 0], [0, 0]], np.float32)
    assert palettes._near(np.array([[[21, 0], [0, 11]]], np.float32), true).tolist() == [True, False]


def test_suggested_points_are_scored_beside_random_ones(tiny, paths):
    first, second = (suggestions.evaluate([tiny], paths)["tiny"] for _ in range(2))
    assert first == second
    gains = suggestions.gains(first)
    assert gains["nothing"]["gain"] == first.psnr["suggested"][0] - first.psnr["nothing"][0] > 0
    truth = photographs.read(paths[0])
    assert len(suggestions.suggested_hints(tiny.open(truth), truth, 3)) == 3 * 36


def test_regions_of_the_true_colors_are_scored_beside_dots(tiny, paths):
    first, second = (regions.evaluate([tiny], paths)["tiny"] for _ in range(2))
    assert first == second
    assert {"gray", "0", "5", "20", "5 regions, a dot each", "5 hasty regions"} < set(first.psnr)
    truth = photographs.read(paths[0])
    exact, hasty = regions.drawn(truth), regions.drawn(truth, 2)
    assert (sum((region.mask == 255).astype(int) for region in exact) >= 1).mean() > 0.98
    assert all((one.mask <= other.mask).all() for one, other in zip(exact, hasty, strict=True))
    for region in exact:
        rows, columns = region.hints.rows, region.hints.columns
        assert (region.mask[rows, columns] == 255).mean() > 0.5


def test_a_contact_sheet_has_a_row_for_each_count_and_ends_with_the_truth(tiny, paths, tmp_path):
    sheet.draw([tiny, *methods.baselines(["levin"])], paths, Plan((0, 5)), tmp_path / "sheet.png")
    drawn = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert drawn.shape == (sheet.HEAD + 2 * 260 - 4, 5 * 260 - 4, 3)
    truth = photographs.read(paths[0]).rgb
    np.testing.assert_array_equal(drawn[-256:, -256:], truth)
    revealed = drawn[-256:, 260 : 260 + 256]
    assert 36 <= (np.ptp(revealed, axis=2) > 2).sum() <= 5 * 36
