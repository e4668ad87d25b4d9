"""Options that were changed count when a run goes on, or are refused by name."""

import json

import numpy as np
import pytest
from PIL import Image

from huedot.daemon.cli import main
from huedot.model.train.loop import Run
from huedot.model.train.options import Options
from huedot.model.train.start import new_network
from huedot.protocol.errors import ArgumentError

from .test_train_runs import SHORT, words


@pytest.fixture
def folder(tmp_path):
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (80, 96, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(photographs / "one.png")
    return photographs


def train(folder, out, **options):
    return main(["train", str(folder), "-o", str(out), "--json", *words(options)])


def test_a_changed_weight_decay_counts(folder, tmp_path, capsys):
    out = tmp_path / "run"
    assert train(folder, out, **SHORT, steps=1, encoder_rate=0.1) == 0
    assert train(folder, out, steps=2, weight_decay=0.5, encoder_rate=0.2) == 0
    run = Run(out, folder, Options(**json.loads((out / "config.json").read_text())["options"]))
    assert run.step == 2
    groups = [(group["weight_decay"], group["scale"]) for group in run.optimizer.param_groups]
    assert groups == [(0.5, 1.0), (0.0, 1.0), (0.5, 0.2), (0.0, 0.2)]
    # What it has learned of each parameter came along.
    assert run.optimizer.state


@pytest.mark.parametrize(("first", "then"), [(0.0, 0.1), (0.1, 0.0)])
def test_an_encoder_that_begins_or_ends_to_learn_is_refused(first, then, folder, tmp_path, capsys):
    out = tmp_path / "run"
    assert train(folder, out, **SHORT, steps=1, encoder_rate=first) == 0
    capsys.readouterr()
    assert train(folder, out, steps=2, encoder_rate=then) == 2
    said = capsys.readouterr().err
    assert said.startswith("huedot: encoder_rate: ")
    assert said.count("\n") == 1


CONFIGS = ['{"widths": [8]}', '{"hint_attention": 2.5}', '{"affinity_width": 1000000}', "[1]", "[" * 9999, "{", "null"]


@pytest.mark.parametrize("config", CONFIGS, ids=range(len(CONFIGS)))
def test_a_configuration_that_describes_no_network_is_refused(config):
    with pytest.raises(ArgumentError, match="config"):
        new_network(Options(config=config))
