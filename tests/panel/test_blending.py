"""The arithmetic of pixels, against floating point."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from huedot.panel.blending import blend, chosen


def blended(old, new, mask):
    """The blend of single pixels, as a list."""
    return list(blend(bytes(old), bytes(new), bytes([mask])))


def test_what_goes_half_into_nothing_keeps_its_color():
    assert blended((0, 0, 0, 0), (200, 100, 50, 255), 128) == [200, 100, 50, 128]
    assert blended((200, 100, 50, 255), (0, 0, 0, 0), 127) == [200, 100, 50, 128]


edge = st.sampled_from([0, 1, 127, 128, 254, 255]) | st.integers(0, 255)
pixel = st.tuples(edge, edge, edge, edge)


@given(st.lists(st.tuples(pixel, pixel, edge), min_size=1, max_size=40))
def test_a_blend_is_what_floating_point_says(given_pixels):
    old, new, mask = (np.array(each, np.uint8) for each in zip(*given_pixels, strict=True))
    found = np.frombuffer(blend(old.tobytes(), new.tobytes(), mask.tobytes()), np.uint8).reshape(-1, 4)
    share = mask[:, None] / 255
    one, other = old[:, 3:] * (1 - share), new[:, 3:] * share
    alpha = one + other
    color = (old[:, :3] * one + new[:, :3] * other) / np.maximum(alpha, 1e-9)
    visible = alpha[:, 0] > 0
    assert np.abs(found[:, 3:] - alpha).max() <= 0.51
    assert np.abs(found[visible, :3] - color[visible]).max(initial=0) <= 0.51
    np.testing.assert_array_equal(found[mask == 0], old[mask == 0])
    np.testing.assert_array_equal(found[mask == 255], new[mask == 255])


def test_chosen_takes_whole_pixels():
    old, new = bytes(range(12)), bytes(range(100, 112))
    assert chosen(old, new, bytes((0, 255, 0))) == old[:4] + new[4:8] + old[8:]
