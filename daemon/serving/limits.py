"""The limits of the protocol, as the daemon tells them to those who say hello."""

from __future__ import annotations

from huedot.protocol.messages import MAX_DOTS
from huedot.protocol.wire import MAX_FRAME_BYTES, MAX_FRAMES, MAX_HEADER_BYTES, MAX_IMAGE_PIXELS, MAX_MESSAGE_BYTES

# Jobs that may wait.
QUEUE = 256
LIMITS = {
    "header_bytes": MAX_HEADER_BYTES,
    "frames": MAX_FRAMES,
    "frame_bytes": MAX_FRAME_BYTES,
    "message_bytes": MAX_MESSAGE_BYTES,
    "image_pixels": MAX_IMAGE_PIXELS,
    "dots": MAX_DOTS,
    "queue": QUEUE,
}
