"""Krita's settings, and the plugin that was there before: whatever fails or is odd, nothing of them is lost."""

from pathlib import Path

import pytest

from huedot.daemon.install import plugins
from huedot.daemon.install.settings import SWITCH, switch
from huedot.protocol.errors import FileError

KINDS = {
    "UTF-8": "[General]\nfont=Ünicode\n\n[python]\nenable_other=true\n".encode(),
    "Latin-1": "[General]\nfont=Café\n\n[python]\nenable_other=true\n".encode("latin-1"),
    "Windows ends": b"[General]\r\nfont=Sans\r\n\r\n[python]\r\nenable_other=true\r\n",
    "mixed ends": b"[General]\nfont=Sans\r\n\n[python]\r\nenable_other=true\n",
    "old Mac ends": b"[General]\rfont=Sans\r[python]\renable_other=true\r",
    "no end": b"[python]\nenable_other=true",
    "odd separators": "[General]\nname=a\u2028b\x0bc\x85d\n[python]\n[x]\ny=z\n".encode("latin-1", "xmlcharrefreplace"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_other_byte_stays(kind, tmp_path):
    path, before = tmp_path / "kritarc", KINDS[kind]
    path.write_bytes(before)
    switch(path, on=True)
    on = path.read_bytes()
    assert on.count(SWITCH) == 1
    first = before.splitlines(keepends=True)[0]
    end = first[len(first.rstrip()) :]
    assert on.replace(SWITCH + end, b"") == before
    assert b"[python]" in on.partition(SWITCH)[0].splitlines()[-1]
    switch(path, on=True)
    assert path.read_bytes() == on
    switch(path, on=False)
    assert path.read_bytes() == before


@pytest.mark.parametrize("before", [b"", b"[General]\r\nfont=caf\xe9", b"[General]\nx=1\n"])
def test_a_section_that_lacks_is_added_in_the_same_manner(before, tmp_path):
    path = tmp_path / "kritarc"
    path.write_bytes(before)
    switch(path, on=True)
    on = path.read_bytes()
    assert on.startswith(before)
    assert [line for line in on.splitlines() if line][-2:] == [b"[python]", SWITCH]
    assert (b"\r\n" in before) == (on.count(b"\n") == on.count(b"\r\n"))


@pytest.fixture
def destination(tmp_path):
    folder = tmp_path / "pykrita"
    destination = plugins.given("krita", folder)
    assert destination.settings == tmp_path / "kritarc"
    plugins.install(destination)
    (destination.plugin / "mark").write_text("the older one")
    return destination


def left(destination):
    return sorted(path.name for path in destination.folder.iterdir())


def test_what_are_no_settings_leave_the_older_plugin(destination):
    destination.settings.write_bytes("[python]\n".encode("utf-16"))
    with pytest.raises(FileError, match="kritarc"):
        plugins.install(destination)
    assert (destination.plugin / "mark").exists()
    assert left(destination) == ["huedot_krita", "huedot_krita.desktop"]


def test_a_move_that_fails_leaves_the_older_plugin(destination, monkeypatch):
    """As on Windows, where somebody may look into the folder just then."""
    true = Path.rename

    def rename(self, target):
        if self.name == "new":
            raise PermissionError(13, "Access is denied", str(self))
        return true(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(FileError, match="Access is denied"):
        plugins.install(destination)
    monkeypatch.undo()
    assert (destination.plugin / "mark").read_text() == "the older one"
    assert left(destination) == ["huedot_krita", "huedot_krita.desktop"]
    plugins.install(destination)
    assert not (destination.plugin / "mark").exists()
