"""Where weights are: the shipped file, and the folder of those that were fetched. Reads none of them."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from huedot.protocol.errors import ArgumentError, WeightsCorrupt, WeightsMissing

MODELS = ("huedot", "siggraph17", "siggraph17-global")
PICKLED = (".pth", ".pt")
SUFFIXES = (".safetensors", *PICKLED, ".caffemodel")


def weights_folder() -> Path:
    """Where downloaded weights are kept: HUEDOT_WEIGHTS, or `weights` in the user's data folder."""
    if chosen := os.environ.get("HUEDOT_WEIGHTS"):
        return Path(chosen)
    # Imported here: training runs where it is not installed.
    from platformdirs import user_data_path

    return user_data_path("huedot", appauthor=False) / "weights"


def find(name_or_path: str | Path) -> Path:
    """Return the weights file of a model by name, or the path itself if that is what was given.

    A string is a path if it holds a separator or ends as one of `SUFFIXES`. Raises `ArgumentError`
    for a name that no model has, and `WeightsMissing`, saying how to get them, for a known model without its
    weights.
    """
    if isinstance(name_or_path, Path) or _looks_like_path(name_or_path):
        return Path(name_or_path).expanduser()
    if name_or_path not in MODELS:
        known = ", ".join(MODELS)
        raise ArgumentError(
            "model",
            f"there is no model {name_or_path!r}.",
            f"Use one of {known}, or the path of a weights file.",
        )
    path = _place_of(name_or_path)
    if not path.is_file():
        raise WeightsMissing(f"The weights of {name_or_path} are not at {path}.", _how_to_get(name_or_path))
    return path


def present(first: str) -> list[str]:
    """Return the models whose weights are on this machine, `first` before the others."""
    others = [name for name in MODELS if name != first and _place_of(name).is_file()]
    return [first, *others]


def _place_of(name: str) -> Path:
    return _shipped() if name == "huedot" else weights_folder() / f"{name}.safetensors"


def _looks_like_path(text: str) -> bool:
    separators = [separator for separator in (os.sep, os.altsep) if separator]
    return text.lower().endswith(SUFFIXES) or any(separator in text for separator in separators)


def _shipped() -> Path:
    return Path(str(resources.files("huedot.weights") / "huedot.safetensors"))


def refused(path: str | Path, what: str, known: str = "") -> WeightsCorrupt:
    """Return the error for a file of weights that cannot be used: it, what it is or holds, what is known of others."""
    return WeightsCorrupt(f"{path} {what}.", f"{known} {how_to_mend(path)}".strip())


def how_to_mend(path: str | Path) -> str:
    """Return what to do about a weights file that cannot be used, with the command that does it."""
    if same := [model for model in MODELS if Path(path).absolute() == _place_of(model).absolute()]:
        return _how_to_get(same[0])
    return "See which weights there are by huedot weights list, and get others by huedot weights fetch NAME."


def _how_to_get(model: str) -> str:
    if model == "huedot":
        return "They come with HueDot: install it again, by pipx reinstall huedot."
    return f"Get them by huedot weights fetch {model}, or from a file you have by huedot weights import FILE."
