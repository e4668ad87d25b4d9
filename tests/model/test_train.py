"""The parts of training: photographs, simulated users, objectives, schedule."""

import io
import logging
import tarfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from huedot.model import bins
from huedot.model.color import rgb_to_lab
from huedot.model.networks.siggraph17 import GlobalHints, LocalHints
from huedot.model.train import simulate
from huedot.model.train.loader import batches
from huedot.model.train.options import Options
from huedot.model.train.parallel import World
from huedot.model.train.photographs import PhotographFolder, crop, order
from huedot.model.train.recipe import GlobalHintsLearner, HuedotLearner, LocalHintsLearner
from huedot.protocol.errors import ArgumentError, FileError


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
        pixels = np.asarray(photographs.read(i))
        assert pixels.shape == (72, 80, 3)
        assert np.abs(pixels[5, 5].astype(int) - (180, 40, 40)).max() < 12


@pytest.mark.parametrize("files", [{}, {"a.tar": b"no tar"}, {"a.png": b"no picture"}, {"a.jpg": None}])
def test_a_folder_of_no_use_is_refused(tmp_path, files):
    for name, data in files.items():
        if data is None:
            Image.new("RGB", (64, 64), (90, 90, 90)).save(tmp_path / name)
        else:
            (tmp_path / name).write_bytes(data)
    with pytest.raises(FileError, match=r"photographs|tar|read|gray"):
        crop(PhotographFolder(tmp_path), 32, 0, (1, 0, 0))


def test_what_cannot_be_used_is_named_once_and_passed_over(folder, caplog):
    caplog.set_level(logging.INFO)
    (folder / "broken.jpg").write_bytes((folder / "two.jpg").read_bytes()[:200])
    Image.new("RGB", (64, 64), (90, 90, 90)).save(folder / "gray.png")
    photographs = PhotographFolder(folder)
    assert len(photographs) == 5
    for place in range(10):
        assert np.ptp(crop(photographs, 32, place, (1, 0, place)), axis=2).max() > 50
    assert sorted(Path(message.split()[0]).name for message in caplog.messages) == ["broken.jpg", "gray.png"]


def test_large_photographs_are_shrunk_and_turned_upright(tmp_path):
    sideways = Image.fromarray(np.where(np.arange(900)[:, None, None] < 450, (180, 40, 40), (40, 60, 170)).astype("u1"))
    exif = Image.Exif()
    # The camera was turned: rows are columns.
    exif[0x0112] = 6
    sideways.resize((600, 900)).save(tmp_path / "large.jpg", exif=exif)
    image = PhotographFolder(tmp_path).read(0)
    assert min(image.size) == 256
    assert image.size == (384, 256)
    assert np.abs(np.subtract(image.getpixel((380, 5)), (180, 40, 40))).max() < 12


def test_crops_have_the_size_asked_for_and_repeat(folder):
    photographs = PhotographFolder(folder)
    # The last is larger than the photographs.
    for size in (32, 64, 96):
        first = crop(photographs, size, 0, (1, 0, 0))
        assert (first.shape, first.dtype) == ((size, size, 3), np.uint8)
        assert np.array_equal(first, crop(photographs, size, 0, (1, 0, 0)))
    assert len({crop(photographs, 32, 0, (1, 0, i)).tobytes() for i in range(5)}) > 1


def test_every_photograph_is_used_once_each_time_through():
    first, second = order(20, 1, 0), order(20, 1, 1)
    assert sorted(first) == sorted(second) == list(range(20))
    assert not np.array_equal(first, second)


SMALL = Options(steps=4, batch=4, crop=32, late_batch=2, late_crop=64, late=0.5, threads=2)


def test_batches_depend_on_their_step_alone(folder):
    photographs = PhotographFolder(folder)
    whole = list(batches(photographs, SMALL, range(4)))
    assert [batch.shape for batch in whole] == [(4, 3, 32, 32)] * 2 + [(2, 3, 64, 64)] * 2
    assert not torch.equal(whole[0], whole[1])
    later = list(batches(photographs, SMALL, range(2, 4)))
    assert all(torch.equal(a, b) for a, b in zip(whole[2:], later, strict=True))
    halves = [list(batches(photographs, SMALL, range(4), World(rank, 2))) for rank in range(2)]
    assert all(torch.equal(a, torch.cat(parts)) for a, parts in zip(whole, zip(*halves, strict=True), strict=True))


