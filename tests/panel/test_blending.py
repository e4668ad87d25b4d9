"""Arithmetic on pixels without NumPy, held against NumPy's."""

import numpy as np
import pytest

from huedot.panel import blending


def test_blending_into_nothing_takes_the_color_whole():
    assert blending.blend(bytes(4), bytes((200, 100, 50, 255)), bytes([128])) == bytes((200, 100, 50, 128))


@pytest.mark.parametrize("opaque", [True, False])
def test_blending_is_that_of_straight_alpha(opaque):
    random = np.random.default_rng(0)
    old, new = random.integers(0, 256, (2, 500, 4)).astype(np.uint8)
    mask = random.integers(0, 256, 500).astype(np.uint8)
    mask[:50], mask[50:100] = 0, 255
    if opaque:
        old[:, 3] = new[:, 3] = 255
    got = np.frombuffer(blending.blend(old.tobytes(), new.tobytes(), mask.tobytes()), np.uint8).reshape(-1, 4)
    share = mask[:, None] / 255
    a, b = old[:, 3:] * (1 - share), new[:, 3:] * share
    alpha = a + b
    wanted = np.hstack([(old[:, :3] * a + new[:, :3] * b) / np.maximum(alpha, 1e-9), alpha])
    seen = alpha[:, 0] > 1
    assert np.abs(got[seen] - wanted[seen]).max() < (8.1 if opaque else 9)
    assert np.array_equal(got[:50], old[:50])
    assert np.array_equal(got[50:100], new[50:100])


def test_chosen_takes_whole_pixels():
    old, new = bytes(range(12)), bytes(range(100, 112))
    assert blending.chosen(old, new, bytes((0, 255, 0))) == old[:4] + new[4:8] + old[8:]
