"""The arguments that verbs share, and the parser around them."""

import argparse

import pytest

from huedot.daemon.cli import VERBS, main, parser_for
from huedot.daemon.commands import options, serve
from huedot.daemon.serving.lifecycle import ServeOptions


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (options.share, "7"),
        (options.share, "-0.1"),
        (options.share, "nan"),
        (options.share, "inf"),
        (options.share, "much"),
        (options.place, "10"),
        (options.place, "10,"),
        (options.place, "1.5,2"),
        (options.place, "-1,2"),
        (options.place, "nan,nan"),
        (options.positive, "0"),
        (options.positive, "-3"),
        (options.whole(1, 9), "10"),
        (options.whole(1, 9), "nine"),
    ],
)
def test_bad_values_are_refused_by_name(read, text):
    with pytest.raises(argparse.ArgumentTypeError, match=text):
        read(text)


def test_good_values_are_read():
    assert options.share("0.25") == 0.25
    assert options.place("320, 200") == (320, 200)
    assert options.whole(1, 9)("9") == 9
    assert options.positive("3") == 3


def test_a_model_is_a_name_or_an_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for given, model in ((None, None), ("huedot", "huedot"), ("w.pth", str(tmp_path / "w.pth"))):
        assert options.model_of(argparse.Namespace(model=given)) == model


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_and_its_exit_codes(verb, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([verb, "--help"])
    assert "Exit codes: 0" in " ".join(capsys.readouterr().out.split())


def test_help_names_every_verb(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    first_words = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("    ")]
    assert [word for word in first_words if word in VERBS] == list(VERBS)


@pytest.mark.parametrize("words", [[], ["paint"], ["colorize"], ["palette", "a.png"], ["suggest", "a.png", "-n", "0"]])
def test_wrong_usage_is_one_line_and_2(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(words)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("huedot: ")
    assert captured.err.count("\n") == 1
    assert "--help" in captured.err


def test_the_words_of_serve_options_are_the_options_of_serve(tmp_path):
    wanted = ServeOptions(
        model=str(tmp_path / "w.safetensors"),
        device="cpu",
        tcp=True,
        port=5,
        cache_bytes=7,
        idle_unload_s=1.5,
        idle_exit_s=0.0,
        threads=2,
    )
    words = ["serve", *wanted.words()]
    assert serve.serve_options(parser_for(words).parse_args(words)) == wanted