def test_the_loader_raises_what_reading_raised(folder):
    photographs = PhotographFolder(folder)
    for path in folder.iterdir():
        path.write_bytes(b"")
    with pytest.raises(FileError, match="is empty"):
        list(batches(photographs, SMALL, range(4)))


def colors(batch=200, side=32):
    rgb = torch.rand(batch, 3, side, side, generator=torch.Generator().manual_seed(0))
    return rgb_to_lab(rgb)[:, 1:]


def users(batch, side, seed=1, strokes=0.2):
    return simulate.draw(batch, side, torch.Generator().manual_seed(seed), strokes)


def test_hints_are_means_of_the_truth():
    ab = colors()
    drawn = users(200, 32)
    hint_ab, hint_mask = simulate.reveal(ab, drawn)
    assert set(hint_mask.unique().tolist()) == {0.0, 1.0}
    assert torch.all(hint_ab[(hint_mask == 0).expand_as(hint_ab)] == 0)
    flat = torch.full_like(ab, 7.0)
    hint_ab, hint_mask = simulate.reveal(flat, drawn)
    torch.testing.assert_close(hint_ab, flat * hint_mask)


def test_a_dot_is_its_own_mean_and_the_later_lies_on_top():
    ab = colors(1, 16)
    one = torch.ones(2, dtype=torch.int64)
    top, left, side = torch.tensor([3, 4]), torch.tensor([5, 5]), torch.tensor([4, 2])
    hints = simulate.RevealedHints(0 * one, top, left, side, one, 0.0 * one, 0.0 * one)
    hint_ab, hint_mask = simulate.paint(ab, hints)
    assert hint_mask.sum() == 16
    torch.testing.assert_close(hint_ab[0, :, 3, 5], ab[0, :, 3:7, 5:9].mean((1, 2)))
    torch.testing.assert_close(hint_ab[0, :, 5, 6], ab[0, :, 4:6, 5:7].mean((1, 2)))


def test_strokes_run_on_and_end_where_the_color_does():
    ab = torch.full((300, 2, 64, 64), 30.0)
    ab[..., 32:] = -30.0
    dots, strokes = (users(300, 64, strokes=share).hints for share in (0.0, 1.0))
    assert set(dots.stamps.tolist()) == {1}
    assert sorted(set(strokes.stamps.tolist())) == list(range(2, simulate.STAMPS + 1))
    hint_ab, hint_mask = simulate.paint(ab, strokes)
    assert hint_mask.mean() > 1.5 * simulate.paint(ab, dots)[1].mean()
    revealed = (hint_mask == 1).expand_as(hint_ab)
    # Only those whose brush lay on both colors when it set out.
    wrong = (hint_ab - ab).abs()[revealed] > 30
    assert wrong.float().mean() < 0.1


def test_hint_counts_follow_the_paper():
    generator = torch.Generator().manual_seed(2)
    counts = simulate.draw_counts(20000, generator)
    # None at all, or a geometric 0.
    assert 0.2 < (counts == 0).float().mean() < 0.35
    assert counts[counts < 30].float().mean() < 10
    assert counts.max() > 300
    _, hint_mask = simulate.reveal(colors(2000, 16), users(2000, 16))
    full = (hint_mask.flatten(1).mean(1) == 1).float().mean()
    assert full > 0.005


def test_each_process_takes_its_part_of_the_users():
    ab, drawn = colors(6), users(6, 32)
    whole = simulate.reveal(ab, drawn)
    parts = [simulate.reveal(ab[i : i + 2], drawn.part(i, i + 2)) for i in (0, 2, 4)]
    for i in range(2):
        assert torch.equal(whole[i], torch.cat([part[i] for part in parts]))
    light = torch.full((6, 1, 32, 32), 40.0)
    aged = simulate.age(light, drawn)
    assert torch.equal(aged[2:4], simulate.age(light[2:4], drawn.part(2, 4)))


def test_lightness_is_aged_as_often_as_asked():
    light = torch.full((400, 1, 8, 8), 40.0)
    for aging, low, high in ((0.0, 0.0, 0.0), (1.0, 0.5, 0.75)):
        drawn = simulate.draw(400, 8, torch.Generator().manual_seed(1), aging=aging)
        aged = (simulate.age(light, drawn) - light).abs().amax((1, 2, 3)) > 0
        assert low <= aged.float().mean() <= high


