"""The map of a sheet as a picture: the same shapes in the same colours, in pixels, for those who can show no drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from gis.formats.lettering import Lettering, Style
from gis.formats.sheet_map import Drawing, Drawn, Frame, Window, placed, seen_of

_INK = "#111827"
_FINER = 2  # each pixel is the mean of so many squared
_QUALITIES = (82, 70, 55, 40, 25)
_COLORS = 128

type Pixels = list[tuple[float, float]]


def picture(window: Window, drawing: Drawing, per_mm: float, lettering: Lettering) -> Image.Image:
    """The inside of the frame with `per_mm` pixels for a millimetre of the sheet; without legend and scale."""
    frame = window.frame
    size = (round(frame.width * per_mm) * _FINER, round(frame.height * per_mm) * _FINER)
    image = Image.new("RGB", size, "#ffffff")
    for each in drawing.drawn:
        _paint(image, window, each, per_mm * _FINER)
    image = image.reduce(_FINER)
    draw = ImageDraw.Draw(image)
    for caption, x, y in placed(window, drawing.captions):
        size_px = max(round(caption.size * per_mm), 8)
        style = Style(size_px, _INK, caption.bold, max(round(0.35 * per_mm), 1))
        left = x * per_mm - lettering.width(caption.text, style) / 2
        lettering.write(draw, (left, y * per_mm + 0.36 * size_px), caption.text, style)
    return image


@dataclass(frozen=True, slots=True)
class Headline:
    """What a preview says beside its map; `facts` a line each, `source` at its foot."""

    title: str
    address: str
    facts: Sequence[str]
    source: str


PREVIEW = (1200, 630)
"""The pixels of a preview: what the pages expect that show a link with its picture."""

PREVIEW_FRAME = Frame(120.0, 105.0)
_PREVIEW_PER_MM = 6.0
_GROUND, _GOLD, _PALE = "#0f4c4a", "#f2b33d", "#d7e6e4"
_EDGE = 36


def preview(window: Window, drawing: Drawing, said: Headline, lettering: Lettering) -> Image.Image:
    """The map of a window of PREVIEW_FRAME on the right, and what is said of it on the left."""
    chart = picture(window, drawing, _PREVIEW_PER_MM, lettering)
    image = Image.new("RGB", PREVIEW, _GROUND)
    image.paste(chart, (PREVIEW[0] - chart.width, 0))
    draw = ImageDraw.Draw(image)
    room = PREVIEW[0] - chart.width - 2 * _EDGE
    y = 88.0
    blocks = [(said.title, Style(44, "#ffffff", bold=True), 2, 18), (said.address, Style(26, _PALE), 3, 30)]
    blocks += [(fact, Style(25, "#ffffff"), 2, 16) for fact in said.facts]
    for text, style, most, after in blocks:
        for line in lettering.lines(text, style, room, most):
            if y > PREVIEW[1] - 72:
                break
            lettering.write(draw, (_EDGE, y), line, style)
            y += style.size * 1.25
        y += after
    lettering.write(draw, (_EDGE, PREVIEW[1] - 32), said.source, Style(24, _GOLD, bold=True))
    return image


def png(image: Image.Image) -> bytes:
    """With as many colours as a map needs, so that it is small."""
    made = BytesIO()
    image.quantize(_COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(made, "PNG", optimize=True)
    return made.getvalue()


def webp(image: Image.Image, most: int) -> bytes:
    """At the best quality with which it has at most `most` bytes; where it never has, smaller."""
    for quality in _QUALITIES:
        made = BytesIO()
        image.save(made, "WEBP", quality=quality, method=4)
        if made.tell() <= most:
            return made.getvalue()
    return webp(image.reduce(2), most)


def _paint(image: Image.Image, window: Window, drawn: Drawn, per_mm: float) -> None:
    look = drawn.look
    shapes = seen_of(window, drawn.shapes)
    parts = shapely.get_parts(shapely.get_parts(shapes))
    if not len(parts):
        return
    dimensions = shapely.get_dimensions(parts)
    if look.fill:
        mask = Image.new("L", image.size)
        for part in parts[dimensions == 2]:
            _fill(mask, window, part, per_mm)
        for part in parts[dimensions == 0]:
            (x, y), *_ = _pixels(window, part, per_mm)
            ImageDraw.Draw(mask).rectangle(
                (x - 0.8 * per_mm, y - 0.8 * per_mm, x + 0.8 * per_mm, y + 0.8 * per_mm), 255
            )
        image.paste(look.fill, mask=mask.point(lambda value: value * look.opacity))
    if look.line:
        draw, width = ImageDraw.Draw(image), max(round(look.width * per_mm), _FINER)
        rings = shapely.get_rings(parts[dimensions == 2])
        for line in (*rings, *parts[dimensions == 1]):
            for run in _dashed(_pixels(window, line, per_mm), [dash * per_mm for dash in look.dashes]):
                draw.line(run, look.line, width, joint="curve")


def _fill(mask: Image.Image, window: Window, part: shapely.Geometry, per_mm: float) -> None:
    outer, *holes = shapely.get_rings(part)
    if not holes:
        ImageDraw.Draw(mask).polygon(_pixels(window, outer, per_mm), 255)
        return
    own = Image.new("L", mask.size)
    draw = ImageDraw.Draw(own)
    draw.polygon(_pixels(window, outer, per_mm), 255)
    for hole in holes:
        draw.polygon(_pixels(window, hole, per_mm), 0)
    mask.paste(ImageChops.lighter(mask, own))


def _pixels(window: Window, line: shapely.Geometry, per_mm: float) -> Pixels:
    points: NDArray[np.float64] = window.paper(shapely.get_coordinates(line)) * per_mm
    return [(float(x), float(y)) for x, y in points]


def _dashed(points: Pixels, dashes: Sequence[float]) -> Iterator[Pixels]:
    """The runs of a line that are drawn; `dashes`: lengths that are drawn and left out in turn."""
    if not dashes:
        yield points
        return
    line = shapely.LineString(points)
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(np.array(points), axis=0).T))))
    at, number = 0.0, 0
    while at < line.length:
        end = at + max(dashes[number % len(dashes)], 1.0)
        if number % 2 == 0:
            corners = along[(along > at) & (along < end)]
            steps = np.array([at, *corners, min(end, line.length)])
            run = shapely.line_interpolate_point(line, steps)
            yield [(float(x), float(y)) for x, y in shapely.get_coordinates(run)]
        at, number = end, number + 1
