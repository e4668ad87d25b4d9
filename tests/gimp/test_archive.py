"""The archive for GIMP: unpacked by hand into the folder of plug-ins, it is seen, finds HueDot, and colors."""

import os
import shutil
import subprocess
import sys

import pytest

HUEDOT = [sys.executable, "-m", "huedot.daemon.cli"]


@pytest.fixture
def gimp_profile(gimp_template, tmp_path_factory, tmp_path):
    """A profile into which the archive was unpacked, in whose home is a `huedot` where pipx and uv put it."""
    profile = tmp_path_factory.mktemp("gimp") / "profile"
    shutil.copytree(gimp_template, profile)
    subprocess.run([*HUEDOT, "archives", "-o", str(tmp_path)], check=True, capture_output=True)
    (path,) = tmp_path.glob("huedot-gimp-*.zip")
    unpack = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])"
    plugins = profile / "plug-ins"
    subprocess.run([sys.executable, "-c", unpack, str(path), str(plugins)], check=True)
    # This unpacker, unlike others, forgets it.
    (plugins / "huedot/huedot.py").chmod(0o755)
    program = profile / ".local/bin/huedot"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m huedot.daemon.cli "$@"\n')
    program.chmod(0o755)
    return profile


def test_the_archive_is_seen_and_colors(gimp_batch, photograph, gimp_environment):
    subprocess.run([*HUEDOT, "stop"], env={**os.environ, **gimp_environment}, check=True, capture_output=True)
    gimp_batch.open(photograph)
    gimp_batch.do("huedot('refresh')")
    red, green, blue, alpha = gimp_batch.do("at(layer('Color (HueDot)'), 130, 300)")
    assert max(red, green, blue) - min(red, green, blue) > 10
    assert alpha == 255
