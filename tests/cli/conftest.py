"""What the command line's tests use: made photographs in files, and a place of their own for the daemon."""

import numpy as np
import pytest
from PIL import Image

from huedot.daemon.cli import main


@pytest.fixture
def huedot(capsys):
    """Run a command line in this process; returns its exit code, and what it printed on stdout and stderr."""

    def run(*words):
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def photographs(tmp_path):
    """A folder of two small photographs: red above, blue below."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    pixels = np.where(np.arange(40)[:, None, None] < 20, (180, 40, 40), (40, 60, 170)).astype(np.uint8)
    for name in ("a.png", "b.jpg"):
        Image.fromarray(pixels.repeat(48, axis=1)).save(folder / name)
    return folder


@pytest.fixture(autouse=True)
def _state_of_its_own(tmp_path_factory, monkeypatch):
    """What HueDot remembers of the files that it wrote."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
