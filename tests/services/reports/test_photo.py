"""Photos of strangers: what is kept of them, and what is refused before it is decoded."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from gis.errors import InvalidParameter, TooLarge
from services.reports.photo import LONGEST_SIDE, MOST_BYTES, clean


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is so large, of a few bytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_place_camera_comment_and_profile_do_not_outlive_the_camera() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = "MAYANH", "CHUNHAN"
    exif.get_ifd(0x8825)[2] = (10.0, 46.0, 36.0)
    sent = saved(Image.new("RGB", (80, 60), "blue"), exif=exif, comment=b"GHICHU", icc_profile=b"HOSOMAU" * 40)
    assert all(word in sent for word in (b"MAYANH", b"CHUNHAN", b"GHICHU", b"HOSOMAU"))
    kept = clean(sent)
    assert not [word for word in (b"MAYANH", b"CHUNHAN", b"GHICHU", b"HOSOMAU", b"Exif") if word in kept]
    with Image.open(BytesIO(kept)) as image:
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_texts_and_what_follows_the_picture_do_not_stay() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "TACGIA")
    sent = saved(Image.new("RGBA", (20, 20), (255, 0, 0, 0)), "PNG", pnginfo=info) + b"<script>DINHKEM</script>"
    kept = clean(sent)
    assert b"TACGIA" not in kept
    assert b"DINHKEM" not in kept
    with Image.open(BytesIO(kept)) as image:
        assert image.format == "JPEG"
        assert image.getpixel((10, 10)) == (255, 255, 255)


def test_a_photo_stands_upright_and_is_no_longer_than_allowed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    with Image.open(BytesIO(clean(saved(Image.new("RGB", (4_000, 1_000), "green"), exif=exif)))) as image:
        assert image.size == (LONGEST_SIDE // 4, LONGEST_SIDE)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_kinds_become_jpeg(kind: str) -> None:
    assert clean(saved(Image.new("P", (30, 30)), kind) if kind == "PNG" else saved(Image.new("RGB", (30, 30)), kind))[
        :2
    ] == (b"\xff\xd8")


@pytest.mark.parametrize(
    "sent",
    [
        png_of(30_000, 30_000),
        png_of(200_000, 200_000),
        png_of(6_000, 5_000),
        saved(Image.new("L", (9_000, 8_000))),
        b"\xff\xd8" + b"x" * MOST_BYTES,
    ],
    ids=["bomb", "larger bomb", "too many pixels", "too large a JPEG", "too many bytes"],
)
def test_what_is_too_large_is_refused_before_it_is_decoded(sent: bytes) -> None:
    with pytest.raises(TooLarge):
        clean(sent)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\xff\xd8\xff\xe0",
        saved(Image.new("RGB", (400, 300)))[:400],
        saved(Image.new("RGB", (40, 30)), "GIF"),
        saved(Image.new("RGB", (40, 30)), "TIFF"),
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        saved(Image.new("RGB", (40, 30)), progressive=True)[:-2] + b"\xff\xda\x00\x02" * 60,
        png_of(0, 10),
    ],
    ids=["nothing", "a beginning", "cut off", "GIF", "TIFF", "PDF", "SVG", "many scans", "no width"],
)
def test_what_is_no_photo_is_refused(sent: bytes) -> None:
    with pytest.raises(InvalidParameter):
        clean(sent)


def headed(width: int, height: int, in_scan: int) -> bytes:
    """A sequential JPEG of three colours that says it is so large, with so many of its colours in the first scan."""
    colours = b"".join(bytes((number, 0x11, 0)) for number in (1, 2, 3))
    frame = struct.pack(">BBHBHHB", 0xFF, 0xC0, 17, 8, height, width, 3) + colours
    scan = struct.pack(">BBHB", 0xFF, 0xDA, 6 + 2 * in_scan, in_scan) + bytes(2 * in_scan) + b"\0\x3f\0"
    return b"\xff\xd8" + frame + scan


@pytest.mark.parametrize(
    "sent",
    [saved(Image.new("L", (6_000, 5_000)), progressive=True), headed(6_000, 5_000, 1)],
    ids=["progressive", "a scan for each colour"],
)
def test_a_jpeg_whose_coefficients_stand_in_memory_whole_may_have_as_many_pixels_as_a_png(sent: bytes) -> None:
    with pytest.raises(TooLarge, match="24 MP"):
        clean(sent)


def test_the_same_in_one_scan_is_not_too_large() -> None:
    assert clean(saved(Image.new("L", (6_000, 5_000))))
    with pytest.raises(InvalidParameter, match="no photo"):
        clean(headed(6_000, 5_000, 3))  # there are no pixels behind its header


_BOUNDED = """
import resource, sys
from PIL import Image
from services.reports.photo import clean
clean(open(sys.argv[2], "rb").read())  # what decoders keep for themselves
used = next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, (used + (48 << 20),) * 2)
sys.stdout.buffer.write(clean(open(sys.argv[1], "rb").read()))
"""


@pytest.mark.parametrize("size", [(8_000, 8_000), (64_000, 1_000)], ids=["a square", "a strip"])
@pytest.mark.skipif(sys.platform != "linux", reason="memory of a process is bounded by Linux")
def test_64_megapixels_are_decoded_in_the_memory_of_a_small_picture(tmp_path: Path, size: tuple[int, int]) -> None:
    """Whole they are 64 MB, or 256 MB in colour; the process may have 48 MB."""
    bomb, small = tmp_path / "bomb.jpg", tmp_path / "small.jpg"
    bomb.write_bytes(saved(Image.new("L", size)))
    small.write_bytes(saved(Image.new("L", (40, 40))))
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", _BOUNDED, str(bomb), str(small)]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    with Image.open(BytesIO(done.stdout)) as image:
        assert max(image.size) == LONGEST_SIDE
