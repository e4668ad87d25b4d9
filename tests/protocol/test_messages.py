import re
from pathlib import Path

import pytest

from huedot.protocol import errors, messages, wire
from huedot.protocol.errors import ArgumentError, BadRequest, TooLarge
from huedot.protocol.messages import OPERATIONS, Hints, Reply, image_id, parse_colorization, parse_reply, parse_request

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
ID = "ab" * 32


def parse(op, frames=(), **parameters):
    return parse_request({"id": "1", "seq": 1, "frames": [], "op": op, **parameters}, [memoryview(f) for f in frames])


def test_defaults_are_filled_in():
    parameters = parse("palette", image=ID, x=3, y=4).parameters
    assert parameters["k"] == 9
    assert parameters["dots"] == []
    assert parameters["layer"] == []


def test_a_layer_and_dots_together():
    dots = [{"x": 1, "y": 2, "rgb": [255, 0, 9]}, {"x": 1, "y": 2, "radius": 0, "ab": [-20.5, 30]}]
    hints = Hints(layer=[(5, 6, 2, 3)], pixels=bytes(24), dots=dots, saturation=0.5)
    given = {name: value for name, value in hints.parameters().items() if value is not None}
    request = parse("colorize", hints.frames(), image=ID, **given)
    assert request.parameters["dots"] == dots
    assert [len(frame) for frame in request.frames] == [24]


def region(**changed):
    return {"mask": ID, "area": [0, 0, 5, 5], "layer": [], "dots": [], **changed}


REFUSED = [
    (BadRequest, "paint", {}, "no operation"),
    (BadRequest, None, {}, "no operation"),
    (BadRequest, "ping", {"loudly": True}, "loudly"),
    (BadRequest, "cancel", {}, "target"),
    (BadRequest, "colorize", {"image": ID, "layer": [[0, 0, 2, 2]]}, "16"),
    (BadRequest, "open_image", {"image": ID, "width": 2, "height": 2, "channels": 3}, "12"),
    (ArgumentError, "open_image", {"image": ID, "width": 2, "height": 2, "channels": 2}, "channels"),
    (ArgumentError, "open_image", {"image": ID, "width": 0, "height": 2, "channels": 3}, "width"),
    (ArgumentError, "open_image", {"image": ID, "width": 2.0, "height": 2, "channels": 3}, "width"),
    (ArgumentError, "open_image", {"image": ID, "width": True, "height": 2, "channels": 3}, "width"),
    (TooLarge, "open_image", {"image": ID, "width": 1 << 26, "height": 2, "channels": 3}, "larger"),
    (ArgumentError, "open_image", {"image": ID, "width": 1 << 31, "height": 1 << 31, "channels": 3}, "width"),
    (ArgumentError, "colorize", {"image": ID.upper()}, "image"),
    (ArgumentError, "colorize", {"image": ID, "saturation": 1.5}, "saturation"),
    (ArgumentError, "colorize", {"image": ID, "saturation": None}, "saturation"),
    (ArgumentError, "colorize", {"image": ID, "region": [0, 0, 5]}, "region"),
    (ArgumentError, "colorize", {"image": ID, "region": [0, 0, 5, 0]}, r"region\[3\]"),
    (ArgumentError, "colorize", {"image": ID, "layer": [0, 0, 2, 2]}, r"layer\[0\]"),
    (TooLarge, "colorize", {"image": ID, "layer": [[0, 0, 1, 1]] * 4097}, "4097"),
    (ArgumentError, "colorize", {"image": ID, "dots": {}}, "dots"),
    (ArgumentError, "colorize", {"image": ID, "dots": [{"x": 1, "y": 1}]}, r"dots\[0\]"),
    (ArgumentError, "colorize", {"image": ID, "dots": [{"x": 1, "y": 1, "rgb": [0] * 3, "ab": [0] * 2}]}, r"dots\[0\]"),
    (ArgumentError, "colorize", {"image": ID, "dots": [{"x": 1, "y": 1, "rgb": [0, 0, 256]}]}, r"dots\[0\].rgb\[2\]"),
    (ArgumentError, "colorize", {"image": ID, "dots": [{"x": 1, "y": 1, "ab": [0, 500]}]}, r"dots\[0\].ab\[1\]"),
    (ArgumentError, "colorize", {"image": ID, "dots": [{"x": -1, "y": 1, "ab": [0, 0]}]}, r"dots\[0\].x"),
    (TooLarge, "colorize", {"image": ID, "dots": [0] * 1025}, "1025"),
    (ArgumentError, "colorize", {"image": ID, "regions": {}}, "regions"),
    (TooLarge, "colorize", {"image": ID, "regions": [0] * 65}, "65"),
    (ArgumentError, "colorize", {"image": ID, "regions": [{"mask": ID}]}, r"regions\[0\]"),
    (ArgumentError, "colorize", {"image": ID, "regions": [region(mask="x")]}, r"regions\[0\].mask"),
    (ArgumentError, "colorize", {"image": ID, "regions": [region(area=[0, 0, 0, 5])]}, r"regions\[0\].area\[2\]"),
    (ArgumentError, "colorize", {"image": ID, "regions": [region(), region(dots=[0])]}, r"regions\[1\].dots\[0\]"),
    (ArgumentError, "colorize", {"image": ID, "regions": [region(layer=[0])]}, r"regions\[0\].layer\[0\]"),
    (BadRequest, "colorize", {"image": ID, "regions": [region(layer=[[0, 0, 1, 1]])]}, "4"),
    (TooLarge, "mask", {"mask": ID, "width": 1 << 26, "height": 2}, "larger"),
    (ArgumentError, "gamut", {"lightness": float("nan")}, "lightness"),
    (ArgumentError, "hello", {"protocol": "2.0", "app": "", "app_version": "1", "nonce": bytes(16)}, "app"),
    (ArgumentError, "hello", {"protocol": "2.0", "app": "a", "app_version": "1", "nonce": bytes(15)}, "nonce"),
]


