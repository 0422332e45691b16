from __future__ import annotations

import pytest

from gis.rules.pack import Packs
from gis.rules.read import read_packs
from tests.gis.rules.town import RULES


@pytest.fixture(scope="session")
def packs() -> Packs:
    """The packs of the repository, their worked examples run."""
    return read_packs(RULES)
