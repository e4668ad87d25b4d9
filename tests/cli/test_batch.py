"""A folder of photographs: resumed where it ended, with an account of each, by a daemon, this process, or Dask."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from huedot.daemon.files import batch
from huedot.protocol.errors import DaemonUnreachable

COMMAND = [sys.executable, "-m", "huedot.daemon.cli"]


@pytest.fixture
def archive(tmp_path, monkeypatch, picture):
    """A folder in whose folders are five photographs, of which one is damaged, and other files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    folder = tmp_path / "archive"
    (folder / "1920").mkdir(parents=True)
    image = Image.fromarray(picture)
    for name in ("a.png", "1920/a.png", "1920/b.jpg", "c.bmp"):
        image.save(folder / name)
    (folder / "1920/cut.jpg").write_bytes((folder / "1920/b.jpg").read_bytes()[:600])
    (folder / "notes.txt").write_text("no photograph")
    return folder


RESULTS = {"a.png", "1920/a.png", "1920/b.jpg", "c.bmp.png"}


def results(folder):
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(batch.REPORT)
    }


def finished(folder):
    """What is there for good: names that a photograph's result has, not one that is being written."""
    return {path.relative_to(folder) for path in folder.rglob("[!.]*.*") if not path.name.startswith(batch.REPORT)}


