"""What the user chose for a document, as it is kept in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .host import RGB

RECENT = 9  # colors
# What the shipped network has by itself.
USUAL_VIVIDNESS = 1.2
# With the colors of another document, which say themselves how vivid they are meant.
BORROWED_VIVIDNESS = 1.0
MOST_VIVID = 2.0
# Characters of a model's name, as the protocol has it.
MAX_NAME = 4096


@dataclass
class Settings:
    """What the user chose for a document; kept in it."""

    live: bool = True
    selection_only: bool = False
    draft: bool = False
    saturation: float | None = None
    # What the chroma is multiplied by where no dot reaches; None is the usual.
    vividness: float | None = None
    # The network; None is the daemon's default.
    model: str | None = None
    recent: list[RGB] = field(default_factory=list)

    @staticmethod
    def of(kept: Mapping[str, Any]) -> Settings:
        """Read what a document kept; what cannot be read falls back to the default."""
        settings = Settings()
        for name in ("live", "selection_only", "draft"):
            if isinstance(kept.get(name), bool):
                setattr(settings, name, kept[name])
        settings.saturation = _number(kept.get("saturation"), 1)
        settings.vividness = _number(kept.get("vividness"), MOST_VIVID)
        model = kept.get("model")
        settings.model = model if isinstance(model, str) and 0 < len(model) <= MAX_NAME else None
        recent = kept.get("recent")
        if isinstance(recent, list):
            settings.recent = [color for each in recent[:RECENT] if (color := _color(each))]
        return settings

    def as_json(self) -> dict[str, Any]:
        """Return JSON values, as `of` reads them."""
        return {**vars(self), "recent": [list(color) for color in self.recent]}

    def painted_with(self, color: RGB) -> None:
        """Remember a color among those lately used."""
        self.recent = [color, *[each for each in self.recent if each != color]][:RECENT]


def _number(value: object, most: float) -> float | None:
    return float(value) if isinstance(value, (int, float)) and 0 <= value <= most else None


def _color(value: object) -> RGB | None:
    if isinstance(value, list) and len(value) == 3 and all(isinstance(v, int) and 0 <= v <= 255 for v in value):
        return value[0], value[1], value[2]
    return None
