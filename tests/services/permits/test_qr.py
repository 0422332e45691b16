"""The QR code of a printed extract, read as a telephone reads it: it opens what says that the extract is genuine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pypdfium2
import pytest
import pytest_asyncio
import zxingcpp

from gis.model.layer import Catalog
from services.app import create_app
from tests.services.permits import extracts
from tests.services.permits.extracts import PLAIN, Street, built

pytestmark = [pytest.mark.asyncio(loop_scope="module"), built]

BASE = "https://bando.thanhpho.example.vn"
POINTS = 72
"""Of PDF in an inch."""


@pytest.fixture(scope="module")
def street(make_database: Callable[..., str], catalog: Catalog) -> Street:
    return extracts.street(make_database, catalog)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(street: Street, settings_for: Callable[..., Any]) -> AsyncIterator[httpx.AsyncClient]:
    """Of a service with an address as long as real ones are: it is in the code."""
    app = create_app(settings_for(street.dsn, public_url=BASE))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE, headers={"Accept": "*/*"}) as opened,
    ):
        yield opened


def read(pdf: bytes, dots: int) -> list[str]:
    """What the QR codes of a PDF say, its pages rendered with so many dots an inch."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            picture = page.render(scale=dots / POINTS, grayscale=True).to_numpy()
            found += [code.text for code in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]
    return found


@pytest.mark.parametrize("dots", [150, 300])
async def test_the_code_of_a_printed_extract_opens_what_says_that_it_is_genuine(client, dots: int) -> None:
    pdf = (await client.get(f"/parcels/{PLAIN}/extract.pdf")).content
    told = (await client.get(f"/parcels/{PLAIN}/extract.json")).json()
    (address,) = read(pdf, dots)
    assert address == f"{BASE}/verify/{told['seal']}" == told["verify"]
    answer = await client.get(address, params={"f": "json"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["genuine"], answer.json()["current"]) == (True, True)
    page = await client.get(address, headers={"Accept": "text/html", "Accept-Language": "vi"})
    assert page.status_code == 200 and PLAIN.hex[:8] in page.text


async def test_the_code_of_an_altered_address_says_that_it_is_not_genuine(client) -> None:
    (address,) = read((await client.get(f"/parcels/{PLAIN}/extract.pdf")).content, 150)
    altered = address[:-8] + address[-8:].swapcase()
    assert altered != address
    assert (await client.get(altered, params={"f": "json"})).json() == {"genuine": False}
