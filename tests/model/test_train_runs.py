"""Training runs: stopped, killed, shared by processes, of each network; with a network so small that seconds do."""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image

from huedot.model import Colorizer
from huedot.model.networks.pretrained import EfficientNetLite0
from huedot.model.train.loop import Run
from huedot.model.train.measure import measure
from huedot.model.train.options import Options
from huedot.model.train.start import load_encoder
from huedot.protocol.errors import ArgumentError, FileError, HueDotError

TINY = json.dumps(
    {"widths": [8, 16, 32], "encoder_attention": 1, "hint_attention": 1, "affinity_width": 4, "palette_width": 16}
)
SHORT = {
    "config": TINY,
    "batch": 2,
    "crop": 64,
    "late_batch": 2,
    "late_crop": 64,
    "warmup": 1,
    "threads": 2,
    "preview_every": 0,
    "log_every": 1,
}


@pytest.fixture
def folder(tmp_path):
    """Five photographs in which a colored disc lies on another color."""
    photos = tmp_path / "photos"
    photos.mkdir()
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:80, :96]
    disc = ((rows - 40) ** 2 + (columns - 48) ** 2 < 600)[..., None]
    for i in range(5):
        pixels = np.where(disc, rng.integers(0, 256, 3), rng.integers(0, 256, 3)) + rng.normal(0, 8, (80, 96, 1))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(photos / f"{i}.png")
    return photos


def records(folder):
    """The log, without what depends on the machine's mood."""
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "photographs_per_second"} for line in lines]


