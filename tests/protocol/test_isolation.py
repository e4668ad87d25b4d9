"""The package as editors have it: copied under another name, into an old Python without third-party modules."""

import shutil
import subprocess
from pathlib import Path

import msgpack
import pytest

import huedot.protocol

# A request and its answer in a Python that has the standard library only.
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
for name in ("zmq", "msgpack", "numpy", "torch", "huedot"):
    sys.modules[name] = None
import importlib, pathlib
for path in pathlib.Path(sys.argv[1], "elsewhere").glob("*.py"):
    importlib.import_module("elsewhere." + path.stem)
from elsewhere.client import Client
with Client("isolated", "0", launch=False) as client:
    client.ping()
    print(sys.version_info[:2], client.connect()["instance"])
roots = {name.partition(".")[0] for name, module in sys.modules.items() if module is not None}
assert roots <= {*sys.stdlib_module_names, "elsewhere", "__main__"}, roots
"""


@pytest.fixture
def python310(monkeypatch):
    # Where pyenv provides it.
    monkeypatch.setenv("PYENV_VERSION", "3.10")
    found = shutil.which("python3.10")
    if not found or subprocess.run([found, "-V"], capture_output=True).returncode:
        pytest.skip("there is no python3.10")
    return found


@pytest.fixture
def copied(tmp_path):
    """The package's copy as the installer makes it, with msgpack's pure-Python codec inside."""
    source = Path(huedot.protocol.__file__).parent
    shutil.copytree(source, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("__pycache__"))
    codec = tmp_path / "elsewhere" / "_msgpack"
    shutil.copytree(
        Path(msgpack.__file__).parent, codec, ignore=lambda folder, names: {n for n in names if n[-3:] != ".py"}
    )
    return tmp_path


def test_a_copy_talks_to_the_daemon_from_bare_python_3_10(python310, copied, start):
    start()
    words = [python310, "-I", "-S", "-W", "error", "-c", SCRIPT, str(copied)]
    result = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert (result.stdout, result.stderr) == ("(3, 10) one\n", "")
