"""Codelists: the codes of a time, from the database."""

from __future__ import annotations

import html
from typing import Any

import httpx
import pytest

from gis.model.layer import Catalog

in_session = pytest.mark.asyncio(loop_scope="session")


async def codes(client: httpx.AsyncClient, **parameters: str) -> dict[str, dict[str, Any]]:
    response = await client.get("/codelists/land_use", params=parameters or None)
    assert response.status_code == 200, response.text
    return {f"{one['code']} {one.get('validFrom', '')}".strip(): one for one in response.json()["codes"]}


@in_session
async def test_each_list_is_there_with_the_fields_that_use_it(client: httpx.AsyncClient) -> None:
    listed = {one["id"]: one for one in (await client.get("/codelists")).json()["codelists"]}
    assert {"collectionId": "parcels", "property": "land_use"} in listed["land_use"]["usedBy"]
    for one in listed.values():
        answer = await client.get(one["links"][0]["href"])
        assert answer.status_code == 200
        assert answer.json()["codes"]
    assert "</html>" in (await client.get("/codelists", params={"f": "html"})).text


@in_session
async def test_codes_of_a_day_hold_on_that_day(client: httpx.AsyncClient) -> None:
    before = await codes(client, datetime="2024-07-31")
    after = await codes(client, datetime="2024-08-01")
    every = await codes(client, datetime="../..")
    ended = {name for name, one in before.items() if one.get("validTo") == "2024-08-01"}
    begun = {name for name, one in after.items() if one.get("validFrom") == "2024-08-01"}
    assert ended
    assert begun
    assert not ended & after.keys()
    assert not begun & before.keys()
    assert before.keys() | after.keys() <= every.keys()
    title = every[next(iter(ended))]["title"]
    assert title["vi"] != title["en"]


@in_session
async def test_codes_are_those_of_the_database(client: httpx.AsyncClient, city: Any) -> None:
    """As known before they were published there are none."""
    assert await codes(client, knownAt="0") == {}
    now = await codes(client)
    assert (await codes(client, knownAt=str(city.version))) == now
    assert {one["changeset"] for one in now.values()} == {min(one["changeset"] for one in now.values())}


@in_session
async def test_a_list_of_hidden_fields_is_one_that_is_not_there(client: httpx.AsyncClient) -> None:
    found = [await client.get(f"/codelists/{name}") for name in ("land_origin", "nosuchlist")]
    assert [answer.status_code for answer in found] == [404, 404]
    details = [
        answer.json()["detail"].replace(name, "…")
        for answer, name in zip(found, ("land_origin", "nosuchlist"), strict=True)
    ]
    assert details[0] == details[1]
    assert "land_origin" not in (await client.get("/codelists")).text


@in_session
async def test_people_read_codes_with_their_time(client: httpx.AsyncClient) -> None:
    page = (await client.get("/codelists/land_use", params={"f": "html", "lang": "vi", "datetime": "2024-07-31"})).text
    assert "01/08/2024" in page
    assert (await client.get("/codelists/land_use", params={"datetime": "1/8/2024"})).status_code == 400


@pytest.mark.parametrize(("language", "title"), [("vi", "Loại đất"), ("en", "Land uses")])
@in_session
async def test_lists_have_titles_and_notes_in_the_language_asked_for(
    client: httpx.AsyncClient, catalog: Catalog, language: str, title: str
) -> None:
    document = (await client.get("/codelists/land_use", headers={"Accept-Language": language})).json()
    assert document["title"] == title
    notes = {one["note"] for one in document["codes"] if "note" in one}
    assert notes
    assert notes <= {code.note[language] for code in catalog.codelists["land_use"].codes if code.note}
    page = (await client.get("/codelists/land_use", params={"f": "html", "lang": language})).text
    assert f"<h1>{title}</h1>" in page
    assert "<code>land_use</code>" in page
    assert all(html.escape(one, quote=False) in page for one in notes)
    listed = (await client.get("/codelists", params={"f": "html", "lang": language})).text
    assert f">{title}</a>" in listed


def test_every_list_of_the_layers_here_has_a_title_of_its_own(catalog: Catalog) -> None:
    titles = [codelist.title for codelist in catalog.codelists.values()]
    assert None not in titles
    for language in ("vi", "en"):
        assert len({title[language] for title in titles if title}) == len(titles)
