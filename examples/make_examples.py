"""Make the example from NASA's portrait of Eileen Collins, which scikit-image ships.

    python examples/make_examples.py

The gray photograph, and dots in its true colors at places that a retoucher would choose.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

HERE = Path(__file__).parent
RADIUS = 4  # pixels
# Column and row.
DOTS = (
    # Skin.
    (215, 115),
    # Hair.
    (205, 45),
    # Suit.
    (200, 220),
    (75, 300),
    (320, 280),
    (110, 430),
    (75, 240),
    # Patch.
    (152, 358),
    (187, 405),
    # Name plate.
    (300, 372),
    # Flag: blue.
    (30, 30),
    # Red.
    (62, 160),
    (48, 262),
    # White.
    (45, 210),
    # Wall.
    (350, 215),
    (110, 60),
    # The Shuttle's tank.
    (415, 90),
    # Its wings.
    (380, 190),
    # Helmet.
    (435, 440),
    # Suit, below the patch.
    (200, 470),
    # Straps.
    (268, 395),
)


def main() -> None:
    """Write photograph.jpg, hints.png and hints.json beside this file."""
    truth = Image.fromarray(data.astronaut())
    truth.convert("L").save(HERE / "photograph.jpg", quality=92)
    pixels = np.asarray(truth)
    layer = np.zeros((*pixels.shape[:2], 4), np.uint8)
    rows, columns = np.mgrid[: layer.shape[0], : layer.shape[1]]
    dots = []
    for x, y in DOTS:
        inside = (rows - y) ** 2 + (columns - x) ** 2 <= RADIUS**2
        color = pixels[inside].mean(0).round().astype(int)
        layer[inside] = (*color, 255)
        dots.append({"x": x, "y": y, "color": "#{:02x}{:02x}{:02x}".format(*color), "radius": RADIUS})
    Image.fromarray(layer).save(HERE / "hints.png")
    lines = ",\n".join("  " + json.dumps(dot) for dot in dots)
    (HERE / "hints.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
