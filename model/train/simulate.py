"""Simulated users (paper §3.2, "Simulating user interactions"), vectorized on the training device.

All that is left to chance in a step is drawn first, for the whole batch and before any color is looked at: so that
several processes that share a batch draw the same, and each takes the part of its own photographs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from huedot.model import bins

# Side of the largest revealed patch, in pixels.
LARGEST = 9
# The share of the photographs that show every color.
FULL_REVEAL = 0.01
# The share of the photographs that get the paper's geometric count of hints.
GEOMETRIC = 0.5
# The share that get no hint at all: they are what automatic color learns from. The rest get a long tail.
NONE = 0.2
LONG_TAIL = 400
# Stamps of a brush that make the longest stroke.
STAMPS = 16
# Radians that a stroke turns from stamp to stamp, standard deviation.
BEND = 0.15
# Ab units within which a stroke stays: nobody paints one color across an edge of color.
SAME_COLOR = 10.0
# The share of the photographs whose histogram is given, and as many whose saturation is.
GLOBAL_SHARE = 0.25


@dataclass(frozen=True)
class RevealedHints:
    """Dots and strokes: a stroke is a brush's square stamps along an arc, a dot is one stamp. (P,) each."""

    # Which photograph of the batch.
    owner: Tensor
    # The place of the first stamp, in pixels.
    top: Tensor
    left: Tensor
    # The side of the brush, 1 to 9 pixels.
    side: Tensor
    # How many stamps, 1 for a dot.
    stamps: Tensor
    # The direction in which a stroke sets out, in radians.
    angle: Tensor
    # How it turns, in radians per stamp.
    bend: Tensor

    def part(self, first: int, last: int) -> RevealedHints:
        """Return the hints of photographs first to last."""
        mine = (self.owner >= first) & (self.owner < last)
        chosen = {field.name: getattr(self, field.name)[mine] for field in fields(self)}
        return RevealedHints(**{**chosen, "owner": chosen["owner"] - first})


@dataclass(frozen=True)
class Users:
    """What the simulated users of a batch do, and how old their photographs are."""

    hints: RevealedHints
    everything: Tensor  # (B,) bool: every color is revealed
    reveal: Tensor  # (B, 2), 1 where the histogram and where the saturation is given
    contrast: Tensor  # (B, 1, 1, 1) each: what ages the lightness
    lift: Tensor
    noise: Tensor  # (B, 1, H, W), in units of lightness: grain, and uneven light
    corner: Tensor  # (B, 2) int64, the pixel from which on the losses look at some of them

    def part(self, first: int, last: int) -> Users:
        """Return the users of photographs first to last."""
        rows = {field.name: getattr(self, field.name)[first:last] for field in fields(self) if field.name != "hints"}
        return Users(hints=self.hints.part(first, last), **rows)


def draw(batch: int, side: int, generator: torch.Generator, strokes: float = 0.0, aging: float = 1.0) -> Users:
    """Draw the users of a batch of square photographs.

    strokes: the share of the hints that are strokes. aging: how often lightness is aged, 1 for about half of the
    photographs, 0 for none.
    """
    device = generator.device

    def chosen(share: float, *size: int) -> Tensor:
        return torch.rand(batch, *size, generator=generator, device=device) < share

    def aged(low: float, high: float, share: float, neutral: float) -> Tensor:
        value = low + (high - low) * torch.rand(batch, generator=generator, device=device)
        return torch.where(chosen(share * aging), value, neutral).view(-1, 1, 1, 1)

    grain = torch.randn(batch, 1, side, side, generator=generator, device=device)
    ramp = torch.linspace(-1, 1, side, device=device)
    shade = aged(-15.0, 15.0, 0.15, 0.0) * ramp + aged(-15.0, 15.0, 0.15, 0.0) * ramp[:, None]
    return Users(
        hints=draw_hints(draw_counts(batch, generator), side, generator, strokes),
        everything=chosen(FULL_REVEAL),
        reveal=chosen(GLOBAL_SHARE, 2).float(),
        contrast=aged(0.4, 1.3, 0.35, 1.0),
        lift=aged(-15.0, 15.0, 0.35, 0.0),
        noise=aged(0.5, 5.0, 0.2, 0.0) * grain + shade,
        corner=torch.randint(side, (batch, 2), generator=generator, device=device),
    )


