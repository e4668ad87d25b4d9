"""`huedot weights`, against a real HTTP server."""

import hashlib
import json
import resource
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import filelock
import pytest
import torch

from huedot.daemon.install import published
from huedot.daemon.install.download import PIECE
from huedot.model import loading
from huedot.model.networks.siggraph17 import LocalHints
from huedot.weights import files

# Bytes after which answers are cut; of a piece that did not come whole nothing is kept.
HALF = 4 * PIECE


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "mine.pth"
    torch.save({name: torch.zeros(t.shape, dtype=t.dtype) for name, t in LocalHints().state_dict().items()}, path)
    return path


class Server(ThreadingHTTPServer):
    """Serves one file, in whatever bad way a test asks for."""

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), Answer)
        self.content, self.tag = content, '"one"'
        # Bytes after which the next answer stops.
        self.cut = None
        # What answers say of it, if it is not true.
        self.length = None
        self.knows_ranges = True
        # The Range of each request.
        self.asked = []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_):
        """Whoever asked has hung up."""


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/mine.pth")
            self.end_headers()
        elif self.path != "/mine.pth":
            self.send_error(404)
        else:
            asked = self.headers.get("Range")
            server.asked.append(asked)
            same = self.headers.get("If-Range") == server.tag
            self.send_part(int(asked[6:-1]) if asked and same and server.knows_ranges else 0)

    def send_part(self, begin):
        content = self.server.content
        if begin >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        if self.server.tag:
            self.send_header("ETag", self.server.tag)
        length = str(len(content) - begin) if self.server.length is None else self.server.length
        if length:
            self.send_header("Content-Length", length)
        self.end_headers()
        end, self.server.cut = self.server.cut, None
        self.wfile.write(content[begin:end])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(weights, monkeypatch, tmp_path):
    server = Server(weights.read_bytes())
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("HUEDOT_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def offer(server, monkeypatch):
    """Put one file into the manifest."""

    def offer(path="mine.pth", prefix="", megabytes=137):
        url = f"{server.address}/{path}"
        file = published.Published("mine.pth", "siggraph17", url, "MIT", "", megabytes, prefix, 0.5)
        monkeypatch.setattr(published, "manifest", lambda: [file])

    offer()
    return offer


@pytest.fixture
def digest(weights):
    return hashlib.sha256(weights.read_bytes()).hexdigest()


def left():
    """What lies in the weights folder, but for the lock."""
    folder = files.weights_folder()
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {published.LOCK}


INSTALLED = {"siggraph17.safetensors", published.RECORD}


def test_a_cut_download_goes_on_and_is_pinned_on_first_use(server, offer, huedot, digest):
    server.cut = HALF
    code, _, err = huedot("weights", "fetch", "siggraph17")
    assert code == 1
    assert "what has come is kept" in err
    assert err.count("\n") == 1
    assert left() == {"downloads/mine.pth", "downloads/mine.pth.tag"}
    code, out, _ = huedot("weights", "fetch", "siggraph17", "--json")
    assert code == 0
    assert json.loads(out) == {"model": "siggraph17", "file": "mine.pth", "sha256": digest, "pinned_now": True}
    assert server.asked == [None, f"bytes={HALF}-"]
    assert left() == INSTALLED
    assert loading.read_weights(files.find("siggraph17"))[1]["mask_center"] == "0.5"
    server.content += b"changed"
    code, _, err = huedot("weights", "fetch", "siggraph17")
    assert code == 2
    assert f"but mine.pth has {digest}" in err
    assert left() == INSTALLED


@pytest.mark.parametrize("spoil", ["knows_ranges", "changed", "no tag"])
def test_what_cannot_go_on_begins_anew(spoil, server, offer, huedot, digest):
    if spoil == "no tag":
        server.tag = ""
    server.cut = HALF
    assert huedot("weights", "fetch", "siggraph17")[0] == 1
    if spoil == "knows_ranges":
        server.knows_ranges = False
    elif spoil == "changed":
        server.tag = '"two"'
    code, out, err = huedot("weights", "fetch", "siggraph17")
    assert code == 0, err
    assert digest in out
    assert left() == INSTALLED


def test_a_download_that_is_whole_is_not_asked_for_again(server, offer, huedot, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(loading, "save_file", full)
        code, _, err = huedot("weights", "fetch", "siggraph17")
    assert code == 2
    assert "No space left" in err
    code, _, err = huedot("weights", "fetch", "siggraph17")
    assert code == 0, err
    assert server.asked[1] == f"bytes={len(server.content)}-"
    assert left() == INSTALLED


def test_a_wrong_checksum_or_a_page_installs_nothing(server, offer, huedot, digest):
    offer(prefix="df00044c")
    code, _, err = huedot("weights", "fetch", "mine.pth")
    assert code == 2
    assert f"sha256 {digest}, but mine.pth has df00044c" in err
    assert left() == set()
    offer()
    server.content = b"<html>Please log in to this network.</html>"
    code, _, err = huedot("weights", "fetch", "mine.pth")
    assert code == 2
    assert "mine.pth is damaged" in err
    assert left() == set()
    assert published.record()["pins"] == {}


def test_a_redirection_is_followed(offer, huedot):
    offer("moved")
    assert huedot("weights", "fetch", "siggraph17")[0] == 0


def test_what_cannot_be_had_is_named(server, offer, huedot, monkeypatch, tmp_path):
    offer("gone")
    code, _, err = huedot("weights", "fetch", "siggraph17")
    assert code == 1
    assert "answered 404" in err
    monkeypatch.setattr(
        published, "manifest", lambda: [published.Published("a.pth", "siggraph17", "http://127.0.0.1:9/", "", "")]
    )
    code, _, err = huedot("weights", "fetch", "siggraph17")
    assert code == 1
    assert "http://127.0.0.1:9/: Connection refused. Fetch again" in err
    assert huedot("weights", "fetch", "eccv16")[0] == 2
    with filelock.FileLock(files.weights_folder() / published.LOCK):
        code, _, err = huedot("weights", "fetch", "siggraph17")
    assert code == 1
    assert "Another command is writing" in err
    (tmp_path / "file").touch()
    monkeypatch.setenv("HUEDOT_WEIGHTS", str(tmp_path / "file"))
    assert huedot("weights", "fetch", "siggraph17")[0] == 2


def test_a_file_is_imported_listed_verified_and_found_damaged(server, offer, huedot, weights, tmp_path):
    code, out, err = huedot("weights", "import", weights)
    assert code == 0, err
    assert "--model siggraph17" in out
    assert server.asked == []
    rows = {row["name"]: row["state"] for row in json.loads(huedot("weights", "list", "--json")[1])}
    assert rows == {"huedot": "shipped", "siggraph17": "installed", "mine.pth": "published"}
    code, out, _ = huedot("weights", "verify")
    assert code == 0
    assert "as shipped" in out
    assert "as installed" in out
    with files.find("siggraph17").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    code, _, err = huedot("weights", "verify", "siggraph17")
    assert code == 1
    remedy = "Get them by huedot weights fetch siggraph17, or from a file you have by huedot weights import FILE."
    assert remedy in err
    assert huedot("weights", "import", weights, "--mask-center", "0")[0] == 0
    assert loading.read_weights(files.find("siggraph17"))[1]["mask_center"] == "0.0"


def test_a_broken_copy_of_a_published_file_is_not_imported(server, offer, huedot, weights):
    offer(prefix="df00044c")
    code, _, err = huedot("weights", "import", weights)
    assert code == 2
    assert "but mine.pth has df00044c" in err
    assert left() == set()


def test_a_file_that_is_not_there_is_not_imported(huedot, tmp_path, monkeypatch):
    monkeypatch.setenv("HUEDOT_WEIGHTS", str(tmp_path / "weights"))
    code, _, err = huedot("weights", "import", tmp_path / "nothere.pth")
    assert code == 2
    assert "nothere.pth is missing. Check the path, or see by huedot weights list" in err


@pytest.mark.parametrize("writes", range(4))
def test_an_installation_that_is_cut_leaves_weights_that_are_known(writes, offer, huedot, weights, monkeypatch):
    """Cut before any of its four writes: the conversion, the record, the weights, and the record again."""
    assert huedot("weights", "import", weights)[0] == 0
    replace, done = Path.replace, []

    def cut(path, target):
        if len(done) == writes:
            raise KeyboardInterrupt
        done.append(target)
        return replace(path, target)

    again = ("weights", "import", weights, "--mask-center", "0")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", cut)
        assert huedot(*again)[0] == 130
    code, _, err = huedot("weights", "verify", "siggraph17")
    assert code == 0, err
    assert left() == INSTALLED
    assert huedot(*again)[0] == 0
    assert huedot("weights", "verify", "siggraph17")[0] == 0
    assert set(published.record()["installed"]["siggraph17"]) == {"source", "source_sha256", "sha256"}


@pytest.mark.parametrize("length", [None, "", "many"])
def test_a_server_that_sends_too_much_is_left(length, server, offer, huedot):
    offer(megabytes=1)
    server.length = length
    code, _, err = huedot("weights", "fetch", "siggraph17")
    assert code == 1
    assert f"{server.address}/mine.pth sends more than the 9 MB that mine.pth may have. Try another" in err
    assert err.count("\n") == 1
    assert left() == set()


@pytest.mark.parametrize("length", ["", "many", "-5", "9" * 5000])
def test_a_length_that_is_no_number_is_not_believed(length, server, offer, huedot):
    server.length = length
    code, _, err = huedot("weights", "fetch", "siggraph17")
    assert code == 0, err
    assert left() == INSTALLED


def test_the_manifest_knows_the_shipped_weights():
    path = files.find("huedot")
    assert published.sha256(path) == published.sha256_of("huedot"), "write the new checksum into weights/manifest.toml"
    assert {file.model for file in published.manifest()} == set(files.MODELS) - {"huedot"}


def test_a_download_that_finds_no_room_goes_on_when_there_is(server, offer, huedot):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # What the system lets a file have, as a full disk would.
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, hard))
    try:
        code, _, err = huedot("weights", "fetch", "siggraph17")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == 2
    assert "mine.pth cannot be written: File too large. Check the folder and the free space" in err
    assert left() == {"downloads/mine.pth", "downloads/mine.pth.tag"}
    assert huedot("weights", "fetch", "siggraph17")[0] == 0
    assert server.asked == [None, f"bytes={HALF}-"]
    assert left() == INSTALLED
