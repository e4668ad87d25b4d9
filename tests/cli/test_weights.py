"""`huedot weights`, against a real HTTP server."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch

from huedot.daemon import published
from huedot.model import loading
from huedot.model.networks.siggraph17 import LocalHints


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "mine.pth"
    torch.save({name: torch.zeros(t.shape, dtype=t.dtype) for name, t in LocalHints().state_dict().items()}, path)
    return path


@pytest.fixture
def server(weights, monkeypatch, tmp_path):
    """Serves one file as siggraph17's; `cut` is where the next answer stops, `ranges` what was asked for."""
    content = weights.read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            server.ranges.append(asked)
            if self.path != "/mine.pth":
                self.send_error(404)
                return
            begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(content) - begin))
            self.end_headers()
            self.wfile.write(content[begin : server.cut])
            server.cut = None

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.ranges, server.cut = [], None
    server.digest = hashlib.sha256(content).hexdigest()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("HUEDOT_WEIGHTS", str(tmp_path / "weights"))
    server.offer = lambda name="mine.pth", prefix="": monkeypatch.setattr(
        published,
        "manifest",
        lambda: [
            published.Published(
                "mine.pth", "siggraph17", f"http://127.0.0.1:{server.server_port}/{name}", "MIT", "", prefix, 0.0
            )
        ],
    )
    server.offer()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_cut_download_goes_on_and_is_pinned_on_first_use(server, huedot):
    server.cut = 1_000_000
    code, _, err = huedot("weights", "fetch", "siggraph17")
    assert code == 1
    assert "what has come is kept" in err
    assert not (loading.weights_folder() / "siggraph17.safetensors").exists()
    code, out, _ = huedot("weights", "fetch", "siggraph17", "--json")
    assert code == 0
    assert json.loads(out) == {"model": "siggraph17", "file": "mine.pth", "sha256": server.digest, "pinned_now": True}
    assert server.ranges == [None, "bytes=1000000-"]
    left = {path.name for path in loading.weights_folder().iterdir()}
    assert left == {"siggraph17.safetensors", published.RECORD}
    path = loading.find("siggraph17")
    with path.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    code, _, err = huedot("weights", "verify", "siggraph17")
    assert code == 1
    assert "huedot weights fetch mine.pth" in err


def test_a_wrong_checksum_installs_nothing(server, huedot):
    server.offer(prefix="df00044c")
    code, _, err = huedot("weights", "fetch", "mine.pth")
    assert code == 2
    assert f"sha256 {server.digest}, not df00044c" in err
    assert list(loading.weights_folder().iterdir()) == []


def test_a_missing_page_and_a_folder_that_cannot_be_made_are_named(server, huedot, monkeypatch, tmp_path):
    server.offer("gone")
    code, _, err = huedot("weights", "fetch", "siggraph17")
    assert code == 1
    assert "answered 404" in err
    (tmp_path / "file").touch()
    monkeypatch.setenv("HUEDOT_WEIGHTS", str(tmp_path / "file"))
    assert huedot("weights", "fetch", "siggraph17")[0] == 2


def test_a_file_is_imported_listed_and_verified(server, huedot, weights):
    code, out, err = huedot("weights", "import", weights)
    assert code == 0, err
    assert "--model siggraph17" in out
    rows = {row["name"]: row["state"] for row in json.loads(huedot("weights", "list", "--json")[1])}
    assert rows == {"huedot": "shipped", "siggraph17": "installed", "mine.pth": "fetchable"}
    code, out, _ = huedot("weights", "verify")
    assert code == 0
    assert "siggraph17: checksum as recorded, from mine.pth" in out
