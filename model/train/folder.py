"""A run's folder: what it was told, how it went, what it goes on from, and the weights to use."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from huedot.protocol.errors import FileError
from huedot.protocol.paths import write_whole, writing_whole

from .options import Options

# What a checkpoint holds.
STATE = ("network", "optimizer", "average", "step", "unrecorded")


class RunFolder:
    """`config.json`, `log.jsonl`, `previews/`, `checkpoint.pt` and the weights; each file is whole, or not there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def options(self) -> Options | None:
        """Return the options of the run in this folder, if there is one. Raises FileError."""
        path = self.path / "config.json"
        if not path.exists():
            return None
        try:
            return Options(**json.loads(path.read_text("utf-8"))["options"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileError(f"{path} describes no run: {error}.", "Choose another folder with -o.") from error

    def describe(self, options: Options, photographs: int, processes: int) -> None:
        """Write down what the run was told."""
        self.path.mkdir(parents=True, exist_ok=True)
        about = {"options": asdict(options), "photographs": photographs, "processes": processes}
        text = json.dumps({**about, "torch": torch.__version__}, indent=2)
        write_whole(self.path / "config.json", text.encode())

    def log(self, record: dict[str, float]) -> None:
        """Add a record to the log."""
        short = {name: value if isinstance(value, int) else float(f"{value:.6g}") for name, value in record.items()}
        with (self.path / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(short) + "\n")

    def forget_after(self, step: int) -> None:
        """Take the records of steps that will be done again out of the log."""
        path = self.path / "log.jsonl"
        if path.exists():
            lines = [line for line in path.read_text("utf-8").splitlines() if _step_of(line) <= step]
            write_whole(path, "".join(line + "\n" for line in lines).encode())

    def preview(self, step: int, sheet: Image.Image) -> None:
        """Write a contact sheet."""
        folder = self.path / "previews"
        folder.mkdir(exist_ok=True)
        with writing_whole(folder / f"{step:07d}.png") as part:
            sheet.save(part, "png")

    def checkpoint(self, device: torch.device) -> dict[str, Any] | None:
        """Return the state that the run goes on from, if there is one. Raises FileError."""
        path = self.path / "checkpoint.pt"
        if not path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
            return {name: state[name] for name in STATE}
        except (OSError, RuntimeError, EOFError, KeyError, UnpicklingError) as error:
            raise FileError(f"{path} is no checkpoint of a run.", "Choose another folder with -o.") from error

    def save(self, state: dict[str, Any], weights: str, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
        """Write the checkpoint, and the weights with what they say about themselves."""
        with writing_whole(self.path / "checkpoint.pt") as part:
            torch.save(state, part)
        with writing_whole(self.path / weights) as part:
            save_file(tensors, part, about)


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        # The run was killed while it wrote this line.
        return float("inf")
