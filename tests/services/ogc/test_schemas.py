"""What a layer's features have, what may be sent, what they can be sorted by; by English and Vietnamese names."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def properties(client: httpx.AsyncClient, resource: str, **parameters: str) -> dict[str, Any]:
    response = await client.get(f"/collections/parcels/{resource}", params=parameters or None)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["properties"]
    return found


async def test_what_nobody_sets_is_read_only(client: httpx.AsyncClient) -> None:
    found = await properties(client, "schema")
    assert {name for name, one in found.items() if one.get("readOnly")} == {
        *("id", "valid_from", "valid_to", "valid_from_known", "changeset"),
    }
    assert found["measured_area"]["x-ogc-unit"] == "m2"
    assert found["measured_area"]["x-ogc-unitLang"] == "UCUM"


async def test_the_public_may_send_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/collections/parcels/receivables")).status_code == 401


@pytest.mark.parametrize("resource", ["schema", "queryables", "sortables"])
async def test_schemas_have_vietnamese_names_where_they_are_wanted(client: httpx.AsyncClient, resource: str) -> None:
    english, vietnamese = await properties(client, resource), await properties(client, resource, names="vi")
    assert len(english) == len(vietnamese)
    assert [one["x-ogc-propertySeq"] for one in english.values()] == [
        one["x-ogc-propertySeq"] for one in vietnamese.values()
    ]
    assert {"so_to", "so_thua", "loai_dat", "hieu_luc_tu"} <= vietnamese.keys()
    assert english["sheet"] == vietnamese["so_to"]
    assert (await client.get(f"/collections/parcels/{resource}", params={"names": "fr"})).status_code == 400


async def test_required_properties_are_named_as_the_rest(client: httpx.AsyncClient) -> None:
    whole = (await client.get("/collections/parcels/schema", params={"names": "vi"})).json()
    assert set(whole["required"]) == {"so_to", "so_thua"}


async def test_sortables_are_what_sortby_takes(client: httpx.AsyncClient) -> None:
    found = await properties(client, "sortables")
    for name in found:
        assert (await client.get("/collections/parcels/items", params={"sortby": name})).status_code == 200, name
    assert "land_uses" not in found
    assert "valid_from" in found
    assert not {"address", "holder_name"} & found.keys()


async def test_people_can_read_what_can_be_sorted_by(client: httpx.AsyncClient) -> None:
    page = (await client.get("/collections/parcels/sortables", params={"f": "html"})).text
    assert "<code>parcel</code>" in page
    assert "land_uses" not in page