def draw_hints(count: Tensor, side: int, generator: torch.Generator, strokes: float = 0.0) -> RevealedHints:
    """Draw where hints are, and how large: count (B,) of them in square photographs.

    The place is normal around the center or uniform, for all hints of a photograph; the brush's side 1 to 9 pixels.
    """
    batch, device = len(count), generator.device
    owner = torch.repeat_interleave(torch.arange(batch, device=device), count)

    def uniform() -> Tensor:
        return torch.rand(owner.shape, generator=generator, device=device)

    brush = torch.randint(1, LARGEST + 1, owner.shape, generator=generator, device=device)
    normal = torch.rand(batch, generator=generator, device=device)[owner] < 0.5
    top, left = (_places(side - brush, normal, generator) for _ in range(2))
    stamps = torch.where(uniform() < strokes, 2 + (uniform() * (STAMPS - 1)).long(), 1)
    bend = BEND * torch.randn(owner.shape, generator=generator, device=device)
    return RevealedHints(owner, top, left, brush, stamps, 2 * math.pi * uniform(), bend)


def draw_counts(batch: int, generator: torch.Generator) -> Tensor:
    """Draw how many hints each photograph gets, int64 (B,).

    The count is geometric with p = 1/8 as in the paper, or none, or log-uniform up to some hundreds.
    """
    kind, uniform = torch.rand(2, batch, generator=generator, device=generator.device)
    uniform = uniform.clamp_min(1e-6)
    geometric = (uniform.log() / math.log(1 - 1 / 8)).floor()
    tail = (1 + uniform * (math.log(LONG_TAIL) - 1)).exp()
    count = torch.where(kind < GEOMETRIC, geometric, torch.where(kind < GEOMETRIC + NONE, 0.0, tail))
    return count.clamp_max(LONG_TAIL).long()


def _places(last: Tensor, normal: Tensor, generator: torch.Generator) -> Tensor:
    """Return the first pixel of each patch along one axis; `last` is the largest that fits."""
    around = 0.5 + 0.25 * torch.randn(last.shape, generator=generator, device=last.device)
    anywhere = torch.rand(last.shape, generator=generator, device=last.device)
    return (torch.where(normal, around, anywhere).clamp(0, 1) * last.clamp_min(0)).long()


def reveal(ab: Tensor, users: Users) -> tuple[Tensor, Tensor]:
    """Reveal the truth, ab (B, 2, H, W), as the users want: returns what `paint` does."""
    hint_ab, hint_mask = paint(ab, users.hints)
    every = users.everything[:, None, None, None]
    return torch.where(every, ab, hint_ab), torch.where(every, 1.0, hint_mask)


def paint(ab: Tensor, hints: RevealedHints) -> tuple[Tensor, Tensor]:
    """Reveal the true color under hints, each of which has the one color that is its mean.

    ab: (B, 2, H, W), the truth. Returns hint_ab (B, 2, H, W), 0 where there is no hint, and hint_mask (B, 1, H, W),
    0 or 1. A later hint lies on top of an earlier one.
    """
    count = len(hints.owner)
    hint, order, top, left, side = _stamps(hints, ab.shape[-2:])
    mean = _means(ab, hints.owner[hint], top, left, side)
    kept = _before_the_color_changes(mean, hint, order, count)
    hint, mean, top, left, side = (x[kept] for x in (hint, mean, top, left, side))
    # The first is for where there is no hint.
    color = ab.new_zeros(count + 1, 2).index_add(0, hint + 1, mean)
    color = color / torch.bincount(hint + 1, minlength=count + 1).clamp_min(1)[:, None]
    on_top = _fill(ab.shape, hints.owner[hint], top, left, side, hint + 1)
    return color[on_top].permute(0, 3, 1, 2).contiguous(), (on_top > 0).to(ab.dtype)[:, None]


