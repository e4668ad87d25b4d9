"""Make docs/example.jpg with the tool itself.

    python docs/make_example.py

Above: the example photograph with its dots, and colored from them. Below: four variations without any dot.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from huedot.daemon.files.hints import read_hints
from huedot.model import Colorizer
from huedot.photographs import read_photograph

ROOT = Path(__file__).parent.parent
# Width of the whole picture, in pixels.
WIDTH = 1200
GAP = 8


def main() -> None:
    """Color the example and paste the pictures together."""
    gray = read_photograph(ROOT / "examples" / "photograph.jpg").rgb
    hints = read_hints(ROOT / "examples" / "hints.png", gray.shape[1], gray.shape[0])
    photo = Colorizer.load("huedot").open(gray)
    dotted = np.where(hints[..., 3:] > 0, hints[..., :3], gray)
    above = row([dotted, photo.colorize(hints)])
    below = row(photo.variations(n=5)[1:])
    sheet = Image.new("RGB", (WIDTH, above.height + GAP + below.height), "white")
    sheet.paste(above, (0, 0))
    sheet.paste(below, (0, above.height + GAP))
    sheet.save(ROOT / "docs" / "example.jpg", quality=90)


def row(pictures: list[np.ndarray]) -> Image.Image:
    """Set pictures of one size side by side, as wide as the sheet."""
    height, width = pictures[0].shape[:2]
    each = (WIDTH - GAP * (len(pictures) - 1)) // len(pictures)
    strip = Image.new("RGB", (WIDTH, round(each * height / width)), "white")
    for i, picture in enumerate(pictures):
        small = Image.fromarray(picture).resize((each, strip.height), Image.Resampling.LANCZOS)
        strip.paste(small, (i * (each + GAP), 0))
    return strip


if __name__ == "__main__":
    main()
