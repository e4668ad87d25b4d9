"""The archive for Krita's own importer: brought in as a user does, it is there after a restart, and finds HueDot."""

import os
import subprocess
import sys

from .harness import KritaUnderTest, make_profile, profile_environment
from .test_krita import start

HUEDOT = [sys.executable, "-m", "huedot.daemon.cli"]
IMPORT = """
from plugin_importer.plugin_importer import PluginImporter
imported = PluginImporter({path!r}, app.getAppDataLocation(), lambda plugin: False).import_all()
for plugin in imported:  # what the importer does when it is told to activate them
    app.writeSetting("python", "enable_" + plugin["name"], "true")
[plugin["ui_name"] for plugin in imported]
"""


def test_the_archive_is_imported_and_colors(krita, home, photograph, tmp_path):
    profile = home / "archive"
    make_profile(profile)
    subprocess.run([*HUEDOT, "uninstall", "krita"], env=profile_environment(profile), check=True, capture_output=True)
    subprocess.run([*HUEDOT, "archives", "-o", str(tmp_path)], check=True, capture_output=True)
    (path,) = tmp_path.glob("huedot-krita-*.zip")
    # Where pipx and uv put it; it is not on this Krita's PATH.
    program = profile / ".local/bin/huedot"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m huedot.daemon.cli "$@"\n')
    program.chmod(0o755)
    (profile / "tmp").mkdir()
    environment = {
        # Otherwise Krita would hand over to the one that runs.
        "TMPDIR": str(profile / "tmp"),
        "HUEDOT_RUNTIME": str(profile / "hd"),
        "XDG_STATE_HOME": str(profile / "state"),
    }
    first = KritaUnderTest(profile, krita.display, environment)
    assert first.do("[d.objectName() for d in app.dockers() if d.objectName() == 'huedot']") == []
    assert first.do(IMPORT.format(path=str(path))) == ["HueDot"]
    assert first.close() == 0
    second = KritaUnderTest(profile, krita.display, environment)
    try:
        second.do("dress(1280, 800)")
        start(second, photograph)
        assert second.do("state().result.identity") is not None
    finally:
        code = second.close()
        subprocess.run([*HUEDOT, "stop"], env={**os.environ, **environment}, check=True, capture_output=True)
    assert code == 0
