"""The thread that asks the daemon."""

import time

from huedot.protocol.client import Client
from huedot.protocol.panel.courier import Courier


def test_an_errand_counts_as_asked_until_its_outcome_is_collected():
    courier, got = Courier(Client("tests", "1", launch=False)), []
    courier.ask("colorize", lambda client: 7, got.append, got.append)
    deadline = time.monotonic() + 10
    while not courier._done:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    assert courier.asked("colorize")
    assert not courier.asked("palette")
    courier.collect()
    assert got == [7]
    assert not courier.asked("colorize")
    courier.close()
