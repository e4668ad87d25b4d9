"""Writing a result: in blocks that neither overlap nor leave anything out, cut where the editors' squares are."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huedot.panel.areas import BAND_PIXELS, SQUARE, blocks_of
from huedot.panel.writing import write_tiles
from huedot.protocol.messages import Tile

SIDE = st.integers(1, 9000)


@given(st.integers(0, 500), st.integers(0, 500), SIDE, SIDE)
def test_blocks_are_cut_along_squares(x, y, width, height):
    blocks = blocks_of((x, y, width, height))
    assert sum(w * h for _, _, w, h in blocks) == width * height
    assert max(w * h for _, _, w, h in blocks) <= BAND_PIXELS
    assert {left % SQUARE for left, *_ in blocks} <= {0, x % SQUARE}
    assert {top % SQUARE for _, top, *_ in blocks} <= {0, y % SQUARE}


@pytest.mark.parametrize("area", [(3, 5, 60, 70), (100, 30, 2500, 90), (0, 0, 64, 64), (2040, 0, 20, 20)])
def test_what_is_written_is_the_tile(area):
    x, y, width, height = area
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    canvas = np.zeros((y + height, x + width, 3), np.uint8)

    def write_result(block, rgb):
        left, top, w, h = block
        assert not canvas[top : top + h, left : left + w].any()
        canvas[top : top + h, left : left + w] = np.frombuffer(rgb, np.uint8).reshape(h, w, 3)

    for _ in write_tiles(SimpleNamespace(write_result=write_result), [Tile(*area, pixels.tobytes())], None):
        pass
    assert (canvas[y:, x:] == pixels).all()