def rows(folder):
    with (folder / f"{batch.REPORT}.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def test_all_but_the_damaged_are_colored_and_the_same_command_resumes(archive, huedot, tiny_weights, tmp_path):
    asked = ("colorize", archive, "-o", "out", "--no-daemon", "--model", tiny_weights)
    code, out, err = huedot(*asked)
    assert (code, err.count("\n")) == (1, 1)
    assert "cut.jpg" in err
    assert out.startswith("4 colored, 0 were there before, 1 failed")
    first = results(tmp_path / "out")
    assert set(first) == RESULTS
    assert {(row["state"], row["message"] != "") for row in rows(tmp_path / "out")} == {
        ("done", False),
        ("failed", True),
    }
    alone = huedot("colorize", archive / "a.png", "-o", "alone.png", "--no-daemon", "--model", tiny_weights)
    assert alone[0] == 0
    assert np.array_equal(Image.open("alone.png"), Image.open("out/a.png"))
    (tmp_path / "out/a.png").unlink()
    # A whole copy was found.
    Image.open(archive / "1920/b.jpg").save(archive / "1920/cut.jpg")
    code, out, err = huedot(*asked, "--json")
    account = json.loads(out)
    assert (code, err, account["done"], account["earlier"], account["failed"]) == (0, "", 2, 3, 0)
    second = results(tmp_path / "out")
    assert {name for name in first if first[name] == second[name]} == RESULTS - {"a.png"}
    assert json.loads((tmp_path / f"out/{batch.REPORT}.json").read_text()) == account


def test_results_of_other_settings_are_not_mixed(archive, huedot, tiny_weights, tmp_path):
    asked = ("colorize", archive, "-o", "out", "--no-daemon", "--model", tiny_weights)
    huedot(*asked)
    before = results(tmp_path / "out")
    code, _, err = huedot(*asked, "--saturation", "0.5")
    assert (code, err.count("\n")) == (2, 1)
    assert "--again" in err
    assert results(tmp_path / "out") == before
    huedot(*asked, "--saturation", "0.5", "--again")
    after = results(tmp_path / "out")
    assert all(after[name] != before[name] for name in RESULTS)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("archive",), "-o FOLDER"),
        (("archive", "-o", "archive"), "archive"),
        (("archive", "-o", "out.png"), "-o FOLDER"),
        (("archive", "-o", "out", "--hints", "dots.json"), "--hints"),
        (("archive", "-o", "out", "--histogram", "missing.jpg"), "missing.jpg"),
        (("archive", "-o", "archive/a.png/out"), "a.png"),
        (("archive", "-o", "out", "--model", "missing.safetensors"), "missing.safetensors"),
        (("empty", "-o", "out"), "empty"),
        (("archive/a.png", "-o", "out.png", "--again"), "--again"),
        (("archive/a.png", "-o", "out.png", "--cluster", "2"), "--cluster"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(words, named, archive, huedot, tmp_path):
    (tmp_path / "empty").mkdir()
    code, out, err = huedot("colorize", *words, "--no-daemon")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert named in err
    assert results(tmp_path / "out") == {}


def test_results_within_the_folder_are_not_colored_again(archive, huedot, tiny_weights):
    asked = ("colorize", "archive", "-o", "archive/colored", "--no-daemon", "--model", tiny_weights)
    huedot(*asked)
    code, out, _ = huedot(*asked)
    assert (code, out.split(",")[:2]) == (1, ["0 colored", " 4 were there before"])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_text_is_reported_and_found_again(archive, huedot, tiny_weights, tmp_path):
    name = os.fsdecode(b"gr\xfc\xdfe.png")
    (archive / "a.png").rename(archive / name)
    asked = ("colorize", archive, "-o", "out", "--no-daemon", "--model", tiny_weights)
    for done, earlier in ((4, 0), (0, 4)):
        code, out, err = huedot(*asked)
        assert (code, err.count("\n")) == (1, 1)
        assert out.startswith(f"{done} colored, {earlier} were there before, 1 failed")
        account = json.loads((tmp_path / f"out/{batch.REPORT}.json").read_text(encoding="utf-8"))
        for reported in (rows(tmp_path / "out"), account["photographs"]):
            assert str(archive / name) in {row["photograph"] for row in reported}
            assert str(tmp_path / "out" / name) in {row["output"] for row in reported}
    # The report names it as HueDot's.
    assert huedot(*asked, "--again")[1].startswith("4 colored")
    assert name.encode(errors="surrogateescape") in (tmp_path / f"out/{batch.REPORT}.csv").read_bytes()


def test_no_two_results_have_one_name(archive, huedot, tiny_weights, picture, tmp_path):
    (archive / "1920/cut.jpg").unlink()
    Image.fromarray(255 - picture).save(archive / "c.bmp.png")
    asked = ("colorize", archive, "-o", "out", "--no-daemon", "--model", tiny_weights)
    names = {}
    for run in range(2):
        account = json.loads(huedot(*asked, "--json")[1])
        assert (account["done"], account["earlier"]) == ((5, 0) if run == 0 else (0, 5))
        names[run] = {row["photograph"]: row["output"] for row in account["photographs"]}
    assert names[0] == names[1]
    assert len(set(names[0].values())) == 5
    assert names[0][str(archive / "c.bmp.png")] == str(tmp_path / "out/c.bmp.png")
    assert names[0][str(archive / "c.bmp")] == str(tmp_path / "out/c.bmp.2.png")
    assert set(results(tmp_path / "out")) == RESULTS | {"c.bmp.2.png"}


def test_names_that_differ_in_capitals_alone_are_kept_apart(tmp_path):
    found = ["A/x.PNG", "A/x.bmp", "A/x.bmp.2.png", "A/x.bmp.png", "A/x.png", "b/x.png"]
    for name in found:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    if len(list(tmp_path.glob("in/*/*"))) < len(found):
        pytest.skip("this disk does not tell capitals apart")
    todo = batch.tasks(tmp_path / "in", tmp_path / "out", batch.BatchSettings())
    assert [os.path.relpath(task.photograph, tmp_path / "in") for task in todo] == found
    made = [os.path.relpath(task.output, tmp_path / "out") for task in todo]
    assert made == ["A/x.PNG", "A/x.bmp.3.png", "A/x.bmp.2.png", "A/x.bmp.png", "A/x.2.png", "b/x.png"]


def test_again_replaces_no_file_that_huedot_did_not_make(archive, huedot, tiny_weights, tmp_path):
    (archive / "1920/cut.jpg").unlink()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.png").write_bytes(b"a picture of the user's own")
    asked = ("colorize", archive, "-o", "out", "--no-daemon", "--model", tiny_weights)
    assert huedot(*asked)[1].startswith("3 colored, 1 were there before, 0 failed")
    (tmp_path / "out/1920/b.jpg").unlink()
    # And the report does not forget.
    for _ in range(2):
        before = results(tmp_path / "out")
        code, out, err = huedot(*asked, "--again")
        assert (code, err.count("\n")) == (1, 1)
        assert f"{tmp_path / 'out/a.png'} is not replaced" in err
        assert out.startswith("3 colored, 0 were there before, 1 failed")
        assert (tmp_path / "out/a.png").read_bytes() == b"a picture of the user's own"
        after = results(tmp_path / "out")
        assert {name for name in RESULTS if before.get(name) == after[name]} == {"a.png"}


def test_what_a_killed_batch_made_is_known_by_its_table(archive, huedot, tiny_weights, tmp_path):
    (archive / "1920/cut.jpg").unlink()
    asked = ("colorize", archive, "-o", "out", "--no-daemon", "--model", tiny_weights)
    huedot(*asked)
    report = tmp_path / f"out/{batch.REPORT}.json"
    # It is as it began.
    report.write_text(json.dumps({**json.loads(report.read_text()), "made": [], "photographs": []}))
    table = tmp_path / f"out/{batch.REPORT}.csv"
    # In the middle of the last line.
    table.write_bytes(table.read_bytes()[:-80])
    code, out, err = huedot(*asked, "--again")
    assert (code, out.split(":")[0]) == (1, "3 colored, 0 were there before, 1 failed")
    assert "c.bmp.png is not replaced" in err
    report.write_text("no report")
    table.unlink()
    assert huedot(*asked, "--again")[1].startswith("0 colored, 0 were there before, 4 failed")


def test_killed_in_the_middle_it_goes_on_where_it_was(archive, huedot, tiny_weights, picture, tmp_path):
    for number in range(8):
        Image.fromarray(picture).save(archive / f"n{number}.png")
    asked = ("colorize", str(archive), "-o", "out", "--no-daemon", "--model", str(tiny_weights))
    with subprocess.Popen([*COMMAND, *asked], stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not finished(tmp_path / "out"):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    before = finished(tmp_path / "out")
    assert len(before) < 12
    account = json.loads(huedot(*asked, "--json")[1])
    assert (account["done"] + account["earlier"], account["failed"]) == (12, 1)
    assert account["earlier"] == len(before)
    for row in account["photographs"]:
        if row["state"] != "failed":
            Image.open(row["output"]).load()


class Client:
    """A client whose daemon cannot be had for some photographs."""

    def __init__(self, *bad):
        self.bad = bad

    def open_image(self, *_):
        raise DaemonUnreachable("The daemon is gone.")


def test_without_any_daemon_it_gives_up(archive, tmp_path):
    todo = batch.tasks(archive, tmp_path / "out", batch.BatchSettings())
    rows = batch.one_by_one(Client(), [task for task in todo if "cut" not in task.photograph])
    assert [next(rows).state for _ in range(batch.GIVE_UP - 1)] == ["failed"] * (batch.GIVE_UP - 1)
    with pytest.raises(DaemonUnreachable):
        next(rows)


def test_a_local_cluster_of_two_makes_the_same_pictures(archive, huedot, tiny_weights, tmp_path):
    pytest.importorskip("distributed")
    common = ("--model", str(tiny_weights))
    huedot("colorize", archive, "-o", "here", "--no-daemon", *common)
    words = [*COMMAND, "colorize", str(archive), "-o", "there", "--cluster", "2", "--json", *common]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, env=os.environ)
    account = json.loads(done.stdout)
    assert (done.returncode, account["done"], account["failed"]) == (1, 4, 1), done.stderr
    assert set(results(tmp_path / "there")) == RESULTS
    for name in RESULTS:
        assert np.array_equal(Image.open(tmp_path / "here" / name), Image.open(tmp_path / "there" / name))


DEADLY = """
import os
from huedot.daemon.files import cluster
true_work = cluster.work
def work(task):
    return os._exit(1) if "c.bmp" in task.photograph else true_work(task)
"""
PROGRAM = """
import sys
from pathlib import Path
import deadly
from huedot.daemon.files import batch, cluster
cluster.work = deadly.work
if __name__ == "__main__":
    todo = batch.tasks(Path("archive").absolute(), Path("out").absolute(), batch.BatchSettings(sys.argv[1]))
    with cluster.workers_of("2") as workers:
        print(*sorted(f"{row.state} {Path(row.photograph).name}" for row in workers(todo)), sep="\\n")
"""


def test_a_worker_that_dies_is_one_failed_photograph(archive, tmp_path, tiny_weights, monkeypatch):
    """The photograph that kills its workers fails after Dask's own tries, and the others are colored."""
    pytest.importorskip("distributed")
    (tmp_path / "deadly.py").write_text(DEADLY)
    (tmp_path / "program.py").write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    words = [sys.executable, "program.py", str(tiny_weights)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=110)
    wanted = ["done a.png", "done a.png", "done b.jpg", "failed c.bmp", "failed cut.jpg"]
    assert done.stdout.splitlines() == wanted, done.stderr[-2000:]


def test_what_looks_like_a_photograph_and_is_not_read_is_counted_and_named(archive, huedot, tiny_weights, tmp_path):
    """Files of cameras and phones that no decoder here knows; one of a phone's that is a JPEG is colored."""
    (archive / "1920" / "b.jpg").rename(archive / "phone.heic")
    (archive / "raw.nef").write_bytes(b"\0" * 64)
    (archive / "fuji.raf").write_bytes(b"FUJIFILMCCD-RAW " + b"\0" * 64)
    code, out, err = huedot("colorize", archive, "-o", "colored", "--model", tiny_weights, "--no-daemon")
    # For cut.jpg.
    assert code == 1
    assert "not read, for the reasons in the report: fuji.raf, raw.nef." in err
    assert "4 colored, 0 were there before, 1 failed, 2 not read" in out
    unread = {row["photograph"]: row["message"] for row in rows(tmp_path / "colored") if row["state"] == "unread"}
    assert "raw data" in unread[str(archive / "fuji.raf")]
    assert (tmp_path / "colored" / "phone.heic.png").exists()
