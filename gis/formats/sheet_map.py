"""A map as it stands on paper: SVG drawn to scale from the shapes themselves, with legend, scale bar, north and grid.

The same text stands in a page and in a PDF, and the same shapes give the same text. A unit of the drawing is a millimetre
on paper. No script, no style sheet, nothing from elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely
from numpy.typing import NDArray

type Objects = NDArray[np.object_]

SCALES = (200, 500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000)
WIDTH, HEIGHT = 180.0, 86.0
"""The frame of an extract, mm."""

_ROOM = 0.72
"""So much of the frame a feature may fill."""

_MASK = 4.0  # mm around the frame that are covered again, so that cut outlines do not show
_COLUMN, _ROW, _SWATCH = 58.0, 4.2, 6.0
_FOOT = 10.5
_FONTS = "'Sheet Latin', 'Sheet Vietnamese', 'Sheet Extended', system-ui, sans-serif"
_INK, _GREY = "#111827", "#6b7280"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a map fills on paper, mm."""

    width: float = WIDTH
    height: float = HEIGHT


SHEET = Frame()


@dataclass(frozen=True, slots=True)
class Look:
    """How shapes are drawn: `fill` and `line` are colours, `width` and `dashes` mm."""

    fill: str | None = None
    opacity: float = 1.0
    line: str | None = None
    width: float = 0.2
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Shapes that are drawn alike, in the order of the drawing, and what the legend calls them; a projected CRS, easting
    first. Points are drawn as small squares."""

    title: str
    shapes: Objects
    look: Look


@dataclass(frozen=True, slots=True)
class Caption:
    """A text whose middle stands at (x, y), `size` mm high."""

    text: str
    x: float
    y: float
    size: float = 2.2
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What the map says besides titles: `scale` before 1:500, `north` above its arrow."""

    scale: str
    north: str
    label: str
    thousands: str


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What a map shows, from the bottom up, its captions with those first that matter most, and its words."""

    drawn: Sequence[Drawn]
    captions: Sequence[Caption]
    words: Words


@dataclass(frozen=True, slots=True)
class Window:
    """The ground that the frame shows, metres, at 1:`scale`."""

    scale: int
    west: float
    south: float
    east: float
    north: float

    @property
    def frame(self) -> Frame:
        """How much paper it takes, to the hundredth of a millimetre."""
        to_mm = 1_000 / self.scale
        return Frame(round((self.east - self.west) * to_mm, 2), round((self.north - self.south) * to_mm, 2))

    @property
    def reach(self) -> float:
        """How far the window's corners are from its middle, m."""
        return math.hypot(self.east - self.west, self.north - self.south) / 2

    def shows(self, shape: shapely.Geometry, least: float) -> bool:
        """The shape is at least `least` mm wide and high on paper."""
        west, south, east, north = shapely.bounds(shape)
        return bool(min(east - west, north - south) * 1_000 / self.scale >= least)

    def paper(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (n, 2) on paper, mm from the upper left corner of the frame."""
        to_mm = 1_000 / self.scale
        return np.column_stack([(points[:, 0] - self.west) * to_mm, (self.north - points[:, 1]) * to_mm])


def window_of(*shapes: shapely.Geometry, frame: Frame = SHEET) -> Window:
    """The window at the largest round scale at which the shapes fit well into the frame, with them in its middle."""
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    wide, high = (east - west) / _ROOM, (north - south) / _ROOM
    fits = (s for s in SCALES if wide <= _ground(frame.width, s) and high <= _ground(frame.height, s))
    return window_at((west + east) / 2, (south + north) / 2, next(fits, SCALES[-1]), frame)


def window_at(x: float, y: float, scale: int, frame: Frame = SHEET) -> Window:
    """The window at 1:`scale` whose middle is (x, y)."""
    half_x, half_y = _ground(frame.width, scale) / 2, _ground(frame.height, scale) / 2
    return Window(scale, x - half_x, y - half_y, x + half_x, y + half_y)


def _ground(millimetres: float, scale: int) -> float:
    return millimetres * scale / 1_000


def sheet_map(window: Window, drawing: Drawing) -> str:
    """The map as one SVG element. The legend tells what can be seen in the window, each title once."""
    frame, words = window.frame, drawing.words
    seen = [(each, paths) for each in drawing.drawn if (paths := _paths(window, each.shapes))]
    titles = list({each.title: each for each, _ in seen}.values())
    rows = -(-len(titles) // _columns(frame))
    height = frame.height + _FOOT + rows * _ROW + 1
    about = f'viewBox="-0.5 -0.5 {frame.width + 1:g} {height:g}" role="img" aria-label={quoteattr(words.label)}'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sheet-map" {about} font-family={quoteattr(_FONTS)}>',
        f'<rect x="0" y="0" width="{frame.width:g}" height="{frame.height:g}" fill="#ffffff"/>',
        *(f"<g{_attributes(each.look)}>{paths}</g>" for each, paths in seen),
        *_captions(window, drawing.captions),
        _edge(frame, height),
        *_grid(window, words),
        *_scale_bar(window, words),
        _north(frame, words),
        *_legend(titles, frame),
        "</svg>",
    ]
    return "".join(parts)


def sheet_height(window: Window, drawing: Drawing) -> float:
    """How high the whole map is on paper, with what stands under its frame, at most, mm."""
    rows = -(-len({each.title for each in drawing.drawn}) // _columns(window.frame))
    return window.frame.height + _FOOT + rows * _ROW + 1


def _columns(frame: Frame) -> int:
    return max(int(frame.width / _COLUMN), 1)


def _attributes(look: Look) -> str:
    found = f' fill="{look.fill}" fill-opacity="{look.opacity:g}" fill-rule="evenodd"' if look.fill else ' fill="none"'
    if look.line:
        found += f' stroke="{look.line}" stroke-width="{look.width:g}" stroke-linejoin="round"'
    if look.dashes:
        found += f' stroke-dasharray="{" ".join(f"{dash:g}" for dash in look.dashes)}"'
    return found


def _paths(window: Window, shapes: Objects) -> str:
    """A path for each shape; empty where there is nothing in the window."""
    runs = ("".join(_runs(window, clipped)) for clipped in seen_of(window, shapes))
    return "".join(f'<path d="{run}"/>' for run in runs if run)


def seen_of(window: Window, shapes: Objects) -> Objects:
    """The shapes that meet the window, cut a little outside of it."""
    there = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    inside = there[shapely.intersects(there, shapely.box(window.west, window.south, window.east, window.north))]
    beyond = _ground(_MASK / 2, window.scale)
    box = (window.west - beyond, window.south - beyond, window.east + beyond, window.north + beyond)
    return np.asarray(shapely.clip_by_rect(inside, *box), dtype=object)


def _runs(window: Window, shape: shapely.Geometry) -> Iterator[str]:
    for part in shapely.get_parts(shapely.get_parts(shape)):
        yield from _pieces(window, part)


def _pieces(window: Window, part: shapely.Geometry) -> Iterator[str]:
    dimension = shapely.get_dimensions(part)
    if dimension == 0:
        (x, y), *_ = window.paper(shapely.get_coordinates(part))
        yield f"M{x - 0.8:.2f} {y - 0.8:.2f}h1.6v1.6h-1.6Z"
    elif dimension == 1:
        yield _run(window, part, closed=False)
    else:
        for ring in shapely.get_rings(part):
            yield _run(window, ring, closed=True)


def _run(window: Window, line: shapely.Geometry, *, closed: bool) -> str:
    points = window.paper(shapely.get_coordinates(line))
    if closed:
        points = points[:-1]
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + ("Z" if closed else "")


def _captions(window: Window, captions: Sequence[Caption]) -> Iterator[str]:
    """Each text twice: its white edge first."""
    for caption, x, y in placed(window, captions):
        place = f'x="{x:.2f}" y="{y + caption.size * 0.36:.2f}" font-size="{caption.size:g}" text-anchor="middle"'
        weight = ' font-weight="600"' if caption.bold else ""
        text = escape(caption.text)
        yield f'<text {place}{weight} fill="#ffffff" stroke="#ffffff" stroke-width="0.7">{text}</text>'
        yield f'<text {place}{weight} fill="{_INK}">{text}</text>'


def placed(window: Window, captions: Sequence[Caption]) -> Iterator[tuple[Caption, float, float]]:
    """The captions that lie inside the frame and on no other one, with their middle on paper, mm."""
    taken: list[tuple[float, float, float, float]] = []
    frame = window.frame
    for caption in captions:
        (x, y), *_ = window.paper(np.array([(caption.x, caption.y)]))
        half, up = _breadth(caption.text, caption.size) / 2, caption.size * 0.6
        box = (x - half, y - up, x + half, y + up)
        outside = box[0] < 1 or box[1] < 1 or box[2] > frame.width - 1 or box[3] > frame.height - 1
        if outside or any(_meet(box, other) for other in taken):
            continue
        taken.append(box)
        yield caption, x, y


def _breadth(text: str, size: float) -> float:
    """About how wide a text is, mm."""
    return len(text) * size * 0.56


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _edge(frame: Frame, height: float) -> str:
    """White around the frame, and its line."""
    wide, high = f"{frame.width:g}", f"{frame.height:g}"
    outer = f"M{-_MASK} {-_MASK}H{frame.width + _MASK}V{max(height, frame.height + _MASK)}H{-_MASK}Z"
    inner = f"M0 0V{high}H{wide}V0Z"
    line = f'<rect x="0" y="0" width="{wide}" height="{high}" fill="none" stroke="{_INK}" stroke-width="0.3"/>'
    return f'<path d="{outer}{inner}" fill="#ffffff" fill-rule="evenodd"/>{line}'


def _grid(window: Window, words: Words) -> Iterator[str]:
    """Crosses at round coordinates; X is northing and Y easting, as on paper in Vietnam."""
    frame = window.frame
    step = _round_length(_ground(45.0, window.scale))
    xs = np.arange(math.ceil(window.west / step) * step, window.east, step)
    ys = np.arange(math.ceil(window.south / step) * step, window.north, step)
    for x in xs:
        (px, _), *_ = window.paper(np.array([(x, window.north)]))
        yield _tick(px, 0, 0, 1.6) + _tick(px, frame.height, 0, -1.6)
        if 12 < px < frame.width - 12:
            text = f"Y {_whole(x, words)}"
            yield f'<text x="{px:.2f}" y="{frame.height + 2.6:g}" font-size="1.9" text-anchor="middle" fill="{_GREY}">{text}</text>'
    for y in ys:
        (_, py), *_ = window.paper(np.array([(window.west, y)]))
        yield _tick(0, py, 1.6, 0) + _tick(frame.width, py, -1.6, 0)
        if 14 < py < frame.height - 14:
            text = f"X {_whole(y, words)}"
            place = f'transform="translate(2.6 {py:.2f}) rotate(-90)" font-size="1.9" text-anchor="middle"'
            yield f'<text {place} fill="#ffffff" stroke="#ffffff" stroke-width="0.6">{text}</text>'
            yield f'<text {place} fill="{_GREY}">{text}</text>'
    for x in xs:
        for px, py in window.paper(np.column_stack([np.full(len(ys), x), ys])):
            yield f'<path d="M{px - 1.2:.2f} {py:.2f}h2.4M{px:.2f} {py - 1.2:.2f}v2.4" stroke="{_GREY}" stroke-width="0.15" fill="none"/>'


def _tick(x: float, y: float, dx: float, dy: float) -> str:
    return f'<path d="M{x:.2f} {y:.2f}l{dx:g} {dy:g}" stroke="{_INK}" stroke-width="0.2" fill="none"/>'


def _whole(value: float, words: Words) -> str:
    return f"{value:,.0f}".replace(",", words.thousands)


def _round_length(most: float) -> float:
    """The largest of 1, 2, 5, 10 … m that is not longer."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most)


def _scale_bar(window: Window, words: Words) -> Iterator[str]:
    """Four parts in metres of the ground, under the frame on the right."""
    length = _round_length(_ground(48.0, window.scale))
    part = length / 4 * 1_000 / window.scale
    left, top = window.frame.width - 4 * part - 6, window.frame.height + 6.2
    for number in range(4):
        fill = _INK if number % 2 == 0 else "#ffffff"
        yield (
            f'<rect x="{left + number * part:.2f}" y="{top:g}" width="{part:.2f}" height="1.4" fill="{fill}" '
            f'stroke="{_INK}" stroke-width="0.2"/>'
        )
    for number in (0, 2, 4):
        metres = f"{length * number / 4:g}".replace(".", "," if words.thousands == "." else ".")
        text = f"{metres} m" if number == 4 else metres
        yield f'<text x="{left + number * part:.2f}" y="{top - 0.8:g}" font-size="2.1" text-anchor="middle" fill="{_INK}">{text}</text>'
    said = f"{words.scale} 1:{_whole(window.scale, words)}"
    yield f'<text x="{left - 4:.2f}" y="{top + 1.4:g}" font-size="2.6" font-weight="600" text-anchor="end" fill="{_INK}">{escape(said)}</text>'


def _north(frame: Frame, words: Words) -> str:
    x, y = f"{frame.width - 8:g}", 6
    return (
        f'<path d="M{x} {y}l2.2 8l-2.2 -1.6l-2.2 1.6Z" fill="{_INK}" stroke="#ffffff" stroke-width="0.3"/>'
        f'<text x="{x}" y="{y - 1}" font-size="3" font-weight="600" text-anchor="middle" fill="#ffffff" stroke="#ffffff" '
        f'stroke-width="0.8">{escape(words.north)}</text>'
        f'<text x="{x}" y="{y - 1}" font-size="3" font-weight="600" text-anchor="middle" fill="{_INK}">{escape(words.north)}</text>'
    )


def _legend(titles: Sequence[Drawn], frame: Frame) -> Iterator[str]:
    """In columns that are filled downwards."""
    columns = _columns(frame)
    rows, breadth = max(-(-len(titles) // columns), 1), frame.width / columns
    for number, each in enumerate(titles):
        x, y = (number // rows) * breadth, frame.height + _FOOT + (number % rows) * _ROW
        areal = bool((shapely.get_dimensions(each.shapes) != 1).any())
        line = f"M{x:g} {y + 1.4:g}h{_SWATCH:g}"
        box = f"M{x:g} {y:g}h{_SWATCH:g}v2.8h-{_SWATCH:g}Z"
        yield f'<path d="{box if areal else line}"{_attributes(each.look)}/>'
        text = _cut(each.title, breadth - _SWATCH - 4, 2.4)
        yield f'<text x="{x + _SWATCH + 1.6:g}" y="{y + 2.2:g}" font-size="2.4" fill="{_INK}">{escape(text)}</text>'


def _cut(text: str, room: float, size: float) -> str:
    most = int(room / (size * 0.52))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
