"""Each fault is injected into a real daemon; afterwards it answers a normal request (the fixture sees to that)."""

import itertools
import os
import random
import signal
import threading
import time
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huedot.protocol import wire
from huedot.protocol.client import PING_AFTER_S, Client
from huedot.protocol.endpoint import find_endpoint
from huedot.protocol.errors import DaemonUnreachable
from huedot.protocol.messages import OPERATIONS, Hints
from huedot.protocol.session import Session
from huedot.protocol.zmtp import ZmtpTransport

from ..daemon.conftest import wait_until
from .conftest import DOT, MiB, Peak, Pings, State, answer, milliseconds, opened, photograph


def test_killed_in_the_middle_of_a_request(daemon, connect, figure):
    """The client knows at once, by the connection that closes."""
    session = connect()
    image = opened(session, width=800, height=600)
    session.send("1", "variations", {"image": image})
    began = time.perf_counter()
    daemon.process.send_signal(signal.SIGKILL)
    with pytest.raises(DaemonUnreachable):
        answer(session, "1")
    taken = milliseconds(began)
    daemon.process.wait()
    assert taken < 1000 * PING_AFTER_S, "it is the ping that found out"
    figure("killed -9 in the middle of a request", f"the client knew after {taken:.1f} ms")


def test_a_plugin_outlives_its_daemon(daemon, figure):
    """The next request goes to the new daemon, and the image along with it: the same pixels."""
    with Client("tests", "1", launch=False) as client:
        image = client.open_image(photograph(), 64, 48, 1)
        before = client.colorize(image, Hints(dots=[DOT])).tiles[0].pixels.tobytes()
        daemon.kill()
        daemon.start()
        began = time.perf_counter()
        after = client.colorize(image, Hints(dots=[DOT])).tiles[0].pixels.tobytes()
        figure("restarted under an open plugin", f"same pixels after {milliseconds(began):.0f} ms, image sent again")
    assert after == before


def test_stopped_and_continued(daemon, connect, figure):
    """What was asked meanwhile is answered, each reply with its own id."""
    session = connect()
    image = opened(session)
    os.kill(daemon.process.pid, signal.SIGSTOP)
    try:
        session.send("late", "colorize", {"image": image})
        session.send("ping", "ping", {})
        assert session.receive(0.5) is None
    finally:
        os.kill(daemon.process.pid, signal.SIGCONT)
    began = time.perf_counter()
    session.send("next", "ping", {})
    assert answer(session, "next").kind == "result"
    figure(
        "stopped and continued", f"answered {milliseconds(began):.0f} ms after it went on; late replies keep their ids"
    )


def mutated(rng, header):
    """Return the bytes of a header that is almost right."""
    data = bytearray(header)
    for _ in range(rng.randint(1, 6)):
        kind = rng.randrange(4)
        at = rng.randrange(len(data))
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at:at] = rng.randbytes(rng.randint(1, 8))
        elif kind == 2:
            del data[at : at + rng.randint(1, 8)]
        else:
            data[at:] = rng.randbytes(rng.randint(0, 30))
        data = data or bytearray(b"\xc0")
    return bytes(data)


def test_ten_thousand_malformed_messages(daemon, connect, figure):
    """One after the other, each answered, or refused so that the client has to say hello again."""
    session, rng, cases = connect(), random.Random(0), 10_000
    image = opened(session)
    ops = [name for name in OPERATIONS if name not in ("shutdown", "variations", "suggest")]
    before, began = State(daemon), time.perf_counter()
    kinds = Counter()
    for i in range(cases):
        fields = {"id": str(i), "op": rng.choice(ops), "image": image, "x": 3, "y": 4, "dots": [DOT], "frames": []}
        header = mutated(rng, wire.pack_header({**fields, "seq": i + 10}))
        session._transport.send([b"", header, *[rng.randbytes(9)] * rng.choice([0, 0, 0, 1])])
        reply = wire.unpack_header(session._transport.receive(10)[1])
        kinds[reply.get("code", reply["kind"])] += 1
        if reply.get("code") == "unauthorized":
            session.close()
            session = connect()
    after = State(daemon)
    assert kinds["bad_request"] > cases / 2
    assert kinds["internal"] == 0
    assert after.memory - before.memory < 10 * MiB
    grown = (after.memory - before.memory) / MiB
    figure(
        f"{cases:,} malformed messages", f"{dict(kinds)}; {milliseconds(began) / cases:.2f} ms each, {grown:+.1f} MiB"
    )


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=70)
    | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
RIGHT = {
    "x": 3,
    "y": 4,
    "k": 9,
    "n": 2,
    "size": 16,
    "lightness": 50,
    "width": 2,
    "height": 2,
    "channels": 1,
    "side": 16,
}
SAID = {"result", "bad_request", "bad_argument", "too_large", "image_unknown", "weights_missing", "busy"}


