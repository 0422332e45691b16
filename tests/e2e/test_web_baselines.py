"""The map page looks as it did: views that stay the same, compared with the pictures in baselines/.

A machine whose Chromium or fonts draw a reference text in another way skips the comparison. After a wanted change of looks:
GOLDEN_RENEW=1 python -m pytest tests/e2e/test_web_baselines.py
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tests.e2e.conftest import WEB, Browser

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SCRIPT = Path(__file__).parent / "web" / "baselines.mjs"
BASELINES = Path(__file__).parent / "baselines"
DRAWN_BY = BASELINES / "drawn_by.json"
VIEWS = ("land", "city")
SHRUNK = 2
"""Baselines are so many times smaller than the screen: what differs in the smoothing of edges alone is gone."""
NEAR = 24
"""Of 255, in each channel"""
MOST_OTHER = 0.02
"""Share of pixels that may differ by more: labels of the map may stand elsewhere"""


@pytest.fixture(scope="module")
def shots(base: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this run's screenshots; skips where another Chromium or other fonts draw than drew the baselines."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make setup`")
    found = httpx.get(f"{base}/collections/parcels?f=json", timeout=30).json()
    west, south, east, north = found["extent"]["spatial"]["bbox"][0]
    folder = tmp_path_factory.mktemp("baselines")
    asked = {
        "base": base,
        "chromium": browser.chromium,
        "shots": str(folder),
        "lon": round((west + east) / 2, 6),
        "lat": round((south + north) / 2, 6),
    }
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    drawn_by = json.loads(done.stdout)
    if os.environ.get("GOLDEN_RENEW"):
        BASELINES.mkdir(exist_ok=True)
        DRAWN_BY.write_text(json.dumps(drawn_by, indent=2) + "\n", encoding="utf-8")
    if drawn_by != json.loads(DRAWN_BY.read_text(encoding="utf-8")):
        pytest.skip(
            f"Chromium {drawn_by['chromium']} with this machine's fonts draws text otherwise than the baselines"
        )
    return folder


def _shrunk(shot: Path) -> Image.Image:
    with Image.open(shot) as image:
        return image.convert("RGB").reduce(SHRUNK)


def _pixels(image: Image.Image) -> NDArray[np.int16]:
    """Blurred: (height, width, 3)."""
    return np.asarray(image.convert("RGB").filter(ImageFilter.BoxBlur(1)), dtype=np.int16)


def _other(one: Image.Image, two: Image.Image) -> float:
    """Share of the pixels that differ."""
    return float((np.abs(_pixels(one) - _pixels(two)).max(axis=2) > NEAR).mean())


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_looks_as_it_did(shots: Path, view: str) -> None:
    seen, kept = _shrunk(shots / f"{view}.png"), BASELINES / f"{view}.png"
    if os.environ.get("GOLDEN_RENEW"):
        seen.quantize(128, dither=Image.Dither.NONE).save(kept, optimize=True)
    with Image.open(kept) as baseline:
        assert seen.size == baseline.size
        other = _other(seen, baseline)
    assert other <= MOST_OTHER, f"{other:.1%} of {view} look otherwise: see {shots / view}.png beside {kept}"


def test_views_that_show_something_else_are_told_apart() -> None:
    with Image.open(BASELINES / "land.png") as land:
        moved = land.convert("RGB").transform(land.size, Image.Transform.AFFINE, (1, 0, 12, 0, 1, 9))
        assert _other(land, moved) > 5 * MOST_OTHER
