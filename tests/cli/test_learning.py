"""train and evaluate, on a folder of two made photographs."""

import json

import pytest

SHORT = ("--batch", 1, "--crop", 64, "--late-batch", 1, "--late-crop", 64, "--threads", 1, "--preview-every", 0)
TWO = ("--batch", 2, "--crop", 64, "--late-batch", 2, "--late-crop", 64, "--threads", 1, "--preview-every", 0)
TINY = '{"widths": [8, 16, 32], "encoder_attention": 1, "hint_attention": 1}'


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("train", "nowhere"), "nowhere"),
        (("train", "empty", "-o", "run"), "empty"),
        (("train", "photographs", "-o", "run", "--start", "none.safetensors"), "none.safetensors"),
        (("train", "photographs", "-o", "run", "--encoder", "none.npz"), "none.npz"),
        (("train", "photographs", "-o", "run", "--start", "text/text.png"), "text.png"),
        (("train", "photographs", "-o", "run", "--encoder", "text/text.png"), "text.png"),
        (("train", "photographs", "-o", "run", "--steps", "many"), "--steps"),
        (("train", "photographs", "-o", "run", "--steps", "0"), "steps"),
        (("train", "photographs", "-o", "run", "--crop", "100"), "crop"),
        (("train", "photographs", "-o", "run", "--architecture", "other"), "other"),
        (("train", "photographs", "-o", "run", "--config", "{'a': 1}"), "config"),
        (("train", "photographs", "-o", "run", "--config", '{"depth": 3}'), "depth"),
        (("train", "photographs", "-o", "run", "--measure", "0"), "measure"),
        (("train", "text", "-o", "run"), "text.png"),
        (("evaluate", "nowhere"), "nowhere"),
        (("evaluate", "empty"), "empty"),
        (("evaluate", "text"), "text.png"),
        (("evaluate", "photographs", "--model", "paint"), "paint"),
        (("evaluate", "photographs", "--limit", "0"), "--limit"),
        (("evaluate", "photographs", "--baselines", "paint"), "paint"),
        (("evaluate", "photographs", "--models", "huedot,huedot"), "--models"),
        (("evaluate", "photographs", "--points", "1,many"), "--points"),
        (("evaluate", "photographs", "--plot", "curve.gif"), "curve.gif"),
    ],
)
def test_bad_input_is_one_line_and_2(words, named, huedot, photographs, tiny_weights, monkeypatch):
    monkeypatch.chdir(photographs.parent)
    (photographs.parent / "empty").mkdir()
    (photographs.parent / "text").mkdir()
    (photographs.parent / "text" / "text.png").write_text("I am no picture.")
    given = ("--model", tiny_weights) if words[0] == "evaluate" and "--model" not in words else ()
    code, out, err = huedot(*words, *given)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert named in err
    assert not list((photographs.parent / "run").glob("*"))


def test_evaluate_prints_a_table_or_json(huedot, photographs, tiny_weights):
    code, table, err = huedot("evaluate", photographs, "--model", tiny_weights, "--limit", 1)
    assert (code, err) == (0, "")
    code, out, _ = huedot("evaluate", photographs, "--model", tiny_weights, "--limit", 1, "--json")
    answer = json.loads(out)
    assert (code, answer["photographs"]) == (0, 1)
    rows = {line.split()[0]: line.split() for line in table.partition("\n\n")[0].splitlines()}
    for heading, score in answer["scores"].items():
        assert rows[heading][1] == f"{score['psnr']:.2f}"


def test_evaluate_sets_baselines_beside_networks(huedot, photographs, tiny_weights, tmp_path):
    words = (
        "evaluate",
        photographs / "b.jpg",
        "--models",
        tiny_weights,
        "--baselines",
        "levin,bilateral",
        "--points",
        "0,5",
    )
    code, table, err = huedot(*words, "--protocol", "B", "--json", tmp_path / "a.json", "--plot", tmp_path / "a.svg")
    assert (code, err) == (0, "")
    assert [line for line in table.splitlines() if line.endswith(":")] == ["tiny:", "levin:", "bilateral:"]
    first = json.loads((tmp_path / "a.json").read_text())
    assert (first["method"], first["protocol"], set(first["others"])) == ("tiny", "B", {"levin", "bilateral"})
    assert first["others"]["levin"]["scores"]["5"]["gain_over_gray"] > 0
    assert "bilateral" in (tmp_path / "a.svg").read_text()
    code, out, _ = huedot(*words, "--protocol", "B", "--json")
    # The same command gives the same figures.
    assert (code, json.loads(out)) == (0, first)


@pytest.mark.parametrize(("option", "named"), [("--palette", "holds the truth"), ("--suggest", "suggested gain")])
def test_evaluate_measures_palettes_and_suggestions(option, named, huedot, photographs, tiny_weights):
    words = ("evaluate", photographs, "--model", tiny_weights, option)
    code, table, err = huedot(*words)
    assert (code, err) == (0, "")
    assert named in table
    code, out, _ = huedot(*words, "--json")
    assert (code, "tiny" in json.loads(out)[option[2:]]) == (0, True)


def test_evaluate_draws_a_contact_sheet_of_one_photograph(huedot, photographs, tiny_weights, tmp_path):
    words = ("evaluate", photographs / "a.png", "--model", tiny_weights, "--points", "0,5", "--sheet")
    code, out, err = huedot(*words, tmp_path / "sheet.jpg")
    assert (code, err) == (0, "")
    assert str(tmp_path / "sheet.jpg") in out
    code, _, err = huedot(*words, tmp_path / "none" / "sheet.jpg")
    assert (code, err.count("\n")) == (2, 1)


def test_train_goes_on_where_it_stopped(huedot, photographs, tmp_path):
    run = tmp_path / "run"
    code, out, err = huedot("train", photographs, "-o", run, "--steps", 1, *SHORT)
    assert (code, err) == (0, "")
    assert str(run / "huedot.safetensors") in out
    # The folder knows the rest.
    code, out, _ = huedot("train", photographs, "-o", run, "--steps", 2, "--json")
    answer = json.loads(out)
    assert (code, answer["steps"], answer["step"], answer["crop"]) == (0, 2, 2, 64)
    assert len((run / "log.jsonl").read_text().splitlines()) == 2
    code, out, _ = huedot("train", photographs, "-o", run, "--json")
    # There was nothing left to do.
    assert (code, json.loads(out)["steps"]) == (0, 2)
    code, _, err = huedot("train", photographs, "-o", run, "--architecture", "siggraph17")
    assert (code, err.count("\n")) == (2, 1)
    assert "another network" in err


def test_train_uses_the_cores_by_itself(huedot, photographs, tmp_path, monkeypatch):
    # Two of them can share a batch of two.
    monkeypatch.setattr("torch.get_num_threads", lambda: 3)
    run = tmp_path / "run"
    code, _, err = huedot("train", photographs, "-o", run, "--steps", 1, *TWO, "--config", TINY)
    assert (code, err) == (0, "")
    assert (run / "huedot.safetensors").exists()
    assert json.loads((run / "config.json").read_text())["processes"] == 2


def test_train_measures_and_writes_nothing(huedot, photographs, tmp_path):
    run = tmp_path / "run"
    code, out, _ = huedot("train", photographs, "-o", run, "--measure", 1, "--json", *SHORT, "--config", TINY)
    assert (code, set(json.loads(out))) == (0, {"loader", "network", "together", "threads"})
    code, table, err = huedot("train", photographs, "-o", run, "--measure", 1, *SHORT, "--config", TINY)
    assert (code, err, len(table.splitlines())) == (0, "", 5)
    assert not run.exists()
