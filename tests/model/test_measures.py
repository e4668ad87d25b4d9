import numpy as np
import pytest
import torch
from PIL import Image

from huedot.model import Colorizer
from huedot.model.color import to_rgb8
from huedot.model.evaluate import aged, figure6, measures, methods, photographs, reach
from huedot.model.evaluate.figure6 import Plan

RED, BLUE = (150, 90, 90), (90, 90, 150)


@pytest.fixture
def paths(tmp_path):
    """A photograph that is red at the left and blue at the right, of one gray each."""
    pixels = np.zeros((256, 256, 3), np.uint8)
    pixels[:, :128], pixels[:, 128:] = RED, BLUE
    Image.fromarray(pixels).save(tmp_path / "two.png")
    return [tmp_path / "two.png"]


class Painter:
    """Colors everything, or only the half that a hint lies in, with the hint's own color."""

    def __init__(self, floods):
        self.name, self.floods = "painter", floods

    def open(self, truth):
        self.truth = truth
        return self

    def colorize(self, hints):
        ab = torch.zeros(2, 256, 256)
        for row, column, color in zip(hints.rows, hints.columns, hints.ab, strict=True):
            del row
            half = slice(0, 128) if column < 128 else slice(128, 256)
            ab[:, :, slice(None) if self.floods else half] = torch.from_numpy(color)[:, None, None]
        return to_rgb8(torch.full((256, 256), 60.0), ab).numpy()


def test_colorfulness_is_that_of_its_definition():
    assert measures.colorfulness(np.full((8, 8, 3), 90, np.uint8)) == 0
    halves = np.array([[RED, BLUE]], np.uint8)
    # Red less green, yellow less blue, of each color.
    opponents = np.array([[60, 30], [0, -60]])
    spread, mean = np.linalg.norm(opponents.std(0)), np.linalg.norm(opponents.mean(0))
    assert measures.colorfulness(halves) == pytest.approx(spread + 0.3 * mean)


def test_equal_pictures_are_alike_and_others_are_not():
    one = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    same, other = measures.measure(one, one), measures.measure(255 - one, one)
    assert (same["ciede2000"], same["ssim"]) == (0, 1)
    assert other["ciede2000"] > 10
    assert other["ssim"] < 0.5
    assert set(same) == set(measures.NAMES)


def test_leakage_tells_a_flood_from_a_fill(paths):
    flood, fill = (reach.evaluate([Painter(floods)], paths)["painter"] for floods in (True, False))
    assert fill["kept"][0] == pytest.approx(np.linalg.norm(reach.PAINTED), rel=0.1)
    assert flood["kept"] == fill["kept"]
    assert flood["leak far"][0] == pytest.approx(flood["kept"][0], rel=0.01)
    assert fill["leak far"] == [0]
    assert flood["range at 1"][0] > fill["range at 1"][0]


def test_the_protocol_of_icolorit_is_smaller_capped_and_leaves_gray_out(paths, tmp_path):
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(tmp_path / "gray.png")
    everything = [*paths, tmp_path / "gray.png"]
    scores = figure6.evaluate(methods.baselines(["levin"]), everything, Plan((0, 100), "iColoriT"), more=True)["levin"]
    assert [len(values) for values in scores.psnr.values()] == [1, 1, 1]
    assert scores.psnr["100"][0] <= 50
    assert set(scores.measures["colorfulness"]) == {"0", "truth"}
    assert scores.mean_measures()["colorfulness"]["0"] == 0
    hints = figure6.random_hints(photographs.read(paths[0], 224), 5, "iColoriT")
    assert len(hints) == 4 * len({*zip(hints.rows // 2, hints.columns // 2, strict=True)}) > 0


def test_ages_are_measured_against_fresh_photographs(paths, tiny_weights):
    tiny = methods.Network("tiny", Colorizer.load(tiny_weights, working_size=64))
    errors = aged.evaluate([tiny], [*paths, *paths], progress=lambda done, of: None)["tiny"]
    assert set(errors) == set(aged.AGES)
    ratios = aged.ratios(errors)
    assert all(each == {"error": each["error"], "mean": 1, "worst": 1} for each in ratios["fresh"].values())
    assert all(0 < ratios[age]["20"]["mean"] < 10 for age in aged.AGES)


def test_the_worst_tenth_is_the_mean_of_the_largest_ratios():
    errors = {"fresh": {"0": [1.0] * 20}, "faded": {"0": [1.0] * 18 + [2.0, 4.0]}}
    assert aged.ratios(errors)["faded"]["0"] == {"error": 1.2, "mean": 1.2, "worst": 3.0}