def test_global_hints_are_revealed_at_random():
    rgb = torch.rand(400, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    encoded = bins.soft_encode(rgb_to_lab(rgb)[:, 1:, ::8, ::8], bins.centers())
    hints = simulate.global_hints(rgb, encoded, users(400, 16))
    assert hints.shape == (400, 316)
    histogram_given, saturation_given = hints[:, 313] == 1, hints[:, 315] == 1
    assert 0.15 < histogram_given.float().mean() < 0.35
    assert 0.15 < saturation_given.float().mean() < 0.35
    torch.testing.assert_close(hints[histogram_given, :313].sum(1), torch.ones(int(histogram_given.sum())))
    assert torch.all(hints[~histogram_given, :313] == 0)


def one_batch(folder, count=4, size=64):
    options = Options(steps=1, batch=count, crop=size, late=0)
    return next(iter(batches(PhotographFolder(folder), options, range(1))))


@pytest.mark.parametrize("mixed", [False, True])
def test_the_loss_falls(network, folder, mixed):
    rgb8 = one_batch(folder)
    learner = HuedotLearner(network, mixed)
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3)
    history = []
    for _ in range(12):
        losses = learner(rgb8, users(4, 64, seed=0))
        optimizer.zero_grad()
        losses["total"].backward()
        optimizer.step()
        history.append(losses["total"].item())
    assert history[-1] < 0.8 * history[0]


def test_a_batch_in_parts_has_the_same_loss_and_gradient(network, folder):
    rgb8, learner, drawn = one_batch(folder), HuedotLearner(network), users(4, 64)
    whole = learner(rgb8, drawn)
    whole["total"].backward()
    gradient = network.hints4.weight.grad.clone()
    network.zero_grad()
    parts = [learner(rgb8[i : i + 2], drawn.part(i, i + 2)) for i in (0, 2)]
    torch.testing.assert_close(sum(part["total"] for part in parts) / 2, whole["total"])
    (sum(part["total"] for part in parts) / 2).backward()
    torch.testing.assert_close(network.hints4.weight.grad, gradient)


def test_a_vivid_loss_minds_colorful_pixels_more(network):
    plain, vivid = HuedotLearner(network), HuedotLearner(network, vivid=1.0)
    gray, red = torch.zeros(1, 2, 8, 8), torch.full((1, 2, 8, 8), 40.0)
    assert plain.huber(gray + 10, gray) == plain.huber(red + 10, red)
    assert vivid.huber(gray + 10, gray) < plain.huber(gray + 10, gray) < vivid.huber(red + 10, red)


@pytest.mark.parametrize(
    ("learner", "network", "head"),
    [(LocalHintsLearner, LocalHints, "model_class"), (GlobalHintsLearner, GlobalHints, "glob_conv1")],
)
def test_the_published_networks_learn(folder, learner, network, head):
    torch.manual_seed(0)
    learner = learner(network())
    losses = learner(one_batch(folder, 2, 32), users(2, 32))
    assert all(torch.isfinite(loss) for loss in losses.values())
    losses["total"].backward()
    assert learner.network.model1[0].weight.grad.abs().sum() > 0
    assert learner.network.get_submodule(head + ".0" * (head == "model_class")).weight.grad is not None


def test_the_palette_leaves_the_trunk_alone():
    torch.manual_seed(0)
    network = LocalHints()
    given = torch.full((1, 1, 16, 16), 50.0), torch.zeros(1, 2, 16, 16), torch.zeros(1, 1, 16, 16)
    network(*given)[1].sum().backward()
    assert {name for name, p in network.named_parameters() if p.grad is not None} == {
        "model_class.0.weight",
        "model_class.0.bias",
    }


def test_the_schedule():
    options = Options(steps=100, warmup=10, decay=0.5, late=0.25, rate=1.0)
    assert options.rate_at(0) == 0.1
    assert options.rate_at(40) == 1.0
    assert options.rate_at(75) == 0.5
    assert options.phase(74) == (options.batch, options.crop)
    assert options.phase(75) == (options.late_batch, options.late_crop)
    assert options.photographs_before(80) == 75 * options.batch + 5 * options.late_batch
    cosine = Options(steps=100, warmup=1, decay=1.0, rate=1.0, schedule="cosine")
    assert cosine.rate_at(50) == pytest.approx(0.5)
    assert all(a > b for a, b in pairwise(cosine.rate_at(step) for step in range(100)))
    assert cosine.rate_at(0) > 0.99 > 0.01 > cosine.rate_at(99)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"crop": 100}, {"batch": 3}])
def test_options_that_cannot_be_had_are_refused(wrong):
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        Options(**wrong).check(processes=2)
