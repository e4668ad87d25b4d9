"""The bench on small photographs: what it prints, and that its own arithmetic is right."""

import json

import numpy as np
import pytest
import torch

from huedot.daemon.bench import curves, edges, painter, photographs, rivals, rows
from huedot.daemon.cli import main
from huedot.daemon.commands import bench
from huedot.model import Colorizer, Hints, palette
from huedot.protocol.errors import FileError


@pytest.fixture(scope="module")
def small():
    return photographs.made(1, 96, 128)


def silent(stage, fraction):
    pass


def test_photographs_are_made_or_read_and_brought_to_size(tmp_path):
    first, second = photographs.read(None)
    assert first.shape == (768, 1024, 3)
    assert not np.array_equal(first, second)
    assert photographs.at_size(first, 0.03).shape == (150, 200, 3)
    with pytest.raises(FileError, match="no photographs"):
        photographs.read(tmp_path)


def test_a_painter_keeps_what_a_whole_colorization_gives(small, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with painter.daemon() as running:
        artist = painter.Painter(running, photographs.at_size(small, 0.1))
        strokes = [artist.dot() for _ in range(3)]
        assert all(stroke.seconds > stroke.computing > 0 for stroke in strokes)
        assert strokes[0].share == 1
        assert running.peak_bytes() > 50e6
        whole = running.client.colorize(artist._image, artist._hints())
        pixels = np.frombuffer(whole.tiles[0].pixels, np.uint8).reshape(artist.canvas.shape)
        # Half a unit of ab, in any color.
        assert np.abs(pixels.astype(int) - artist.canvas).max() <= 4


def test_a_row_says_whether_it_holds():
    faster = rows.Row("ours", "theirs", rows.Goal(10), ours_s=0.1, rival_s=2.0)
    assert (faster.ratio, faster.holds) == (20, True)
    slower = rows.Row("ours", "theirs", rows.Goal(10, at_least=False), ours_s=2.2, rival_s=0.2)
    assert (slower.ratio, slower.holds) == (pytest.approx(11), False)
    unknown = rows.Row("ours", "theirs", rows.Goal(5), why="needs a GPU")
    assert (unknown.ratio, unknown.holds) == (None, None)
    json.dumps([row.fields() for row in (faster, slower, unknown)], allow_nan=False)
    assert "not measured" in bench._cells(unknown)


def test_the_published_pipeline_gives_a_picture_of_the_right_lightness(small):
    from skimage.color import rgb2lab

    picture = rivals.Pipeline(rivals.Siggraph17(), small).click()
    assert picture.shape == small.shape
    assert np.median(np.abs(rgb2lab(picture)[..., 0] - rgb2lab(small)[..., 0])) < 2


def test_the_rival_palette_finds_what_ours_finds():
    centers = np.array([[x, y] for x in range(-60, 70, 10) for y in range(-60, 70, 10)], np.float32)
    weights = np.exp(-((centers - 40) ** 2).sum(1) / 50) + np.exp(-((centers + 30) ** 2).sum(1) / 50)
    likely = (weights / weights.sum()).astype(np.float32)
    theirs = rivals.k_means(likely, centers, 2)
    ours = palette.cluster(likely, centers, 2).ab
    np.testing.assert_allclose(np.sort(theirs[:, 0]), np.sort(ours[:, 0]), atol=1)


def test_curves_are_measured_and_drawn(small, tmp_path, monkeypatch):
    monkeypatch.setattr(curves, "SIZES", (0.02, 0.05))
    monkeypatch.setattr(curves, "PROFILED", (0.05,))
    monkeypatch.setattr(curves, "COUNTS", (1, 5))
    points = curves.measure(small, silent)
    assert {point["stage"] for point in points["stages"]} == {*curves.STAGES} - {"encode"}
    assert [point["dots"] for point in points["hints"]] == [1, 5]
    assert all(point["whole_ms"] > 0 for point in points["size"])
    curves.draw(points, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"cost-against-size.png", "cost-against-hints.png"}
    bench._say_points(points, as_json=False)


def test_edges_near_and_far():
    ab = torch.zeros(2, 40, 60)
    # An edge between columns 29 and 30.
    ab[0, :, 30:] = 60
    near = edges.near_edges(ab)
    assert bool(near[:, 22:38].all())
    assert not bool(near[:, :20].any())
    assert not bool(near[:, 40:].any())


def test_edges_are_compared(capsys, tmp_path):
    from PIL import Image

    truth = photographs.made(3, 120, 160)
    truth[:, 80:, 0] //= 2
    Image.fromarray(truth).save(tmp_path / "photograph.png")
    assert main(["bench", str(tmp_path), "--edges", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["revealed"] for each in found] == [10, 100, 1000, None]
    # More help, less error.
    assert found[-1]["ours"][0] < found[0]["ours"][0]


def test_both_enlargements_are_of_one_result(small):
    ours, bilinear = edges.enlargements(Colorizer.load().open(small), Hints.none())
    assert ours.shape == bilinear.shape == (2, 96, 128)
    assert float((ours - bilinear).abs().mean()) < 3
