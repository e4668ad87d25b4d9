"""The queue goes on whatever happens to what it has computed."""

import threading
import time

import pytest

from huedot.daemon.computing.exchange import Answer, ComputingOptions
from huedot.daemon.computing.process import ComputingProcess
from huedot.daemon.serving.worker import Job, Worker
from huedot.protocol.errors import Busy
from huedot.protocol.messages import Request, parse_request

GAMUT = {"id": "1", "op": "gamut", "lightness": 50, "size": 16}


class Unlucky(ComputingProcess):
    """Fails at load, and at rest, in a way that nobody foresaw."""

    def __init__(self):
        super().__init__(ComputingOptions())
        self.resting, self.may_rest = threading.Event(), threading.Event()

    def warm_up(self, show):
        raise RuntimeError("CUDA error: initialization error")

    def rest(self):
        self.resting.set()
        self.may_rest.wait(10)
        raise OSError("no more descriptors")

    def answer(self, request, show):
        return Answer({"size": 16})


@pytest.fixture
def worker():
    got = []
    computing = Unlucky()
    worker = Worker(computing, lambda job, kind, fields, frames: got.append(kind), 8, 0.0)
    worker.start()
    yield worker, computing, got
    computing.may_rest.set()
    worker.stop(5)


def ask(worker, got):
    before, deadline = len(got), time.monotonic() + 10
    worker.submit(Job(b"peer", parse_request(GAMUT, [])))
    while len(got) == before:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return got[-1]


def test_requests_are_answered_after_the_network_could_not_be_loaded(worker):
    assert ask(worker[0], worker[2]) == "result"


def test_what_waits_is_bounded_in_bytes_too(worker, monkeypatch):
    worker, computing, got = worker
    monkeypatch.setattr("huedot.daemon.serving.worker.WAITING_BYTES", 250)
    # Nothing is taken from the queue meanwhile.
    assert computing.resting.wait(10)
    picture = {"id": "1", "op": "histogram", "histogram": "0" * 64, "width": 10, "height": 10, "channels": 1}
    jobs = [Job(b"peer", Request("1", "histogram", picture, [memoryview(bytes(100))])) for _ in range(3)]
    for job in jobs[:2]:
        worker.submit(job)
    with pytest.raises(Busy):
        worker.submit(jobs[2])
    computing.may_rest.set()
    assert ask(worker, got) == "result"


def test_a_process_that_hangs_at_rest_keeps_nobody_who_submits(worker):
    worker, computing, got = worker
    assert computing.resting.wait(10)
    # Returns at once, and is answered when the rest is over.
    worker.submit(Job(b"peer", parse_request(GAMUT, [])))
    assert worker.cancel(lambda job: False) == ([], False)
    computing.may_rest.set()
    assert ask(worker, got) == "result"
