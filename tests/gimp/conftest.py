"""Real GIMP 3 for each test that asks for it; a test may give it more environment, and say how large its screen is."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ..editors.display import Display
from .harness import Gimp, GimpBatch, Missing, Panel, gimp_version, install_plugin, make_profile

REPOSITORY = Path(__file__).parents[2]

FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def gimp_template(tmp_path_factory):
    """A profile from which each GIMP starts; one only, for its first start takes seconds more."""
    try:
        version = gimp_version()
    except Missing as missing:
        pytest.fail(str(missing)) if os.environ.get("HUEDOT_EDITORS") == "required" else pytest.skip(str(missing))
    profile = tmp_path_factory.mktemp("gimp") / "template"
    make_profile(profile, version)
    return profile


@pytest.fixture
def gimp_profile(gimp_template, tmp_path_factory):
    """A profile with the plug-in under test, at a path that is short enough for sockets."""
    profile = tmp_path_factory.mktemp("gimp") / "profile"
    shutil.copytree(gimp_template, profile)
    install_plugin(profile)
    return profile


@pytest.fixture(scope="session")
def huedot_environment(gimp_template):
    """A place of its own for the daemon, which a plug-in starts, and which lasts for all tests.

    GIMP's root sees the Python that these tests run with, so that it can start the daemon.
    """
    with tempfile.TemporaryDirectory(prefix="huedot-gimp-", dir="/tmp") as folder:
        python = f"{sys.base_prefix}:{sys.prefix}"
        environment = {
            "HUEDOT_RUNTIME": f"{folder}/run",
            "HUEDOT_PANEL": f"{folder}/panel",
            "HUEDOT_BIND": ":".join(filter(None, [os.environ.get("HUEDOT_BIND"), python])),
            "XDG_STATE_HOME": f"{folder}/state",
            "HUEDOT_WEIGHTS": f"{folder}/weights",
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "2"),
        }
        yield environment
        stop = [sys.executable, "-m", "huedot.daemon.cli", "stop"]
        subprocess.run(stop, env={**os.environ, **environment}, check=True, capture_output=True, timeout=60)


@pytest.fixture
def gimp_environment(huedot_environment):
    """What GIMP and its plug-ins see in their environment beside their own; for a test module to override."""
    return huedot_environment


@pytest.fixture
def panel(gimp, photograph):
    """The live panel of a GIMP in which a photograph is open."""
    gimp.open(photograph)
    gimp.menu("Live panel")
    panel = Panel(gimp)
    panel.poll("state() is not None")
    gimp.key("n")  # again: GIMP 3.2 may have missed it while it was starting
    yield panel
    panel.close()


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
def gimp_screen():
    """The size of GIMP's screen; for a test module to override."""
    return "1400x900"


@pytest.fixture(scope="module")
def shared_gimp(gimp_template, huedot_environment, tmp_path_factory):
    """One GIMP without a window for all tests of a module, each of which opens an image of its own."""
    profile = tmp_path_factory.mktemp("gimp") / "profile"
    shutil.copytree(gimp_template, profile)
    install_plugin(profile)
    gimp = GimpBatch(profile, huedot_environment)
    yield gimp
    assert gimp.close() == 0, gimp.said()


@pytest.fixture
def gimp_batch(gimp_profile, gimp_environment, request, tmp_path):
    """GIMP without a window."""
    gimp = GimpBatch(gimp_profile, gimp_environment)
    yield from until_closed(gimp, request.node, tmp_path)


@pytest.fixture
def gimp(gimp_profile, gimp_environment, gimp_screen, request, tmp_path):
    """GIMP with its windows, on a screen of its own."""
    display = Display(gimp_screen)
    try:
        yield from until_closed(Gimp(gimp_profile, display, gimp_environment), request.node, tmp_path)
    finally:
        display.close()


def until_closed(gimp, test, folder):
    """What goes wrong leaves GIMP's messages and a screenshot."""
    try:
        yield gimp
        if test.stash.get(FAILED, False):
            print("see", gimp.keep(folder))
    finally:
        code = gimp.close()
    assert code == 0, gimp.said()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report
