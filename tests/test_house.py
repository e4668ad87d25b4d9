"""The rule of who may import whom (CONTRIBUTING.md), held by reading the imports."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from .report import LEFT_OUT

ROOT = Path(__file__).parent.parent
ROOMS = {
    "plugins/common": "huedot.protocol",
    "plugins/panel": "huedot.panel",
    "photographs": "huedot.photographs",
    "model": "huedot.model",
    "daemon": "huedot.daemon",
}
# Into each plugin.
COPIED = ("plugins/common", "plugins/panel")
SCRIPT = ROOT / "docs" / "make_rooms.py"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def modules(room):
    return sorted((ROOT / room).rglob("*.py"))


def imported(path):
    """Every module that a file imports, wherever in the file; relative ones with their dots."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def tops(path):
    return {name.partition(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", [path for room in COPIED for path in modules(room)], ids=str)
def test_what_plugins_copy_imports_the_standard_library_alone(path):
    third_party = tops(path) - sys.stdlib_module_names - {""}
    # Copied beside it when a plugin is installed.
    allowed = {"msgpack"} if path.name == "codec.py" else set()
    assert third_party <= allowed


@pytest.mark.parametrize("path", [path for room in COPIED for path in modules(room)], ids=str)
def test_what_plugins_copy_is_python_3_10(path):
    ast.parse(path.read_text(), feature_version=(3, 10))
    assert "tomllib" not in tops(path)


def test_only_the_server_and_the_client_import_zmq():
    importers = {str(p.relative_to(ROOT)) for room in ROOMS for p in modules(room) if "zmq" in tops(p)}
    assert importers == {"daemon/serving/server.py", "daemon/serving/client.py"}


def the_map():
    """The table of CONTRIBUTING.md: which folder may import what beside the standard library and itself."""
    rows = re.findall(r"^\| `([\w/]+)/` \|.*\| (.*) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.M)
    may = {}
    for folder, words in rows:
        named = set(re.findall(r"`([\w.]+)`", words))
        may[folder] = named | may.get(folder.rpartition("/")[0], set())
    return may


MAP = {folder: may for folder, may in the_map().items() if folder != "tests"}


def test_the_map_has_every_room():
    assert {*ROOMS, "weights", "plugins/krita", "plugins/gimp"} <= set(MAP)


@pytest.mark.parametrize("folder", MAP)
def test_the_map_is_true(folder):
    own = {"huedot." + folder.partition("/")[0], "huedot_gimp", "__future__"}
    used = set()
    for path in modules(folder):
        nearest = max((each for each in MAP if path.is_relative_to(ROOT / each)), key=len)
        if nearest == folder:
            used |= {name for name in imported(path) if name and not name.startswith(".")}
    used -= {name for name in used if name.partition(".")[0] in sys.stdlib_module_names}
    allowed = MAP[folder] | own
    assert {name for name in used if not any((name + ".").startswith(each + ".") for each in allowed)} == set()


@pytest.fixture(scope="module")
def script():
    """What draws the rooms from their imports."""
    spec = importlib.util.spec_from_file_location("make_rooms", SCRIPT)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_no_room_imports_from_one_above_it(script):
    order = script.rooms()
    assert order == list(MAP)
    upward = [
        (room, other)
        for room, others in script.arrows().items()
        for other in others
        if order.index(other) >= order.index(room)
    ]
    assert upward == []


def test_no_modules_import_each_other(script):
    # Raises CycleError, which names the circle.
    TopologicalSorter(script.imports()).prepare()


def test_the_drawing_of_the_rooms_is_current(script):
    assert script.DRAWING.read_text(encoding="utf-8") == script.drawing(), f"run python {SCRIPT.relative_to(ROOT)}"


def test_the_daemon_itself_needs_no_torch():
    """Only its child computes; so it starts quickly, and lives on when that crashes."""
    program = (
        "import sys, huedot.daemon.serving.server, huedot.daemon.computing.process; sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("path", modules("model/train"), ids=str)
def test_training_needs_no_more_than_torch_numpy_pillow_and_safetensors(path):
    assert tops(path) - sys.stdlib_module_names <= {"", "huedot", "torch", "numpy", "PIL", "safetensors"}


def test_training_runs_where_nothing_else_is_installed():
    program = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {
            'platformdirs', 'zmq', 'msgpack', 'skimage', 'filelock', 'psutil', 'rich', 'tifffile', 'imagecodecs'
        }:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nothing())
import huedot.model.train.loop
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_folder_of_code_is_packaged():
    folders = PROJECT["tool"]["setuptools"]["package-dir"]
    packaged = set()
    for name in PROJECT["tool"]["setuptools"]["packages"]:
        room = max((prefix for prefix in folders if name.startswith(prefix)), key=len)
        packaged.add(folders[room] + name.removeprefix(room).replace(".", "/"))
    rooms = (*ROOMS, "weights", "plugins/krita", "plugins/gimp")
    code = [path for room in rooms for path in (ROOT / room).rglob("__init__.py")]
    assert packaged == {str(path.parent.relative_to(ROOT)) for path in code}


@pytest.mark.parametrize("room", [*ROOMS, "plugins/krita", "plugins/gimp"])
def test_modules_stay_short(room):
    long = {str(p.relative_to(ROOT)) for p in modules(room) if len(p.read_text().splitlines()) > 400}
    assert long == set()


def test_every_folder_of_tests_is_run_or_left_out_aloud():
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").iterdir() if [*path.rglob("test_*.py")]}
    code |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").glob("test_*.py")}
    assert code == {*PROJECT["tool"]["pytest"]["ini_options"]["testpaths"], *LEFT_OUT}


def test_every_package_has_its_link():
    """src/ is where type checkers and editors find the import names."""
    linked = {path.name: path.resolve() for path in (ROOT / "src" / "huedot").iterdir()}
    folders = PROJECT["tool"]["setuptools"]["package-dir"].items()
    packages = {name.removeprefix("huedot."): (ROOT / folder).resolve() for name, folder in folders}
    assert linked | {name: packages[name] for name in ("krita", "gimp")} == packages


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_that_is_named_is_there(page):
    named = re.findall(r"`((?:[a-z_.-]+/)+[\w.-]+\.\w+)`", (ROOT / page).read_text(encoding="utf-8"))
    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []


def test_the_forge_runs_the_commands_for_who_has_no_make():
    """The workflow cannot run here; what it runs is what CONTRIBUTING.md tells people."""
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    (told,) = re.findall(r"```sh\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.S)
    assert all(f"- run: {line}\n" in workflow for line in told.splitlines()[2:])


def test_every_dependency_is_named_in_the_notices():
    notices = (ROOT / "NOTICES.md").read_text().lower()
    names = [re.match(r"[\w-]+", each)[0] for each in PROJECT["project"]["dependencies"]]
    assert [name for name in names if f"`{name}`" not in notices] == []


def test_the_citation_has_this_version():
    assert f"version: {PROJECT['project']['version']}\n" in (ROOT / "CITATION.cff").read_text()


def test_version_needs_neither_torch_nor_zmq():
    program = (
        "import sys; from huedot.daemon.cli import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: pass\n"
        "print({'torch', 'zmq', 'numpy', 'PIL'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[0].startswith("huedot ")
    assert out.splitlines()[-1] == "set()"
