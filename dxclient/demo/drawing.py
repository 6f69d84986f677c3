"""Pictures that look a little like what scanners make, from ellipses, gradients and text."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Picture = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse in a picture that spans -1 to 1; `value` is set inside, with soft edges."""

    x: float
    y: float
    width: float
    height: float
    value: float


def ellipses(size: int, shapes: tuple[Ellipse, ...], seed: int, noise: float) -> Picture:
    """Return a picture of ellipses over one another, with a shading and noise, from 0 to 1."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    picture: Picture = np.zeros((size, size), np.float32)
    for shape in shapes:
        inside = ((x - shape.x) / shape.width) ** 2 + ((y - shape.y) / shape.height) ** 2
        weight = np.clip((1.05 - inside) / 0.1, 0, 1)
        picture = picture * (1 - weight) + shape.value * weight
    shading = 1 + 0.08 * x - 0.06 * y
    grain = np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.clip(picture * shading + grain, 0, 1)


def brain(size: int, z: float, seed: int, *, t2: bool) -> Picture:
    """Return a slice of a head; `z` from 0 (base) to 1 (top)."""
    radius = max(0.15, float(np.sqrt(max(0.05, 1 - (1.7 * z - 0.75) ** 2))))
    skull, grey, white, fluid = (0.5, 0.7, 0.5, 0.95) if t2 else (0.85, 0.45, 0.68, 0.12)
    wide, high = 0.66 * radius, 0.84 * radius
    inner = max(0.02, 0.13 * radius * (1 - abs(2 * z - 1)))
    shapes = (
        Ellipse(0, 0, wide, high, skull),
        Ellipse(0, 0, wide * 0.93, high * 0.94, 0.08),
        Ellipse(0, 0, wide * 0.88, high * 0.90, grey),
        Ellipse(-0.22 * radius, 0, wide * 0.46, high * 0.76, white),
        Ellipse(0.22 * radius, 0, wide * 0.46, high * 0.76, white),
        Ellipse(-0.1 * radius, -0.05, inner * 0.6, inner * 2, fluid),
        Ellipse(0.1 * radius, -0.05, inner * 0.6, inner * 2, fluid),
    )
    return ellipses(size, shapes, seed, 0.02)


def body(size: int, z: float, seed: int, *, pet: bool) -> Picture:
    """Return a slice of a trunk; in PET only some organs and a lesion take up tracer."""
    lung = 0.05 if pet else 0.12
    shapes = [
        Ellipse(0, 0.05, 0.85, 0.58, 0.1 if pet else 0.52),
        Ellipse(-0.38, 0, 0.3, 0.38 * (0.6 + 0.4 * z), lung),
        Ellipse(0.38, 0, 0.3, 0.38 * (0.6 + 0.4 * z), lung),
        Ellipse(0.08, -0.05, 0.2, 0.22, 0.65 if pet else 0.58),
        Ellipse(0, 0.42, 0.12, 0.12, 0.15 if pet else 0.9),
    ]
    if 0.3 < z < 0.6:
        shapes.append(Ellipse(-0.42, 0.1, 0.07, 0.07, 0.98 if pet else 0.5))
    return ellipses(size, tuple(shapes), seed, 0.03 if pet else 0.012)


def fan(width: int, height: int, phase: float, seed: int) -> Picture:
    """Return an ultrasound-like fan from 0 to 1 with a pulsing dark structure."""
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(0, 1.25, height))
    depth, angle = np.hypot(x, y), np.arctan2(x, y)
    speckle = np.random.default_rng(seed).gamma(2.0, 0.16, (height, width))
    size = 0.16 + 0.04 * float(np.sin(phase))
    hole = ((x - 0.1) / (size * 1.3)) ** 2 + ((y - 0.65) / size) ** 2 < 1
    wall = np.exp(-(((depth - 0.95) / 0.03) ** 2)) * 0.5
    picture = np.where(hole, speckle * 0.12, speckle * (1.1 - 0.5 * depth)) + wall
    return np.clip(np.where((np.abs(angle) < 0.75) & (depth < 1.15), picture, 0), 0, 1)


def vessels(size: int, phase: float, seed: int) -> Picture:
    """Return an angiogram-like frame from 0 to 1: dark branches fill as `phase` goes 0 to 1."""
    image = Image.new("L", (size, size), 200)
    draw = ImageDraw.Draw(image)
    for branch in range(-3, 4):
        points = [
            (size * (0.5 + branch * 0.11 * t * t), size * (0.1 + 0.75 * t))
            for t in np.linspace(0, max(0.05, phase), 24)
        ]
        draw.line(points, fill=70, width=max(1, 6 - abs(branch)), joint="curve")
    grain = np.random.default_rng(seed).normal(0, 0.015, (size, size))
    return np.clip(np.asarray(image, np.float32) / 255 + grain, 0, 1)


def with_text(picture: Picture, lines: tuple[str, ...]) -> Picture:
    """Return an 8-bit picture with white text burned into its upper left corner."""
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((8, 6 + 14 * number), line, fill=255)
    return np.asarray(image)


def levels(picture: Picture, top: int) -> Picture:
    """Return a picture from 0 to 1 as whole numbers up to `top`."""
    kind = np.uint8 if top < 256 else np.uint16
    return (picture * top).astype(kind)