@st.composite
def wrong_requests(draw):
    """Return a request whose fields are known, and some of whose values are of any type, depth or size."""
    op = draw(st.sampled_from(sorted(set(OPERATIONS) - {"shutdown", "hello"})))
    operation = OPERATIONS[op]
    names = [*operation.required, *operation.optional]
    wrong = draw(st.sets(st.sampled_from(names), min_size=1, max_size=3)) if names else set()
    right = {name: RIGHT[name] for name in operation.required if name in RIGHT and name not in wrong}
    return {"op": op, **right, **{name: draw(VALUES) for name in sorted(wrong)}}


def test_two_thousand_requests_of_wrong_values(daemon, connect, figure):
    """Well-formed, with fields of any type, depth and size: each gets one answer, with a code that is documented."""
    session, kinds = connect(), Counter()
    image, numbers, before = opened(session), itertools.count(), State(daemon)

    @settings(max_examples=2000, deadline=None, database=None, derandomize=True)
    @given(wrong_requests())
    def ask(fields):
        identity, needs_image = f"w{next(numbers)}", "image" in OPERATIONS[fields["op"]].required
        sent = {"image": image} if needs_image and "image" not in fields else {}
        session.send(identity, fields["op"], {**sent, **{k: v for k, v in fields.items() if k != "op"}})
        reply = answer(session, identity)
        said = reply.fields.get("code", reply.kind)
        assert said in SAID, reply
        kinds[said] += 1

    ask()
    grown = (State(daemon).memory - before.memory) / MiB
    assert kinds["bad_argument"] > 200
    assert grown < 64
    figure(f"{sum(kinds.values()):,} requests of wrong values", f"{dict(kinds)}, {grown:+.1f} MiB")


def test_a_thousand_clients_at_once(daemon, figure):
    """Each is answered or told `busy`; pings meanwhile; memory and descriptors come back."""
    endpoint, before = find_endpoint(), State(daemon)
    with Client("tests", "1", launch=False) as first:
        image = first.open_image(photograph(), 64, 48, 1)
    sessions = [Session(ZmtpTransport(endpoint.address), endpoint.key, "tests", "1") for _ in range(1000)]
    kinds = Counter()
    with Pings() as pings:
        for session in sessions:
            session.send("c", "colorize", {"image": image, "dots": [DOT]})
        for session in sessions:
            reply = answer(session, "c")
            kinds[reply.fields.get("code", reply.kind)] += 1
    for session in sessions:
        session.close()
    wait_until(lambda: State(daemon).descriptors <= before.descriptors + 5, 30)
    grown = (State(daemon).memory - before.memory) / MiB
    assert set(kinds) == {"result", "busy"}
    assert grown < 64
    figure("1,000 clients at once", f"{dict(kinds)}; {pings.check()}; {grown:+.0f} MiB, descriptors as before")


def test_a_client_that_never_reads(daemon, connect, figure):
    """What it does not read is held within bounds, nobody else waits for it, and it is dropped at last."""
    deaf = connect()
    image = opened(deaf, width=1000, height=1000)
    # pyzmq keeps a thread for pixels from the first large answer on.
    deaf.send("first", "colorize", {"image": image})
    answer(deaf, "first")
    before, peak = State(daemon), Peak(daemon)
    with Pings() as pings:
        for i in range(60):
            deaf.send(str(i), "colorize", {"image": image, "dots": [{**DOT, "x": i}], "key": str(i)})
        wait_until(lambda: "has read nothing" in daemon.read_said(), 60)
    most = peak.grown()
    deaf.close()
    wait_until(lambda: State(daemon).descriptors < before.descriptors)
    wait_until(lambda: State(daemon).memory < before.memory + 16 * MiB, 60)
    left = (State(daemon).memory - before.memory) / MiB
    assert most < 512
    figure(
        "a client that never reads",
        f"{pings.check()}; {most:+.0f} MiB at most, {left:+.0f} MiB once it was dropped and gone",
    )


def test_a_client_that_asks_much_and_reads_nothing(daemon, connect, figure):
    """60,000 pings, whose answers nobody reads: others are served, and it is dropped."""
    deaf, peak, dropped = connect(), Peak(daemon), False
    with Pings() as pings:
        try:
            for i in range(60_000):
                deaf.send(str(i), "ping", {})
            answer_nothing = time.monotonic() + 30
            while time.monotonic() < answer_nothing and "reads nothing" not in daemon.read_said():
                time.sleep(0.05)
        except DaemonUnreachable:
            dropped = True
    dropped = dropped or "reads nothing" in daemon.read_said()
    assert dropped
    figure("a client that asks 60,000 times and never reads", f"{pings.check()}; {peak.grown():+.0f} MiB; dropped")


def stroke(session, identity, x):
    session.send(identity, "colorize", {"image": session.image, "dots": [{**DOT, "x": x}]})
    return time.perf_counter()