def words(options):
    return [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def test_a_run_stops_and_goes_on_and_its_weights_load(folder, tmp_path):
    out = tmp_path / "run"
    assert [r["step"] for r in Run(out, folder, Options(steps=1, **SHORT)).train()] == [1]
    run = Run(out, folder, Options(steps=2, **SHORT))
    assert run.step == 1
    assert [r["step"] for r in run.train()] == [2]
    assert [r["step"] for r in records(out)] == [1, 2]
    assert json.loads((out / "config.json").read_text())["options"] == asdict(run.options)
    photo = Colorizer.load(out / "huedot.safetensors", working_size=64).open(np.zeros((40, 40), np.uint8))
    assert photo.colorize().shape == (40, 40, 3)


@pytest.mark.timeout(300)
def test_a_killed_run_goes_on_to_the_bit(folder, tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    options = Options(**{**SHORT, "steps": 40, "late_crop": 96, "log_every": 3, "checkpoint_every": 7})
    command = [sys.executable, "-m", "huedot.model.train", folder, "-o", killed, "--processes", "1"]
    command += words(asdict(options))
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        # 12 steps, of which 7 are kept.
        while not (killed / "log.jsonl").exists() or len(records(killed)) < 4:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        process.kill()
        process.wait()
    resumed = Run(killed, folder, options)
    assert 7 <= resumed.step < 40
    list(resumed.train())
    list(Run(whole, folder, options).train())
    assert records(killed) == records(whole)
    states = [torch.load(run / "checkpoint.pt", weights_only=True) for run in (killed, whole)]
    for part in ("network", "average"):
        assert all(torch.equal(states[0][part][name], value) for name, value in states[1][part].items())


@pytest.mark.timeout(300)
def test_two_processes_learn_what_one_does(folder, tmp_path):
    # One photograph each, some without a hint.
    options = Options(**{**SHORT, "steps": 8, "precision": "float32"})
    list(Run(tmp_path / "one", folder, options).train())
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    program = ["-m", "huedot.model.train", folder, "-o", tmp_path / "two", *words(asdict(options))]
    subprocess.run([*torchrun, *program], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True)
    one, two = records(tmp_path / "one"), records(tmp_path / "two")
    # Only the first process writes.
    assert len(one) == len(two) == 8
    for a, b in zip(one, two, strict=True):
        assert a == pytest.approx(b, rel=1e-4)
    assert json.loads((tmp_path / "two" / "config.json").read_text())["processes"] == 2


@pytest.mark.parametrize("architecture", ["siggraph17", "siggraph17-global"])
def test_the_published_networks_train_and_their_weights_load(folder, tmp_path, architecture):
    options = Options(**{**SHORT, "architecture": architecture, "steps": 1, "crop": 32, "late_crop": 32})
    run = Run(tmp_path / "run", folder, options)
    list(run.train())
    photo = Colorizer.load(run.weights, working_size=64).open(np.zeros((40, 40), np.uint8))
    assert photo.colorize().shape == (40, 40, 3)
    again = Run(tmp_path / "again", folder, options, start=run.weights)
    shipped, started = run.average.half(), again.network.state_dict()
    assert all(torch.equal(shipped[name].to(value.dtype), value) for name, value in started.items())
    with pytest.raises(ArgumentError, match="another network"):
        Run(tmp_path / "other", folder, Options(**SHORT), start=run.weights)


def test_previews_show_what_the_network_makes_of_photographs(folder, tmp_path):
    options = Options(**{**SHORT, "steps": 4, "preview_every": 2})
    list(Run(tmp_path, folder, options).train())
    sheets = sorted((tmp_path / "previews").iterdir())
    assert [sheet.name for sheet in sheets] == ["0000002.png", "0000004.png"]
    columns = [np.asarray(Image.open(sheet)).reshape(6 * 64, 5, 64, 3) for sheet in sheets]
    gray, automatic, dots, colored, truth = np.moveaxis(columns[1], 1, 0).astype(int)
    assert np.ptp(gray, axis=2).max() <= 2
    assert 0 < np.ptp(dots, axis=2).mean() < np.ptp(truth, axis=2).mean()
    assert np.abs(automatic - colored).max() > 0
    # Every sheet shows the same photographs.
    assert np.array_equal(columns[0][:, 4], truth)
    assert not np.array_equal(columns[0][:, 1], automatic)


def test_measuring_leaves_nothing_behind(folder, tmp_path):
    speeds = measure(Run(tmp_path / "run", folder, Options(**SHORT)), 2)
    assert set(speeds) == {"loader", "network", "together", "threads"}
    assert all(speed > 0 for speed in speeds.values())
    assert not (tmp_path / "run").exists()


def test_a_damaged_run_is_refused_by_name(folder, tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(FileError, match=r"checkpoint\.pt"):
        Run(tmp_path, folder, Options(**SHORT))


def test_a_run_that_diverges_keeps_its_last_sound_checkpoint(folder, tmp_path):
    list(Run(tmp_path, folder, Options(steps=1, **SHORT)).train())
    with pytest.raises(HueDotError, match="step 3 the loss is no number"):
        list(Run(tmp_path, folder, Options(**{**SHORT, "steps": 5, "rate": 1e30, "checkpoint_every": 9})).train())
    assert Run(tmp_path, folder, Options(steps=5, **SHORT)).step == 1


def test_a_torn_line_of_the_log_is_forgotten(folder, tmp_path):
    list(Run(tmp_path, folder, Options(steps=2, **SHORT)).train())
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 3, "hub')
    list(Run(tmp_path, folder, Options(steps=3, **SHORT)).train())
    assert [record["step"] for record in records(tmp_path)] == [1, 2, 3]


LIGHT = json.dumps({**json.loads(TINY), "residuals": [0, 0, 1, 1], "detail": [1, 1], "expansion": 2, "lite0": 1})


def test_a_network_of_other_blocks_starts_from_an_earlier_one_and_answers(folder, tmp_path):
    earlier = Run(tmp_path / "earlier", folder, Options(steps=1, **SHORT))
    list(earlier.train())
    light = Run(tmp_path / "light", folder, Options(**{**SHORT, "steps": 2, "config": LIGHT}), start=earlier.weights)
    shared = light.network.encoder.semantic.stem.weight
    assert torch.equal(shared.half(), earlier.average.half()["encoder.semantic.stem.weight"])
    list(light.train())
    photo = Colorizer.load(light.weights, working_size=64).open(np.zeros((40, 40), np.uint8))
    assert photo.colorize().shape == (40, 40, 3)


def batch_norm(state, name, channels, generator):
    state[f"{name}.weight"] = torch.rand(channels, generator=generator) + 0.5
    state[f"{name}.bias"] = torch.randn(channels, generator=generator)
    state[f"{name}.running_mean"] = torch.randn(channels, generator=generator)
    state[f"{name}.running_var"] = torch.rand(channels, generator=generator) + 0.5


def published_lite0():
    """A state of EfficientNet-Lite0 as its PyTorch port names it, of random numbers."""
    generator, state = torch.Generator().manual_seed(0), {}
    convs = [m for m in EfficientNetLite0().modules() if isinstance(m, torch.nn.Conv2d)]
    names = ["_conv_stem"]
    for block in range(16):
        parts = (
            ("_depthwise_conv", "_project_conv") if block == 0 else ("_expand_conv", "_depthwise_conv", "_project_conv")
        )
        names += [f"_blocks.{block}.{part}" for part in parts]
    for i, (name, conv) in enumerate(zip(names, convs, strict=True)):
        state[f"{name}.weight"] = torch.randn(conv.weight.shape, generator=generator)
        batch_norm(state, f"norm{i}", conv.out_channels, generator)
    state["_conv_head.weight"] = torch.zeros(8, 320, 1, 1)
    batch_norm(state, "_bn1", 8, generator)
    return state, convs


def test_pretrained_norms_are_folded(folder, tmp_path):
    state, convs = published_lite0()
    torch.save(state, tmp_path / "lite0.pth")
    network = EfficientNetLite0()
    load_encoder(network, tmp_path / "lite0.pth")
    x = torch.rand(1, 3, 8, 8)
    norm = {part: state[f"norm0.{part}"] for part in ("running_mean", "running_var", "weight", "bias")}
    published = torch.nn.functional.conv2d(x, state["_conv_stem.weight"], stride=2)
    published = torch.nn.functional.batch_norm(published, **norm, eps=1e-3)
    torch.testing.assert_close(torch.nn.functional.conv2d(x, network.stem.weight, network.stem.bias, 2), published)
    assert len(convs) == len([m for m in network.modules() if isinstance(m, torch.nn.Conv2d)])


@pytest.mark.parametrize("config", [TINY, LIGHT])
def test_weights_of_another_encoder_are_refused_by_name(folder, tmp_path, config):
    torch.save({"other.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises((FileError, ArgumentError), match=r"other\.pth"):
        Run(tmp_path / "run", folder, Options(**{**SHORT, "config": config}), encoders=[tmp_path / "other.pth"])
