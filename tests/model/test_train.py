"""Training on made photographs: the recipe's parts, and a run that stops and goes on."""

import io
import json
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from huedot.model import Colorizer, bins
from huedot.model.color import rgb_to_lab
from huedot.model.train import simulate
from huedot.model.train.loop import Options, Run
from huedot.model.train.photographs import PhotographFolder, crop_batch
from huedot.model.train.recipe import batch_losses
from huedot.protocol.errors import FileError


@pytest.fixture
def folder(tmp_path):
    """Two files and a tar with a third: red above, blue below."""
    photos = tmp_path / "photos"
    photos.mkdir()
    rows = np.arange(72)[:, None, None] < 36
    pixels = np.where(rows, (180, 40, 40), (40, 60, 170)).astype(np.uint8).repeat(80, axis=1)
    image = Image.fromarray(pixels)
    image.save(photos / "one.png")
    image.save(photos / "two.jpg")
    data = io.BytesIO()
    image.save(data, "webp")
    with tarfile.open(photos / "shard.tar", "w") as tar:
        member = tarfile.TarInfo("three.webp")
        member.size = data.tell()
        data.seek(0)
        tar.addfile(member, data)
    return photos


def test_files_and_shards_are_found(folder):
    photographs = PhotographFolder(folder)
    assert len(photographs) == 3
    for i in range(3):
        pixels = photographs.read(i)
        assert pixels.shape == (72, 80, 3)
        assert np.abs(pixels[5, 5].astype(int) - (180, 40, 40)).max() < 12


def test_a_folder_without_photographs_is_refused(tmp_path):
    with pytest.raises(FileError, match="holds no photographs"):
        PhotographFolder(tmp_path)


def test_crops_have_the_size_asked_for(folder):
    rng = np.random.default_rng(0)
    for size in (32, 64, 96):  # the last is larger than the photographs
        batch = crop_batch(PhotographFolder(folder), 3, size, rng)
        assert batch.shape == (3, 3, size, size)
        assert batch.dtype == torch.uint8


def colors(batch=200, side=32):
    rgb = torch.rand(batch, 3, side, side, generator=torch.Generator().manual_seed(0))
    return rgb_to_lab(rgb)[:, 1:]


def test_hints_are_means_of_the_truth():
    ab = colors()
    hint_ab, hint_mask = simulate.hints(ab, torch.Generator().manual_seed(1))
    assert set(hint_mask.unique().tolist()) == {0.0, 1.0}
    assert torch.all(hint_ab[(hint_mask == 0).expand_as(hint_ab)] == 0)
    flat = torch.full_like(ab, 7.0)
    hint_ab, hint_mask = simulate.hints(flat, torch.Generator().manual_seed(1))
    torch.testing.assert_close(hint_ab, flat * hint_mask)


def test_hint_counts_follow_the_paper():
    generator = torch.Generator().manual_seed(2)
    counts = simulate._counts(20000, generator, torch.device("cpu"))
    assert 0.2 < (counts == 0).float().mean() < 0.35  # none at all, or a geometric 0
    assert counts[counts < 30].float().mean() < 10
    assert counts.max() > 300
    _, hint_mask = simulate.hints(colors(2000, 16), generator)
    full = (hint_mask.flatten(1).mean(1) == 1).float().mean()
    assert full > 0.005


def test_global_hints_are_revealed_at_random():
    rgb = torch.rand(400, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    encoded = bins.soft_encode(rgb_to_lab(rgb)[:, 1:, ::8, ::8], bins.centers())
    hints = simulate.global_hints(rgb, encoded, torch.Generator().manual_seed(1))
    assert hints.shape == (400, 316)
    histogram_given, saturation_given = hints[:, 313] == 1, hints[:, 315] == 1
    assert 0.15 < histogram_given.float().mean() < 0.35
    assert 0.15 < saturation_given.float().mean() < 0.35
    torch.testing.assert_close(hints[histogram_given, :313].sum(1), torch.ones(int(histogram_given.sum())))
    assert torch.all(hints[~histogram_given, :313] == 0)


def test_the_loss_falls(network, folder):
    rgb8 = crop_batch(PhotographFolder(folder), 4, 64, np.random.default_rng(0))
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3)
    history = []
    for _ in range(12):
        losses = batch_losses(network, rgb8, bins.centers(), torch.Generator().manual_seed(0))
        optimizer.zero_grad()
        losses.total.backward()
        optimizer.step()
        history.append(losses.total.item())
    assert history[-1] < 0.8 * history[0]


SHORT = {"batch": 2, "crop": 64, "late_batch": 2, "late_crop": 64, "warmup": 1, "checkpoint_every": 1}


@pytest.mark.timeout(300)
def test_a_run_stops_and_goes_on_and_its_weights_load(folder, tmp_path):
    out = tmp_path / "run"
    records = list(Run(out, folder, Options(steps=1, **SHORT), None, None).train())
    assert [r["step"] for r in records] == [1]
    run = Run(out, folder, Options(steps=2, **SHORT), None, None)
    assert run.step == 1
    assert [r["step"] for r in run.train()] == [2]
    assert [json.loads(line)["step"] for line in (out / "log.jsonl").read_text().splitlines()] == [1, 2]
    photo = Colorizer.load(out / "huedot.safetensors", working_size=64).open(np.zeros((40, 40), np.uint8))
    assert photo.colorize().shape == (40, 40, 3)


def test_the_schedule():
    options = Options(steps=100, warmup=10, decay=0.5, late=0.25, rate=1.0)
    assert options.rate_at(0) == 0.1
    assert options.rate_at(40) == 1.0
    assert options.rate_at(75) == 0.5
    assert options.phase(74) == (options.batch, options.crop)
    assert options.phase(75) == (options.late_batch, options.late_crop)