def storm(session, name, seconds, kinds):
    """Ask 60 times a second, whatever comes back; return the milliseconds until the last one's answer."""
    sent, open_requests, end, taken = 0, set(), time.monotonic() + seconds, None
    while open_requests or time.monotonic() < end:
        if time.monotonic() < end:
            last, began = f"{name}-{sent}", stroke(session, f"{name}-{sent}", sent % 400)
            open_requests.add(last)
            sent += 1
        pause = time.monotonic() + 1 / 60
        while (left := pause - time.monotonic()) > 0:
            reply = session.receive(left)
            if reply is not None and reply.kind != "progress":
                open_requests.remove(reply.id)
                kinds[reply.kind] += 1
                taken = milliseconds(began) if reply.id == last else taken
    return taken


@pytest.mark.timeout(200)
def test_sixty_strokes_a_second(daemon, connect, figure):
    """Each is answered, most as superseded; the last, which the artist waits for, comes soon. Ten storms of 6 s."""
    session, alone, last, kinds = connect(), [], [], Counter()
    session.image = opened(session, width=1000, height=800)
    for i in range(15):
        began = stroke(session, f"alone-{i}", i)
        answer(session, f"alone-{i}")
        alone.append(milliseconds(began))
    with Pings() as pings:
        for i in range(10):
            last.append(storm(session, f"storm-{i}", 6, kinds))
    usual, single = np.median(last), np.median(alone)
    assert kinds["error"] == 0
    sent = kinds["result"] + kinds["superseded"]
    # A slow machine sends fewer, and is as long about a single one, too.
    assert sent > 600
    assert kinds["superseded"] > sent / 10
    assert usual < 4 * single + 100
    figure(
        "60 strokes a second for a minute",
        f"{sent} sent, {dict(kinds)}; the last one {usual:.0f} ms (median of ten), a single one {single:.0f} ms; "
        f"{pings.check()}",
    )


def test_a_client_that_dies(daemon, connect, figure):
    """What it had asked for is cancelled, and its descriptor freed."""
    watcher = connect()
    before = State(daemon)
    for i in range(30):
        endpoint = find_endpoint()
        doomed = Session(ZmtpTransport(endpoint.address), endpoint.key, "tests", "1")
        image = opened(doomed, seed=i, width=300, height=300)
        doomed.send("v", "variations", {"image": image, "n": 2})
        doomed.close()
    began = time.perf_counter()
    while True:
        watcher.send("s", "status", {})
        if answer(watcher, "s").fields["queued"] == 0:
            break
        time.sleep(0.05)
    after = State(daemon)
    assert after.descriptors <= before.descriptors + 5
    figure("30 clients that die in the middle of a request", f"the queue was empty after {milliseconds(began):.0f} ms")


def slope(states, what):
    """Return by how much the daemon grows from one state to the next: the median of all pairs' slopes (Theil-Sen)."""
    values = [getattr(state, what) for state in states]
    return np.median([(values[j] - values[i]) / (j - i) for i, j in combinations(range(len(values)), 2)])


@pytest.mark.timeout(500)
def test_soak(daemon, connect, figure):
    """Memory, descriptors and threads do not grow."""
    session, rng = connect(), random.Random(1)
    images = [opened(session, seed) for seed in range(3)]
    count, states = 20_000, []
    ops = ["ping"] * 40 + ["status", "gamut", "colorize", "palette", "suggest"]
    began = time.perf_counter()
    for i in range(count):
        op = rng.choice(ops)
        asked = {"image": rng.choice(images), "dots": [{**DOT, "x": rng.randrange(64)}]}
        parameters = {
            "gamut": {"lightness": rng.uniform(0, 100), "size": 16},
            "colorize": asked,
            "palette": {**asked, "x": 3, "y": 5},
            "suggest": asked,
        }.get(op, {})
        session.send(str(i), op, parameters)
        assert answer(session, str(i)).kind == "result"
        if i % 1000 == 999:
            states.append(State(daemon))
    taken = milliseconds(began) / 1000
    memory, descriptors, threads = (slope(states[5:], what) for what in ("memory", "descriptors", "threads"))
    assert abs(memory / MiB) < 1.0, "the daemon grows"
    assert descriptors == threads == 0
    assert states[-1].descriptors == states[5].descriptors
    assert states[-1].threads == states[5].threads
    figure(
        f"soak: {count:,} mixed requests",
        f"{taken:.0f} s; slopes per 1,000: {memory / MiB:+.3f} MiB, {descriptors:+g} descriptors, {threads:+g} threads",
    )


def test_ten_threads_of_clients(daemon, figure):
    """Each, with a photograph of its own, is answered with its own."""
    failures = []

    def edit(seed):
        with Client("tests", "1", launch=False) as client:
            pixels = photograph(seed)
            image = client.open_image(pixels, 64, 48, 1)
            first = client.colorize(image, Hints(dots=[DOT])).tiles[0].pixels.tobytes()
            for _ in range(10):
                if client.colorize(image, Hints(dots=[DOT])).tiles[0].pixels.tobytes() != first:
                    failures.append(seed)

    threads = [threading.Thread(target=edit, args=(seed,)) for seed in range(10)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert not any(thread.is_alive() for thread in threads)
    figure("ten editors at once", f"110 refreshes in {milliseconds(began) / 1000:.1f} s, each with its own pixels")
