import numpy as np
import pytest
from PIL import Image
from skimage import data

from huedot.model import Colorizer
from huedot.model.evaluate import figure6, reveal
from huedot.protocol.errors import FileError


def test_points_are_patches_of_the_truth():
    ab = np.full((40, 40, 2), 5.0, np.float32)
    hints = reveal.random_points(ab, 3, np.random.default_rng(0))
    assert 36 <= len(hints) <= 108
    assert np.all(hints.ab == 5)
    assert len(reveal.random_points(ab, 0, np.random.default_rng(0))) == 0


def test_scores_repeat_and_rise_with_what_is_revealed(tiny_weights, tmp_path):
    Image.fromarray(data.astronaut()[:300, :300]).save(tmp_path / "photo.png")
    colorizer = Colorizer.load(tiny_weights, working_size=128)
    first, second = (figure6.evaluate(colorizer, tmp_path, points=(0, 50)) for _ in range(2))
    assert first.psnr == second.psnr
    assert set(first.psnr) == {"gray", "0", "50", "all", "histogram", "saturation"}
    summary = first.summary()
    assert summary["all"]["psnr"] >= 50
    assert summary["all"]["psnr"] > summary["50"]["psnr"] > summary["0"]["psnr"]
    assert summary["gray"]["gain_over_gray"] == 0


def test_psnr():
    black, gray = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert figure6.psnr(black, gray) == 0
    assert figure6.psnr(black, black) == 99


def test_an_empty_folder_is_refused(tiny_weights, tmp_path):
    with pytest.raises(FileError):
        figure6.evaluate(Colorizer.load(tiny_weights), tmp_path)
