"""Texts in pictures, in a font that comes as several files, each with a part of the letters, as web fonts do."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from itertools import groupby

from fontTools.ttLib import TTFont
from PIL import ImageDraw, ImageFont


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is written: `size` and `edge` (the white around it) in pixels."""

    size: int
    color: str
    bold: bool = False
    edge: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Lettering:
    """`regular` and `bold`: the files of the font, the one that most letters are in first; those that none has are drawn with the first."""

    regular: Sequence[bytes]
    bold: Sequence[bytes]
    _sized: dict[tuple[bool, int, int], ImageFont.FreeTypeFont] = field(default_factory=dict)

    def width(self, text: str, style: Style) -> float:
        """How wide the text becomes, pixels."""
        return sum(font.getlength(run) for font, run in self._runs(text, style))

    def write(self, draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, style: Style) -> None:
        """Writes with the left end of the base line at `place`."""
        x, y = place
        for font, run in self._runs(text, style):
            draw.text((x, y), run, style.color, font, "ls", stroke_width=style.edge, stroke_fill="#ffffff")
            x += font.getlength(run)

    def lines(self, text: str, style: Style, room: float, most: int) -> list[str]:
        """The text in lines of at most `room` pixels; the last of `most` lines ends in … where more follows."""
        found: list[str] = [""]
        for word in text.split():
            longer = f"{found[-1]} {word}".strip()
            if found[-1] and self.width(longer, style) > room:
                found.append(word)
            else:
                found[-1] = longer
        if len(found) <= most:
            return found
        last = found[most - 1]
        while last and self.width(f"{last}…", style) > room:
            last = last[:-1].rstrip()
        return [*found[: most - 1], f"{last}…"]

    def _runs(self, text: str, style: Style) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
        files = self.bold if style.bold else self.regular
        for number, letters in groupby(unicodedata.normalize("NFC", text), lambda letter: _file_of(letter, files)):
            yield self._font(style, number, files[number]), "".join(letters)

    def _font(self, style: Style, number: int, file: bytes) -> ImageFont.FreeTypeFont:
        key = (style.bold, number, style.size)
        if key not in self._sized:
            self._sized[key] = ImageFont.truetype(BytesIO(file), style.size)
        return self._sized[key]


def _file_of(letter: str, files: Sequence[bytes]) -> int:
    return next((number for number, file in enumerate(files) if ord(letter) in _letters(file)), 0)


@lru_cache(maxsize=16)
def _letters(file: bytes) -> frozenset[int]:
    """The code points that a font file has."""
    return frozenset(TTFont(BytesIO(file), lazy=True).getBestCmap())
