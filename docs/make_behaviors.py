"""Make docs/images/behavior-*.jpg with the tool itself: what the paper shows in its Figures 7 to 10, on free pictures.

    python docs/make_behaviors.py

tests/model/test_behaviors.py checks in numbers what they show.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from huedot.model import Colorizer, Region
from huedot.model.painting import Picture

FOLDER = Path(__file__).parent / "images"
GAP = 6  # pixels
RED, BLUE = (190, 60, 60), (70, 90, 200)
UNUSUAL = (90, 90, 220)
BADGE = (173, 386, 42)  # the middle, (x, y), and the radius of what is round about the badge


def main() -> None:
    """Draw each strip."""
    colorizer = Colorizer.load("huedot", device="cpu")
    save("unusual", unusual(colorizer))
    save("square", square(colorizer))
    save("histograms", histograms(colorizer))
    save("aged", aged(colorizer))
    save("vividness", vividness(colorizer))
    save("region", region(colorizer))


def unusual(colorizer: Colorizer) -> list[Picture]:
    """Figure 7: a cat, with one dot of a color that no cat has."""
    gray = in_gray(data.chelsea()[:300, 50:350])
    layer = dots(gray, [(185, 60, UNUSUAL)])
    photo = colorizer.open(gray)
    return [over(gray, layer), photo.colorize(), photo.colorize(hints=layer)]


def square(colorizer: Colorizer) -> list[Picture]:
    """Figure 8: one dot in a square of one lightness, and two."""
    gray = np.full((256, 256, 3), 119, np.uint8)
    photo = colorizer.open(gray)
    one, two = dots(gray, [(128, 128, RED)]), dots(gray, [(64, 128, RED), (192, 128, BLUE)])
    return [over(gray, one), photo.colorize(hints=one), over(gray, two), photo.colorize(hints=two)]


def histograms(colorizer: Colorizer) -> list[Picture]:
    """Figure 9: one photograph with the colors of three others, which stand above it."""
    photo = colorizer.open(in_gray(data.coffee()[:, 50:450]))
    references = [data.astronaut(), data.retina(), data.hubble_deep_field()]
    return [*references, *(photo.colorize(histogram=each) for each in references)]


def aged(colorizer: Colorizer) -> list[Picture]:
    """Figure 10: a photograph that has faded, with grain, from the same dots as when it was new."""
    gray = in_gray(data.astronaut())
    layer = dots(gray, [(215, 110, (222, 177, 154)), (150, 350, (215, 95, 55)), (300, 60, (200, 195, 190))])
    old = faded(gray)
    return [
        over(gray, layer),
        colorizer.open(gray).colorize(hints=layer),
        old,
        colorizer.open(old).colorize(hints=layer),
    ]


def vividness(colorizer: Colorizer) -> list[Picture]:
    """A photograph with a dot on its sleeve: no vividness, the network's answer, the default, and more."""
    gray = in_gray(data.astronaut())
    layer = dots(gray, [(150, 350, (215, 95, 55))])
    photo = colorizer.open(gray)
    return [over(gray, layer), *(photo.colorize(hints=layer, vividness=each) for each in (0, 1, 1.2, 1.6))]


def region(colorizer: Colorizer) -> list[Picture]:
    """A badge on a suit: where it ends, what its dots do without a region, and with one."""
    gray = in_gray(data.astronaut())
    photo = colorizer.open(gray)
    suit = dots(gray, [(75, 300, (221, 96, 63)), (320, 280, (220, 101, 64)), (110, 430, (177, 51, 12))])
    badge = dots(gray, [(152, 358, (90, 70, 190)), (187, 405, (90, 70, 190))])
    rows, columns = np.mgrid[: gray.shape[0], : gray.shape[1]]
    apart = np.hypot(rows - BADGE[1], columns - BADGE[0])
    inside = np.where(apart <= BADGE[2], 255, 0).astype(np.uint8)
    both = np.where(badge[..., 3:] > 0, badge, suit)
    edge = np.where((np.abs(apart - BADGE[2]) < 1.5)[..., None], np.uint8(255), over(gray, both))
    pictures = [edge, photo.colorize(both), photo.colorize(suit, regions=[Region(inside, badge)])]
    return [picture[230:, 30:312] for picture in pictures]


def faded(gray: Picture) -> Picture:
    """Age a photograph: blacks lifted, contrast lost, grain, darker corners."""
    rng = np.random.default_rng(0)
    height, width = gray.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 55 + 0.6 * gray[..., 0] - 25 * (x**2 + y**2) / 2 + rng.normal(0, 9, (height, width))
    return np.repeat(light.clip(0, 255).astype(np.uint8)[..., None], 3, 2)


def in_gray(rgb: Picture) -> Picture:
    """Return a picture without its color, uint8 (H, W, 3)."""
    return np.asarray(Image.fromarray(rgb).convert("L").convert("RGB"))


def dots(gray: Picture, places: list[tuple[int, int, tuple[int, int, int]]]) -> Picture:
    """Return a hint layer, uint8 (H, W, 4), with dots of 9 pixels at (x, y) of a color each."""
    layer = np.zeros((*gray.shape[:2], 4), np.uint8)
    for x, y, rgb in places:
        layer[y - 4 : y + 5, x - 4 : x + 5] = (*rgb, 255)
    return layer


def over(gray: Picture, layer: Picture) -> Picture:
    """Show a hint layer on its photograph."""
    return np.where(layer[..., 3:] > 0, layer[..., :3], gray)


def save(name: str, pictures: list[Picture]) -> None:
    """Set pictures side by side, 256 pixels high; from six on in two rows."""
    rows = [pictures] if len(pictures) < 6 else [pictures[: len(pictures) // 2], pictures[len(pictures) // 2 :]]
    step = 256 + GAP
    sheet = Image.new("RGB", (step * len(rows[0]) - GAP, step * len(rows) - GAP), "white")
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            small = Image.fromarray(picture).resize((256, 256), Image.Resampling.LANCZOS)
            sheet.paste(small, (j * step, i * step))
    sheet.save(FOLDER / f"behavior-{name}.jpg", quality=88)


if __name__ == "__main__":
    main()
