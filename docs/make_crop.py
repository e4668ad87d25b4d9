"""Make docs/performance/edges.png: one result, enlarged bilinearly (left) and by the bilateral grid (right).

    python docs/make_crop.py

Shown is the part of the example photograph where the two differ most, four times as large.
"""

from pathlib import Path

import torch.nn.functional as F
from PIL import Image

from huedot.daemon.bench.edges import enlargements
from huedot.daemon.files.hints import read_hints
from huedot.model import Colorizer, color
from huedot.photographs import read_photograph

ROOT = Path(__file__).parent.parent
# Pixels of the photograph.
SIDE = 96
ZOOM = 4
GAP = 8


def main() -> None:
    """Color the example, enlarge the result both ways, and paste the crops together."""
    gray = read_photograph(ROOT / "examples" / "photograph.jpg").rgb
    photo = Colorizer.load("huedot", device="cpu").open(gray)
    ours, bilinear = enlargements(photo, read_hints(ROOT / "examples" / "hints.png", photo.width, photo.height))
    shown = [color.to_rgb8(photo.lightness, ab) for ab in (bilinear, ours)]
    apart = (shown[0].float() - shown[1].float()).abs().sum(2)[None, None]
    sums = F.avg_pool2d(apart, SIDE, 1)[0, 0]
    y, x = divmod(int(sums.argmax()), sums.shape[1])
    sheet = Image.new("RGB", (2 * SIDE * ZOOM + GAP, SIDE * ZOOM), "white")
    for i, picture in enumerate(shown):
        crop = Image.fromarray(picture[y : y + SIDE, x : x + SIDE].numpy())
        sheet.paste(crop.resize((SIDE * ZOOM, SIDE * ZOOM), Image.Resampling.NEAREST), (i * (SIDE * ZOOM + GAP), 0))
    sheet.save(ROOT / "docs" / "performance" / "edges.png", optimize=True)


if __name__ == "__main__":
    main()
