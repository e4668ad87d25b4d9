"""The I/O loop: a ROUTER that checks, answers what is quick, hands the rest to the worker, and never computes."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import statistics
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import zmq

from huedot.daemon.computing import memory
from huedot.daemon.computing.process import ComputingProcess
from huedot.protocol.errors import ArgumentError, BadRequest, Cancelled, HueDotError, Unauthorized
from huedot.protocol.messages import Request, parse_request
from huedot.protocol.wire import (
    DAEMON,
    MAX_FRAME_BYTES,
    NO_NONCE,
    NONCE_BYTES,
    VERSION,
    Buffer,
    Channel,
    refusal,
)
from huedot.weights import files

from .limits import LIMITS, QUEUE
from .peers import Peer, size_of
from .worker import Job, Worker, error_fields

# Read once: it takes longer than the rest of an answer.
VERSION_HERE = version("huedot")
# Connections remembered, the longest silent forgotten first.
PEERS = 4096
# Messages that libzmq holds for a peer that does not read.
HIGH_WATER = 8
# What we hold for it beyond that.
OUTBOX_BYTES, OUTBOX_MESSAGES = 256 << 20, 10_000
# How often refusals go to the log: one line.
REFUSALS_EVERY_S = 10.0
# How long a peer may not read before it is given up.
PATIENCE_S = 10.0
# A ROUTER is not told who leaves: who was heard of within this time counts as a client.
RECENT_S = 60.0
TICK_MS = 500
# How long peers have to take their last answers.
FAREWELL_S = 1.0
# libzmq may take a message for a peer later, and does not say when.
RETRY_MS = 5
# How much quiet there is before memory that was freed is given back.
REST_S = 10.0

log = logging.getLogger(__name__)


class Server:
    """Answers every request exactly once, with result, error or superseded."""

    def __init__(
        self,
        computing: ComputingProcess,
        secret: bytes,
        idle_unload_s: float,
        idle_exit_s: float,
        is_shared: bool = False,
    ) -> None:
        """Prepare to serve.

        secret: signs every message; empty on a Unix socket. is_shared: whether several people have it, none of whom may
        stop the daemon for the others.
        """
        self.instance, self._is_shared = secrets.token_hex(8), is_shared
        self._computing, self._secret, self._idle_exit_s = computing, secret, idle_exit_s
        self._peers: OrderedDict[bytes, Peer] = OrderedDict()
        self._router: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.ROUTER)
        for option, value in {
            zmq.LINGER: 200,
            # Pixels reach a reader in larger pieces: a tenth sooner.
            zmq.SNDBUF: 1 << 20,
            zmq.ROUTER_MANDATORY: 1,
            zmq.MAXMSGSIZE: MAX_FRAME_BYTES,
            zmq.SNDHWM: HIGH_WATER,
            zmq.HANDSHAKE_IVL: 5000,
        }.items():
            self._router.setsockopt(option, value)
        self._finished: deque[tuple[Job, str, dict[str, Any], Sequence[Buffer]]] = deque()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._worker = Worker(computing, self._deliver, QUEUE, idle_unload_s)
        self._running, self._began, self._active = True, time.monotonic(), time.monotonic()
        self._counts = {"completed": 0, "superseded": 0, "failed": 0}
        self._refused, self._noted, self._tidied = 0, -REFUSALS_EVERY_S, self._began
        self._milliseconds: deque[float] = deque(maxlen=100)

    def listen_unix(self, listener: socket.socket, path: str) -> str:
        """Serve a Unix socket that is bound and listens already; returns the address."""
        # libzmq closes it.
        self._router.setsockopt(zmq.USE_FD, listener.detach())
        self._router.bind(f"ipc://{path}")
        return f"ipc://{path}"

    def listen_tcp(self, port: int) -> str:
        """Bind 127.0.0.1, to a free port if `port` is 0; returns the address. Raises ArgumentError."""
        try:
            self._router.bind(f"tcp://127.0.0.1:{port or '*'}")
        except zmq.ZMQError as error:
            raise ArgumentError("port", f"{port} cannot be used: {error.strerror}.", "Choose another.") from error
        return str(self._router.getsockopt_string(zmq.LAST_ENDPOINT))

    def stop(self) -> None:
        """Leave the loop soon; for signal handlers and other threads."""
        self._running = False
        self._wake()

    def run(self) -> None:
        """Serve until `stop`, `shutdown`, or too long an idleness; then answer what waits with `cancelled`."""
        # Not before: a daemon that cannot listen must be free to end.
        self._worker.start()
        poller = zmq.Poller()
        poller.register(self._router, zmq.POLLIN)
        poller.register(self._wake_reader, zmq.POLLIN)
        held = False
        while self._running:
            ready = dict(poller.poll(RETRY_MS if held else TICK_MS))
            if self._wake_reader.fileno() in ready:
                self._drain_wakes()
            if self._router in ready:
                self._receive()
            self._answer_finished()
            held = self._retry_outboxes()
            self._computing.watch()
            self._tidy_up()
            if self._idle_too_long():
                break
        self._close()

    def _wake(self) -> None:
        try:
            self._wake_writer.send(b"\0")
        except (BlockingIOError, OSError):
            # It is awake already, or closed.
            return

    def _drain_wakes(self) -> None:
        try:
            while self._wake_reader.recv(4096):
                pass
        except BlockingIOError:
            return

    def _deliver(self, job: Job, kind: str, fields: dict[str, Any], frames: Sequence[Buffer]) -> None:
        """Take a reply from the worker, on the worker's thread."""
        self._finished.append((job, kind, fields, frames))
        self._wake()

    def _answer_finished(self) -> None:
        while self._finished:
            job, kind, fields, frames = self._finished.popleft()
            self._active = time.monotonic()
            if kind == "result" and "milliseconds" in fields:
                self._milliseconds.append(fields["milliseconds"])
            peer = self._peers.get(job.peer)
            # Otherwise the connection has begun again since.
            if peer is not None and job.request.id in peer.pending:
                self._reply(job.peer, job.request.id, kind, fields, frames)

    def _tidy_up(self) -> None:
        if time.monotonic() - max(self._active, self._tidied) > REST_S and not len(self._worker):
            memory.give_back()
            self._tidied = time.monotonic()

    def _idle_too_long(self) -> bool:
        idle = time.monotonic() - self._active
        if not self._idle_exit_s or idle < self._idle_exit_s or len(self._worker):
            return False
        log.info("idle for %.0f s: exiting", idle)
        return True

    def _receive(self) -> None:
        """Handle what has come in, but not so much of it that the worker's replies would wait."""
        for _ in range(100):
            try:
                peer, *parts = self._router.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            self._active = time.monotonic()
            try:
                self._handle(peer.bytes, [part.buffer for part in parts])
            except Exception:
                # Nobody foresaw it; whatever one peer sends, the others are served.
                log.exception("a message could not be handled: its sender is forgotten")
                self._forget(peer.bytes)

    def _handle(self, identity: bytes, parts: Sequence[Buffer]) -> None:
        peer = self._peer(identity)
        try:
            header, frames = peer.channel.open(parts)
            if not peer.greeted and header.get("op") != "hello":
                raise Unauthorized("The connection does not begin with hello.", "Say hello first.")
        except HueDotError as error:
            if isinstance(error, Unauthorized) or not peer.greeted:
                self._refuse(identity, error)
            else:
                self._reply(identity, "", "error", error_fields(error))
            return
        given = header.get("id")
        request_id = given if isinstance(given, str) and given not in peer.pending else ""
        try:
            if header.get("op") == "hello":
                peer.meet(header)
            request = parse_request(header, frames)
            if request.id in peer.pending:
                raise BadRequest(f"The id {request.id!r} is in use.", "Give every request an id of its own.")
            peer.pending.add(request.id)
            self._dispatch(identity, peer, request)
        except HueDotError as error:
            self._reply(identity, request_id, "error", error_fields(error))
            if not peer.greeted:
                # It may try again.
                peer.channel.nonce = NO_NONCE

    def _refuse(self, identity: bytes, error: HueDotError) -> None:
        """Answer a message that cannot be trusted, and forget its connection."""
        self._note_refusal(error)
        self._forget(identity)
        self._send(identity, self._peer(identity), refusal(error))

    def _note_refusal(self, error: HueDotError) -> None:
        """Log refusals, but let nobody fill the disk, or a pipe that nobody reads, with them."""
        self._refused += 1
        if time.monotonic() - self._noted > REFUSALS_EVERY_S:
            log.warning("refused a peer (%d times since the last such line): %s", self._refused, error.message)
            self._refused, self._noted = 0, time.monotonic()

    def _peer(self, identity: bytes) -> Peer:
        peer = self._peers.get(identity)
        if peer is None:
            while len(self._peers) >= PEERS:
                self._forget(next(iter(self._peers)))
            peer = self._peers[identity] = Peer(Channel(self._secret, DAEMON))
        self._peers.move_to_end(identity)
        peer.seen = self._active
        return peer

    def _forget(self, identity: bytes) -> None:
        """Forget a connection, and cancel what it asked for."""
        if self._peers.pop(identity, None) is not None:
            self._worker.cancel(lambda job: job.peer == identity)

    def _dispatch(self, identity: bytes, peer: Peer, request: Request) -> None:
        if request.op == "hello":
            self._hello(identity, peer, request)
        elif request.op == "ping":
            self._reply(identity, request.id, "result", {})
        elif request.op == "status":
            self._reply(identity, request.id, "result", self._status())
        elif request.op == "cancel":
            self._cancel(identity, request)
        elif request.op == "shutdown":
            self._shut_down(identity, request)
        elif request.op == "close_image" and self._is_open_elsewhere(identity, request.parameters["image"]):
            self._reply(identity, request.id, "result", {"closed": request.parameters["image"] in peer.images})
            peer.images.discard(request.parameters["image"])
        else:
            peer.note_image(request)
            older = self._worker.submit(Job(identity, request))
            if older is not None:
                self._reply(identity, older.request.id, "superseded", {"by": request.id})

    def _hello(self, identity: bytes, peer: Peer, request: Request) -> None:
        nonce = secrets.token_bytes(NONCE_BYTES)
        self._reply(identity, request.id, "result", {**self._introduction(), "nonce": nonce, "limits": LIMITS})
        peer.channel.nonce, peer.greeted = nonce, True
        app = f"{request.parameters['app']} {request.parameters['app_version']}"
        log.info("hello from %s", app.encode("ascii", "backslashreplace").decode())

    def _shut_down(self, identity: bytes, request: Request) -> None:
        if self._is_shared:
            what = "This daemon is shared: none of those who use it can stop it."
            raise Unauthorized(
                what, "Who started it can, on its machine: huedot stop. For one of your own: huedot leave."
            )
        log.info("asked to shut down")
        self._reply(identity, request.id, "result", {})
        self._running = False

    def _is_open_elsewhere(self, identity: bytes, image: str) -> bool:
        """Return whether another connection has opened an image, and is still there."""
        others = [item for item in self._peers.items() if item[0] != identity and image in item[1].images]
        return any(self._is_there(*item) for item in others)

    def _is_there(self, identity: bytes, peer: Peer) -> bool:
        """Find out whether a connection lasts, which a ROUTER learns by sending: of no request, so clients drop it."""
        nothing = {"id": secrets.token_hex(16), "kind": "progress", "stage": "", "fraction": None}
        self._send(identity, peer, peer.sealed(nothing, ()))
        return self._peers.get(identity) is peer

    def _introduction(self) -> dict[str, Any]:
        return {
            "protocol": VERSION,
            "daemon_version": VERSION_HERE,
            "pid": os.getpid(),
            "instance": self.instance,
            "device": self._computing.facts.device,
            "models": files.present(first=self._computing.model),
        }

    def _status(self) -> dict[str, Any]:
        facts = self._computing.facts
        return {
            **self._introduction(),
            "uptime_seconds": time.monotonic() - self._began,
            "clients": sum(peer.greeted and peer.seen > time.monotonic() - RECENT_S for peer in self._peers.values()),
            "images": facts.images,
            "image_bytes": facts.image_bytes,
            "queued": len(self._worker),
            **self._counts,
            "milliseconds": statistics.median(self._milliseconds) if self._milliseconds else None,
        }

    def _cancel(self, identity: bytes, request: Request) -> None:
        target = request.parameters["target"]
        removed, running = self._worker.cancel(lambda job: job.peer == identity and job.request.id == target)
        self._answer_cancelled(removed)
        self._reply(identity, request.id, "result", {"cancelled": bool(removed) or running})

    def _answer_cancelled(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            error = Cancelled("The request was cancelled.")
            self._reply(job.peer, job.request.id, "error", error_fields(error))

    def _reply(
        self, identity: bytes, request_id: str, kind: str, fields: dict[str, Any], frames: Sequence[Buffer] = ()
    ) -> None:
        """Send a reply, unless the peer is gone."""
        peer = self._peers.get(identity)
        if peer is None:
            return
        if kind != "progress":
            peer.pending.discard(request_id)
            self._counts[{"result": "completed", "error": "failed"}.get(kind, kind)] += 1
        self._send(identity, peer, peer.sealed({**fields, "id": request_id, "kind": kind}, frames))

    def _send(self, identity: bytes, peer: Peer, parts: list[Buffer]) -> None:
        """Send a message, or keep it, within bounds, for a peer that does not read."""
        if not peer.outbox:
            peer.stuck_since = time.monotonic()
            if self._is_taken(identity, parts):
                return
        peer.outbox.append(parts)
        peer.held_bytes += size_of(parts)
        if peer.held_bytes > OUTBOX_BYTES or len(peer.outbox) > OUTBOX_MESSAGES:
            log.warning("a peer reads nothing: dropped")
            self._forget(identity)

    def _is_taken(self, identity: bytes, parts: list[Buffer]) -> bool:
        """Return whether libzmq has taken a message, or its peer has gone; else it may do so later."""
        try:
            self._router.send_multipart([identity, *parts], zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        except zmq.ZMQError:
            # The peer cannot be reached.
            self._forget(identity)
        return True

    def _retry_outboxes(self) -> bool:
        """Send what was held for peers; returns whether some is held still."""
        held = [item for item in self._peers.items() if item[1].outbox]
        for identity, peer in held:
            while peer.outbox and self._is_taken(identity, peer.outbox[0]):
                peer.held_bytes -= size_of(peer.outbox.popleft())
                peer.stuck_since = time.monotonic()
            if peer.outbox and time.monotonic() - peer.stuck_since > PATIENCE_S:
                log.warning("a peer has read nothing for %.0f s: dropped", PATIENCE_S)
                self._forget(identity)
        return any(self._peers.get(identity) is peer and peer.outbox for identity, peer in held)

    def _close(self) -> None:
        jobs, _ = self._worker.cancel(lambda job: True)
        self._answer_cancelled(jobs)
        self._worker.stop(patience_s=1.0)
        self._answer_finished()
        deadline = time.monotonic() + FAREWELL_S
        while self._retry_outboxes() and time.monotonic() < deadline:
            time.sleep(RETRY_MS / 1000)
        self._router.close()
        self._wake_reader.close()
        self._wake_writer.close()
