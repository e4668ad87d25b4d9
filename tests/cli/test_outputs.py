"""What is there already is the user's; what is no file is refused at once; and a full disk leaves nothing behind."""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from huedot.daemon.files import written
from huedot.protocol.errors import FileError
from huedot.protocol.paths import write_whole

COMMAND = [sys.executable, "-m", "huedot.daemon.cli"]


@pytest.fixture
def colorize(huedot, photographs, tiny_weights):
    def run(*words, photo="a.png"):
        return huedot("colorize", photographs / photo, "--no-daemon", "--model", tiny_weights, *words)

    return run


@pytest.mark.parametrize("words", [(), ("-o", "chosen.png")])
def test_another_ones_file_is_not_replaced_without_force(words, colorize, photographs, monkeypatch):
    monkeypatch.chdir(photographs)
    output = photographs / (words[1] if words else "a-colored.png")
    Image.new("RGB", (9, 9), (1, 2, 3)).save(output)
    before = output.read_bytes()
    code, out, err = colorize(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--force" in err
    assert output.read_bytes() == before
    assert colorize(*words, "--force")[0] == 0
    assert output.read_bytes() != before
    # It is HueDot's now.
    assert colorize(*words)[0] == 0


def test_a_result_that_was_retouched_is_the_users(colorize, photographs):
    assert colorize()[0] == 0
    picture = np.array(Image.open(photographs / "a-colored.png"))
    picture[3, 3] += 1
    Image.fromarray(picture).save(photographs / "a-colored.png")
    assert colorize()[0] == 2


def test_a_link_and_a_pipe_are_not_replaced_either(colorize, photographs):
    (photographs / "a-colored.png").symlink_to("nowhere.png")
    assert colorize()[0] == 2
    (photographs / "a-colored.png").unlink()
    os.mkfifo(photographs / "a-colored.png")
    assert colorize()[0] == 2


def test_variations_replace_nothing_of_the_users(huedot, photographs, tiny_weights):
    words = ("variations", photographs / "a.png", "--no-daemon", "--model", tiny_weights, "-n", "2", "-o", photographs)
    (photographs / "variation-2.json").write_text("[]")
    assert huedot(*words)[0] == 2
    assert {path.name for path in photographs.iterdir()} == {"a.png", "b.jpg", "variation-2.json"}
    assert huedot(*words, "--force")[0] == 0
    assert huedot(*words)[0] == 0


def test_a_folder_has_no_force(huedot, photographs, tmp_path):
    code, _, err = huedot("colorize", photographs, "-o", tmp_path / "out", "--force")
    assert (code, "--again" in err) == (2, True)


def test_no_name_is_kept_and_not_too_many_hashes(tmp_path, monkeypatch):
    monkeypatch.setattr(written, "KEPT", 10)
    for i in range(40):
        path = tmp_path / f"secret-{i}.png"
        path.write_bytes(bytes([i]))
        written.note(path)
        written.check(path)
    text = written.record().read_text()
    assert "secret" not in text
    assert len(text.splitlines()) <= 20
    with pytest.raises(FileError):
        written.check(tmp_path / "secret-0.png")


@pytest.fixture(params=["a pipe", "a socket", "a device", "a folder"])
def special(request):
    with tempfile.TemporaryDirectory(prefix="hd-") as folder:
        path = Path(folder) / "no-file.png"
        if request.param == "a pipe":
            os.mkfifo(path)
        elif request.param == "a socket":
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(str(path))
        elif request.param == "a device":
            path.symlink_to("/dev/zero")
        else:
            path.mkdir()
        yield path, request.param


@pytest.mark.parametrize("option", ["PHOTO", "--hints", "--histogram"])
def test_what_is_no_file_is_refused_at_once(option, special, photographs, tiny_weights):
    path, kind = special
    given = [path] if option == "PHOTO" else [photographs / "a.png", option, path]
    words = [*COMMAND, "colorize", *given, "--no-daemon", "--model", tiny_weights]
    if option == "PHOTO":
        words += ["-o", photographs / "out.png"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert kind in done.stderr


def test_so_are_dots_and_weights(huedot, photographs, tmp_path):
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    assert huedot("colorize", photographs / "a.png", "--no-daemon", "--hints", pipe)[0] == 2
    assert huedot("weights", "import", pipe)[0] == 2


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    (tmp_path / "result.png").write_bytes(b"before")
    program = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from huedot.protocol.paths import write_whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_whole(Path(sys.argv[1]), bytes(5000))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "result.png")], capture_output=True, check=False
    )
    assert b"cannot be written" in done.stderr
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("result.png", b"before")]


def test_nor_does_a_batch(photographs, tmp_path, tiny_weights):
    """A report that grows beyond what the disk takes."""
    out = tmp_path / "out"
    program = (
        "import resource, signal, sys\n"
        "from huedot.daemon.cli import main\n"
        "from huedot.daemon.files import batch\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "true = batch.Account.write\n"
        "def write(self):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))\n"
        "    true(self)\n"
        "batch.Account.write = write\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    words = ["colorize", photographs, "-o", out, "--no-daemon", "--model", tiny_weights]
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert not [path.name for path in out.iterdir() if path.name.startswith(".huedot-")]


def test_a_whole_file_has_the_rights_of_any_other(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    write_whole(tmp_path / "ours", b"x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


LIMITED = """
import resource, sys
import torch, huedot.model, huedot.daemon.computing.local, PIL.Image
from huedot.daemon.cli import main
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (int(sys.argv[1]) << 20),) * 2)
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS is of Linux")
@pytest.mark.parametrize("megabytes", [40, 120, 250, 400])
def test_short_of_memory_is_an_error_of_ours(megabytes, tmp_path, tiny_weights):
    Image.fromarray(np.zeros((5000, 7000), np.uint8)).save(tmp_path / "large.png")
    words = ["colorize", tmp_path / "large.png", "--no-daemon", "--model", tiny_weights]
    command = [sys.executable, "-c", LIMITED, str(megabytes), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    assert done.returncode in (1, 2)
    assert done.stderr.count("\n") == 1
    assert "memory" in done.stderr
