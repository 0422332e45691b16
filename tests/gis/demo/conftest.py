"""One demo city for all tests that only read it."""

from __future__ import annotations

import pytest

from gis.demo.content import Content, draw


@pytest.fixture(scope="session")
def content() -> Content:
    """A town of 2,000 parcels."""
    return draw(2_000, 1)