@pytest.mark.parametrize(("error", "op", "parameters", "says"), REFUSED)
def test_refused_and_told_why(error, op, parameters, says):
    with pytest.raises(error, match=says):
        parse(op, **parameters)


def test_a_frame_that_nobody_asked_for():
    with pytest.raises(BadRequest):
        parse("ping", [b"x"])


@pytest.mark.parametrize("identity", [None, "", "x" * 65, 5])
def test_ids(identity):
    with pytest.raises(BadRequest):
        parse_request({"id": identity, "op": "ping"}, [])


def test_an_image_id_is_the_hash_of_size_and_pixels():
    # printf 1x1x3:abc | sha256sum.
    expected = "08047e8a5a3a787cb6d1e8d000251970fd6e23adc4397a4a18db11e122fd8de3"
    assert image_id(b"abc", 1, 1, 3) == expected


def colorization(tiles, lengths, **changes):
    fields = {"result": "r", "x": 10, "y": 0, "width": 8, "height": 8, "channels": 3, "base": None, "tiles": tiles}
    fields |= {"device": "cpu", "milliseconds": 1.5, "warnings": [], **changes}
    return Reply("1", "result", fields, [memoryview(bytes(n)) for n in lengths])


def test_tiles_carry_their_pixels():
    answer = parse_colorization(colorization([[10, 0, 2, 2], [16, 7, 2, 1]], [12, 6], base="q"))
    assert [(tile.x, tile.y, len(tile.pixels)) for tile in answer.tiles] == [(10, 0, 12), (16, 7, 6)]
    assert (answer.area, answer.base) == ((10, 0, 8, 8), "q")


@pytest.mark.parametrize(
    "reply",
    [
        colorization([[10, 0, 2, 2]], [11]),
        colorization([[10, 0, 2, 2]], []),
        colorization([[9, 0, 2, 2]], [12]),
        colorization([[17, 0, 2, 2]], [12]),
        colorization([[10, 0, 2]], [12]),
        colorization(None, []),
        colorization([], [], channels=4),
        colorization([], [], width="8"),
        Reply("1", "result", {}, []),
    ],
)
def test_a_colorization_that_does_not_fit_is_refused(reply):
    with pytest.raises(BadRequest):
        parse_colorization(reply)


@pytest.mark.parametrize("header", [{}, {"id": 1, "kind": "result"}, {"id": "1", "kind": "rumor"}, {"id": "1"}])
def test_replies_of_no_known_kind(header):
    with pytest.raises(BadRequest):
        parse_reply(header, [])


def test_the_document_names_every_operation_parameter_and_error():
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##)", DOCUMENT, re.M | re.S))
    assert set(sections) == set(OPERATIONS)
    common = DOCUMENT.partition("### The hints, common")[2].partition("### `colorize`")[0]
    for op, operation in OPERATIONS.items():
        for name in (*operation.required, *operation.optional):
            assert f"`{name}`" in sections[op] + (common if "*the hints*" in sections[op] else ""), (op, name)
    for error in errors.HueDotError.__subclasses__():
        assert f"`{error.code}`" in DOCUMENT


@pytest.mark.parametrize(
    "limit",
    [
        wire.MAX_HEADER_BYTES,
        wire.MAX_ARRAY,
        wire.MAX_FRAME_BYTES,
        wire.MAX_MESSAGE_BYTES,
        wire.MAX_IMAGE_PIXELS,
        messages.MAX_DOTS,
    ],
)
def test_the_document_has_the_limits(limit):
    assert f"{limit:,}".replace(",", " ") in DOCUMENT


def test_the_document_has_the_version():
    assert DOCUMENT.startswith(f"# The HueDot protocol, version {wire.VERSION}\n")
