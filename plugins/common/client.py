"""The client of plugins and scripts: asks, waits, and survives the daemon's death."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Optional

from . import launcher
from .endpoint import SHARED, Endpoint, find_endpoint
from .errors import Cancelled, DaemonUnreachable, ImageUnknown, Unauthorized, UnsupportedVersion
from .messages import (
    MAX_REGIONS,
    Colorization,
    Hints,
    Rectangle,
    Reply,
    check_size,
    image_id,
    knows_regions,
    parse_colorization,
)
from .session import DaemonSilent, Session, Transport, raise_error
from .wire import Buffer, Header
from .zmtp import ZmtpTransport

# How long a cancellation may go unnoticed.
SLICE_S = 0.05
# Seconds of silence after which the daemon is pinged.
PING_AFTER_S = 3.0
# Seconds of silence after which it is given up: the ping, and then three times as long without a word.
SILENT_AFTER_S = 12.0
# How many photographs, references and masks the client can send again.
KEPT = {"image": 4, "histogram": 4, "mask": MAX_REGIONS}

# Stage, and fraction 0..1 where it is known.
Progress = Callable[[str, Optional[float]], None]


class _Call(NamedTuple):
    """A request before it has an id."""

    op: str
    parameters: Mapping[str, Any]
    frames: Sequence[Buffer] = ()
    timeout: float | None = None
    on_progress: Progress | None = None


class Client:
    """Requests to the daemon, one at a time, each waiting for its answer.

    It connects (and starts the daemon) at the first request. If the daemon dies, the request is repeated once at its
    successor, images and all. For one thread; only `cancel` may be called from another.
    """

    def __init__(
        self,
        app: str,
        app_version: str,
        *,
        transport: Callable[[str], Transport] = ZmtpTransport,
        launch: bool = True,
    ) -> None:
        """Prepare a client.

        app, app_version: who asks, for the daemon's log. transport: connects to an address. launch: whether to start a
        daemon where none runs.
        """
        self._app = (app, app_version)
        self._transport = transport
        self._launch = launch
        self._session: Session | None = None
        self._numbers = itertools.count(1)
        self._kept: dict[str, OrderedDict[str, _Call]] = {kind: OrderedDict() for kind in KEPT}
        self._cancelled = threading.Event()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def connect(self) -> Header:
        """Connect, unless connected, and return the daemon's `hello`.

        Raises DaemonUnreachable (not installed, not started, not answering), Unauthorized, UnsupportedVersion or
        FileError.
        """
        return self._connected().hello

    def request(
        self,
        op: str,
        parameters: Mapping[str, Any] | None = None,
        frames: Sequence[Buffer] = (),
        timeout: float | None = None,
        on_progress: Progress | None = None,
    ) -> Reply:
        """Ask, and return the result.

        parameters: the operation's; None stands for one that is left out. timeout: seconds until the answer; by default
        as long as the daemon answers pings. on_progress: called with stage and fraction.
        Raises the error that the daemon answers, Cancelled after `cancel`, or what `connect` raises.
        """
        call = _Call(op, parameters or {}, frames, timeout, on_progress)
        kept = self._kept_for(call.parameters)
        try:
            return self._ask(call)
        except ImageUnknown:
            if not kept:
                raise
        for each in kept:
            self._ask(each)
        return self._ask(call)

    def cancel(self) -> None:
        """Cancel the request that is being waited for, or else the next one: it raises Cancelled.

        For any thread; does not wait. Who works through a queue calls `begin` as something is taken from it.
        """
        self._cancelled.set()

    def begin(self) -> None:
        """Forget a `cancel` that came too late for what went before."""
        self._cancelled.clear()

    def open_image(
        self,
        pixels: Buffer,
        width: int,
        height: int,
        channels: int,
        model: str | None = None,
        on_progress: Progress | None = None,
    ) -> str:
        """Give the daemon a photograph, uint8 row-major, 1 (gray), 3 (RGB) or 4 (RGBA) channels; return its id.

        Raises TooLarge at once for one that is beyond the limit.
        The last few pixel buffers used are kept, uncopied, to be sent again if the daemon forgets them: do not change
        them.
        """
        check_size(width, height)
        image = image_id(pixels, width, height, channels)
        parameters = {"image": image, "width": width, "height": height, "channels": channels, "model": model}
        self._keep("image", _Call("open_image", parameters, [pixels]))
        self.request("open_image", parameters, [pixels], on_progress=on_progress)
        return image

    def colorize(
        self,
        image: str,
        hints: Hints = Hints(),  # noqa: B008 - immutable
        area: Rectangle | None = None,
        since: str | None = None,
        key: str | None = None,
        on_progress: Progress | None = None,
    ) -> Colorization:
        """Colorize an image, or an area of it; with `since`, answer with what changed since that result.

        After the daemon was restarted it knows no earlier result, and answers with all of the area.
        """
        parameters = {**hints.parameters(), "image": image, "region": area, "since": since, "key": key}
        return parse_colorization(self.request("colorize", parameters, hints.frames(), on_progress=on_progress))

    def palette(self, image: str, x: int, y: int, hints: Hints = Hints(), k: int = 9) -> Reply:  # noqa: B008
        """Ask for the `k` likeliest colors at a place: fields `lightness`, `colors` (maps of ab, rgb, probability)."""
        return self.request("palette", {**hints.parameters(), "image": image, "x": x, "y": y, "k": k}, hints.frames())

    def gamut(self, lightness: float, size: int = 256) -> Reply:
        """Ask for the picture of the ab gamut at a lightness: fields `size`, `extent`; one RGBA frame."""
        return self.request("gamut", {"lightness": lightness, "size": size})

    def suggest(self, image: str, hints: Hints = Hints(), n: int = 1) -> Reply:  # noqa: B008
        """Ask where dots would help most: field `places` (maps of x, y, uncertainty)."""
        return self.request("suggest", {**hints.parameters(), "image": image, "n": n}, hints.frames())

    def variations(self, image: str, hints: Hints = Hints(), n: int = 4, side: int = 512) -> Reply:  # noqa: B008
        """Ask for `n` different colorizations: fields `width`, `height`, `variations`; as many RGB frames."""
        parameters = {**hints.parameters(), "image": image, "n": n, "side": side}
        return self.request("variations", parameters, hints.frames())

    def histogram(self, pixels: Buffer, width: int, height: int, channels: int) -> Reply:
        """Give the daemon a reference image, RGB or RGBA: fields `histogram` (its id), `saturation` (0..1)."""
        check_size(width, height)
        identity = image_id(pixels, width, height, channels)
        parameters = {"histogram": identity, "width": width, "height": height, "channels": channels}
        self._keep("histogram", _Call("histogram", parameters, [pixels]))
        return self.request("histogram", parameters, [pixels])

    def mask(self, pixels: Buffer, width: int, height: int) -> str:
        """Give the daemon a region's mask, uint8 row-major, from 0 outside to 255 inside; return its id.

        Raises UnsupportedVersion where the daemon knows of no regions. The pixels are kept as those of an image are.
        """
        check_size(width, height)
        protocol = self.connect().get("protocol")
        if not knows_regions(protocol):
            what = f"The running daemon, protocol {protocol}, is too old for regions."
            raise UnsupportedVersion(what, "Restart it: huedot restart.")
        identity = image_id(pixels, width, height, 1)
        parameters = {"mask": identity, "width": width, "height": height}
        self._keep("mask", _Call("mask", parameters, [pixels]))
        self.request("mask", parameters, [pixels])
        return identity

    def close_image(self, image: str) -> None:
        """Let the daemon and this client forget an image."""
        self._kept["image"].pop(image, None)
        self.request("close_image", {"image": image})

    def status(self) -> Header:
        """Ask how the daemon is."""
        return self.request("status", timeout=SILENT_AFTER_S).fields

    def ping(self) -> float:
        """Return the seconds that a message takes there and back."""
        begin = time.perf_counter()
        self.request("ping", timeout=SILENT_AFTER_S)
        return time.perf_counter() - begin

    def shutdown(self) -> None:
        """Ask the daemon to exit."""
        self.request("shutdown", timeout=SILENT_AFTER_S)
        self.close()

    def _connected(self) -> Session:
        if self._session is None:
            self._session = self._find_or_launch()
        return self._session

    def _find_or_launch(self) -> Session:
        instance = ""
        try:
            endpoint = find_endpoint()
            instance = endpoint.instance
            return self._greet(endpoint)
        except DaemonSilent:
            raise
        except DaemonUnreachable as error:
            if instance == SHARED:
                what = f"The shared daemon at {endpoint.address} does not answer."
                raise DaemonUnreachable(what, "Open the tunnel to it; for one of your own: huedot leave.") from error
            if not self._launch:
                raise
        return self._greet(launcher.launch(dead=instance))

    def _greet(self, endpoint: Endpoint) -> Session:
        try:
            return Session(self._transport(endpoint.address), endpoint.key, *self._app)
        except Unauthorized as error:
            if endpoint.is_shared:
                what = f"The shared daemon at {endpoint.address} has another key."
                raise Unauthorized(what, "Get its key from who runs it, and join again: huedot join.") from error
            what = f"What listens at {endpoint.address} is not the daemon that its file tells of. {error.message}"
            raise Unauthorized(what, "Restart the daemon: huedot restart.") from error

    def _ask(self, call: _Call) -> Reply:
        """Ask, and if the daemon dies over it, ask its successor: every request may be repeated (section 4)."""
        if self._cancelled.is_set():
            self._cancelled.clear()
            raise Cancelled("The request was cancelled.")
        identity = str(next(self._numbers))
        session = self._connected()
        try:
            return self._wait(session, identity, call)
        except (DaemonUnreachable, Unauthorized) as error:
            self.close()
            if isinstance(error, DaemonSilent) or call.op == "shutdown":
                raise
        return self._wait(self._connected(), identity, call)

    def _wait(self, session: Session, identity: str, call: _Call) -> Reply:
        session.send(identity, call.op, call.parameters, call.frames)
        watch = _Watch(call.timeout)
        while True:
            reply = session.receive(SLICE_S)
            if reply is not None:
                watch.hear()
                if reply.id in (identity, "") and reply.kind != "progress":
                    return _result(reply)
                if reply.id == identity and call.on_progress:
                    call.on_progress(str(reply.fields.get("stage", "")), reply.fields.get("fraction"))
            if self._cancelled.is_set():
                self._cancelled.clear()
                session.send(self._aside(), "cancel", {"target": identity})
            if watch.wants_ping():
                session.send(self._aside(), "ping", {})

    def _aside(self) -> str:
        """Return an id for a request whose answer nobody waits for."""
        return str(next(self._numbers))

    def _keep(self, kind: str, call: _Call) -> None:
        kept = self._kept[kind]
        kept[call.parameters[kind]] = call
        kept.move_to_end(call.parameters[kind])
        while len(kept) > KEPT[kind]:
            kept.popitem(last=False)

    def _kept_for(self, parameters: Mapping[str, Any]) -> list[_Call]:
        """Return what gave the daemon the pixels that a request names; those lately used are kept longest."""
        masks = [("mask", region["mask"]) for region in parameters.get("regions", ())]
        found = []
        for kind, identity in [("image", parameters.get("image")), ("histogram", parameters.get("histogram")), *masks]:
            kept = self._kept[kind]
            if identity in kept:
                kept.move_to_end(identity)
                found.append(kept[identity])
        return found


class _Watch:
    """Tells a daemon that computes from one that hangs."""

    def __init__(self, timeout: float | None) -> None:
        self._deadline = time.monotonic() + (math.inf if timeout is None else timeout)
        self.hear()

    def hear(self) -> None:
        self._heard = time.monotonic()
        self._pinged = False

    def wants_ping(self) -> bool:
        """Return whether it is time to ping, once per silence; raises DaemonSilent when it is time to give up."""
        now = time.monotonic()
        if now > self._deadline or now - self._heard > SILENT_AFTER_S:
            raise DaemonSilent("The daemon does not answer.", "Restart it: huedot restart.")
        wanted = not self._pinged and now - self._heard > PING_AFTER_S
        self._pinged |= wanted
        return wanted


def _result(reply: Reply) -> Reply:
    if reply.kind == "error":
        raise_error(reply)
    if reply.kind == "superseded":
        raise Cancelled("A newer request took the place of this one.")
    return reply
