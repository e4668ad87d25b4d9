"""Real Krita, real daemon, shipped weights; one of each for all of these tests."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .harness import KRITA, Display, KritaUnderTest, make_profile

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def home():
    """A user's home, whose path is short enough for sockets."""
    missing = [name for name in (KRITA[0], "Xvfb", "xdotool", "import") if not shutil.which(name)]
    if missing:
        what = f"{', '.join(missing)} not installed: tests/krita/get_krita installs what is needed"
        pytest.fail(what) if os.environ.get("HUEDOT_EDITORS") == "required" else pytest.skip(what)
    with tempfile.TemporaryDirectory(prefix="huedot-krita-", dir="/tmp") as folder:
        make_profile(Path(folder))
        yield Path(folder)


@pytest.fixture(scope="session")
def krita(home):
    """Krita, with HueDot's docker in sight; the plugin starts the daemon."""
    display = Display("1280x800")
    environment = {
        "HUEDOT_RUNTIME": f"{home}/hd",
        "XDG_STATE_HOME": f"{home}/state",
        "HUEDOT_WEIGHTS": f"{home}/weights",
    }
    running = KritaUnderTest(home, display, environment)
    running.do("dress(1280, 800)")
    yield running
    code = running.close()
    stop = [sys.executable, "-m", "huedot.daemon.cli", "stop"]
    subprocess.run(stop, env={**os.environ, **environment}, check=True, capture_output=True, timeout=60)
    display.close()
    assert code == 0, running.log.read_text(errors="replace")[-2000:]


@pytest.fixture
def desk(krita, request, tmp_path):
    """Krita with nothing open; what goes wrong leaves a screenshot, and what Krita said."""
    yield krita
    if request.node.stash.get(FAILED, False):
        print("see", krita.screenshot(tmp_path / "failed.png"), shutil.copy(krita.log, tmp_path / "krita.log"))
    krita.do("close_all()")


@pytest.fixture
def another(krita, home):
    """A second home, and a place for temporary files: or Krita would hand over to the one that runs."""
    folder = home / "another"
    make_profile(folder)
    (folder / "tmp").mkdir()
    yield folder
    shutil.rmtree(folder)


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def photograph(tmp_path_factory):
    """A real photograph in gray, saved as RGB."""
    path = tmp_path_factory.mktemp("photographs") / "astronaut.png"
    Image.open(REPOSITORY / "examples/photograph.jpg").convert("L").convert("RGB").save(path)
    return path


@pytest.fixture
def saved(tmp_path):
    """Save an array as a PNG and return its path."""

    def save(array, name="made.png"):
        Image.fromarray(np.asarray(array)).save(tmp_path / name)
        return tmp_path / name

    return save


@pytest.fixture
def keep(tmp_path):
    """Save a picture of the screen, in few colors, where docs/ wants it or nowhere."""
    folder = Path(os.environ.get("HUEDOT_PICTURES", tmp_path))

    def save(krita, name):
        path = krita.screenshot(tmp_path / name)
        picture = Image.open(path).convert("RGB")
        assert np.asarray(picture).std() > 20, "the screen is blank"
        folder.mkdir(parents=True, exist_ok=True)
        picture.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(folder / name, optimize=True)

    return save
