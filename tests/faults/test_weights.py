"""Weights that are damaged, of another network, hostile, or that answer NaN; and a reference without color."""

import json
import os
import time

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from huedot.model import color
from huedot.protocol.client import Client
from huedot.protocol.errors import ArgumentError, FileError, HueDotError, WeightsCorrupt, WeightsMissing
from huedot.protocol.messages import Hints

from .conftest import DOT, milliseconds, photograph
from .processes import huedot

WIDTH, HEIGHT = 64, 48


@pytest.fixture
def client(daemon):
    with Client("tests", "1", launch=False) as client:
        yield client


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return os.mkdir, (str(self.canary),)


def variant(tiny_weights, path, change):
    """Write the tiny network with some of its weights changed."""
    tensors = load_file(tiny_weights)
    change(tensors)
    with safe_open(tiny_weights, framework="pt") as file:
        save_file(tensors, path, file.metadata())


def spoil(name, value):
    def change(tensors):
        tensors[name].view(-1)[0] = value

    return change


def convert(name, dtype):
    def change(tensors):
        tensors[name] = tensors[name].to(dtype)

    return change


def bad_weights(folder, tiny_weights, canary):
    """Make one file of every kind of bad weights; returns what must be raised for each."""
    variant(tiny_weights, folder / "nan.safetensors", spoil("grid.weight", float("nan")))
    variant(tiny_weights, folder / "infinite.safetensors", spoil("grid.weight", float("inf")))
    variant(tiny_weights, folder / "incomplete.safetensors", lambda tensors: tensors.pop("grid.weight"))
    save_file({"layer.weight": torch.zeros(2)}, folder / "stranger.safetensors")
    save_file({"x": torch.zeros(1)}, folder / "newer.safetensors", {"architecture": "huedot-9"})
    save_file({"x": torch.zeros(1)}, folder / "odd.safetensors", {"architecture": "huedot", "config": "{]"})
    save_file({f"{i}".ljust(20_000, "\1"): torch.zeros(1) for i in range(5)}, folder / "wordy.safetensors")
    variant(tiny_weights, folder / "eighths.safetensors", convert("grid.weight", torch.float8_e4m3fn))
    os.mkfifo(folder / "endless.pth")
    config = json.dumps({"widths": [1 << 40] * 3})
    save_file({"x": torch.zeros(1)}, folder / "vast.safetensors", {"architecture": "huedot", "config": config})
    whole = tiny_weights.read_bytes()
    (folder / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.safetensors").write_bytes(b"")
    (folder / "lying.safetensors").write_bytes((1 << 62).to_bytes(8, "little") + whole[8:])
    (folder / "page.pth").write_bytes(b"<html>404 Not Found</html>")
    for zipped in (True, False):
        torch.save(Bomb(canary), folder / f"bomb{zipped}.pth", _use_new_zipfile_serialization=zipped)
        tensors = {"model_class.0.weight": Bomb(canary)}
        torch.save(tensors, folder / f"hidden{zipped}.pt", _use_new_zipfile_serialization=zipped)


def test_bad_weights(client, tmp_path, tiny_weights, figure):
    """Each file is refused by its name, with the command that fixes it; nothing in it is run; the daemon goes on."""
    canary = tmp_path / "canary"
    bad_weights(tmp_path, tiny_weights, canary)
    files, slowest = sorted(tmp_path.iterdir()), 0.0
    for path in files:
        began = time.perf_counter()
        with pytest.raises(FileError if path.is_fifo() else WeightsCorrupt) as caught:
            client.open_image(photograph(), WIDTH, HEIGHT, 1, str(path))
        slowest = max(slowest, milliseconds(began))
        assert path.name in caught.value.message, path.name
        assert "huedot weights" in caught.value.remedy, path.name
        assert not canary.exists()
    with pytest.raises(WeightsMissing, match=r"none\.pth"):
        client.open_image(photograph(), WIDTH, HEIGHT, 1, str(tmp_path / "none.pth"))
    with pytest.raises(ArgumentError, match="eccv16"):
        client.open_image(photograph(), WIDTH, HEIGHT, 1, "eccv16")
    figure(
        f"{len(files)} weights: damaged, foreign, NaN, pickle bombs",
        f"refused by name within {slowest:.0f} ms, none ran",
    )


def test_a_network_that_answers_nan(client, tmp_path, tiny_weights, figure):
    """Weights that are numbers, but so large that the answer is none: an honest error at every request, never black."""
    path = tmp_path / "wild.safetensors"

    def change(tensors):
        for name in tensors:
            if tensors[name].is_floating_point():
                tensors[name] *= 1e18

    variant(tiny_weights, path, change)
    image = client.open_image(photograph(), WIDTH, HEIGHT, 1, str(path))
    hints, asked = Hints(dots=[DOT], model=str(path)), 0
    for ask in (
        lambda: client.colorize(image, hints),
        lambda: client.palette(image, 3, 4, hints),
        lambda: client.suggest(image, hints),
        lambda: client.variations(image, hints, 2),
    ):
        with pytest.raises(HueDotError) as caught:
            ask()
        assert caught.value.code == "weights_corrupt"
        assert path.name in caught.value.message
        asked += 1
    figure("a network that answers NaN", f"weights_corrupt at each of {asked} requests, no pixel black")


def test_the_histogram_of_a_gray_reference(client, figure):
    """A gray picture lends its lack of color: the result is sane, its lightness the photograph's own, not black."""
    gray = np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes() * 16
    answer = client.histogram(gray, 256, 16, 3).fields
    assert answer["saturation"] == 0
    pixels = photograph(seed=3)
    image = client.open_image(pixels, WIDTH, HEIGHT, 1, "huedot")
    shown = client.colorize(image, Hints(histogram=answer["histogram"], saturation=0.0, model="huedot")).tiles[0].pixels
    rgb = np.frombuffer(shown, np.uint8).reshape(HEIGHT, WIDTH, 3)
    before = np.repeat(np.frombuffer(pixels, np.uint8).reshape(HEIGHT, WIDTH, 1), 3, axis=2)
    error = (color.lightness(rgb) - color.lightness(before)).abs()
    chroma = np.hypot(*color.rgb_to_lab(torch.tensor(rgb).permute(2, 0, 1) / 255)[1:].numpy())
    assert error.mean() < 1
    figure(
        "the histogram of a gray picture",
        f"lightness kept within {error.mean():.2f} on average, mean chroma {chroma.mean():.1f}",
    )


def test_bad_weights_at_the_command_line(tmp_path, tiny_weights, runtime, figure):
    """One line that names the file, and the exit code of bad input."""
    canary, photo = tmp_path / "canary", tmp_path / "photo.png"
    bad_weights(tmp_path, tiny_weights, canary)
    Image.fromarray(np.frombuffer(photograph(), np.uint8).reshape(HEIGHT, WIDTH)).save(photo)
    for name in ("bombTrue.pth", "nan.safetensors", "cut.safetensors"):
        ended = huedot("colorize", photo, "--no-daemon", "--model", tmp_path / name, "-o", tmp_path / "out.png")
        assert ended.code == 2
        assert ended.said.count("\n") == 1
        assert name in ended.said
        assert "huedot weights fetch" in ended.said
        assert not (tmp_path / "out.png").exists()
        assert not canary.exists()
    figure("bad weights at the command line", "one line, exit code 2, no picture written, nothing run")