def _stamps(hints: RevealedHints, size: torch.Size) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Lay a brush's stamps along its stroke: returns hint, order within the hint, top, left and side, (S,) each."""
    device = hints.owner.device
    hint = torch.repeat_interleave(torch.arange(len(hints.owner), device=device), hints.stamps)
    first = hints.stamps.cumsum(0) - hints.stamps
    order = torch.arange(len(hint), device=device) - first[hint]
    side, turn = hints.side[hint], hints.bend[hint] * order
    # Half a side from stamp to stamp, along an arc.
    chord = order * side / 2 * torch.sinc(turn / (2 * math.pi))
    direction = hints.angle[hint] + turn / 2
    top = hints.top[hint] + (chord * direction.sin()).round().long()
    left = hints.left[hint] + (chord * direction.cos()).round().long()
    top, left = (
        torch.minimum(x.clamp_min(0), (extent - side).clamp_min(0)) for x, extent in zip((top, left), size, strict=True)
    )
    return hint, order, top, left, side


def _means(ab: Tensor, owner: Tensor, top: Tensor, left: Tensor, side: Tensor) -> Tensor:
    """Return each patch's mean color, (S, 2); the integral image gives all of them at once."""
    height, width = ab.shape[-2:]
    integral = torch.nn.functional.pad(ab.double().cumsum(2).cumsum(3), (1, 0, 1, 0))
    bottom, right = (top + side).clamp_max(height), (left + side).clamp_max(width)

    def corner(y: Tensor, x: Tensor) -> Tensor:
        return integral[owner, :, y, x]

    total = corner(bottom, right) - corner(top, right) - corner(bottom, left) + corner(top, left)
    return (total / ((bottom - top) * (right - left))[:, None]).to(ab.dtype)


def _before_the_color_changes(mean: Tensor, hint: Tensor, order: Tensor, count: int) -> Tensor:
    """Return which stamps a stroke gets to before the true color leaves that of its start, bool (S,)."""
    start = mean[order == 0][hint]
    changed = torch.where((mean - start).norm(dim=1) > SAME_COLOR, order, STAMPS)
    end = torch.full((count,), STAMPS, device=mean.device).scatter_reduce(0, hint, changed, "amin")
    return order < end[hint]


def _fill(shape: torch.Size, owner: Tensor, top: Tensor, left: Tensor, side: Tensor, value: Tensor) -> Tensor:
    """Fill squares with their values, the largest value on top: int64 (B, H, W), 0 where there is none."""
    batch, _, height, width = shape
    step = torch.arange(LARGEST, device=owner.device)
    rows, columns = (top[:, None, None] + step[:, None]), (left[:, None, None] + step)  # (S, 9, 1), (S, 1, 9)
    bottom, right = (top + side).clamp_max(height), (left + side).clamp_max(width)
    inside = (rows < bottom[:, None, None]) & (columns < right[:, None, None])
    index = ((owner[:, None, None] * height + rows) * width + columns)[inside]
    filled = torch.zeros(batch * height * width, dtype=torch.int64, device=owner.device)
    filled.scatter_reduce_(0, index, value[:, None, None].expand_as(inside)[inside], "amax")
    return filled.view(batch, height, width)


def global_hints(rgb: Tensor, encoded: Tensor, users: Users) -> Tensor:
    """Give the histogram and the mean saturation where they are revealed (paper §3.2).

    rgb: (B, 3, H, W) in 0..1; encoded: (B, 313, h, w), the soft-encoded truth. Returns (B, 316).
    """
    histogram = encoded.mean(dim=(2, 3)) * users.reveal[:, :1]
    saturation = bins.saturation(rgb).mean((1, 2))[:, None] * users.reveal[:, 1:]
    return torch.cat([histogram, users.reveal[:, :1], saturation, users.reveal[:, 1:]], 1)


def age(lightness: Tensor, users: Users) -> Tensor:
    """Make some photographs old: less or more contrast, lifted blacks, grain, uneven light.

    lightness: (B, 1, H, W) in 0..100.
    """
    return ((lightness - 50) * users.contrast + 50 + users.lift + users.noise).clamp(0, 100)
