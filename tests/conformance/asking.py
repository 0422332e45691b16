"""What the abstract tests ask again and again."""

from __future__ import annotations

from typing import Any

import httpx

PARCELS = "/collections/parcels"
ITEMS = f"{PARCELS}/items"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"


async def get(client: httpx.AsyncClient, path: str, accept: str | None = None, **parameters: str) -> httpx.Response:
    """A successful answer; in the media type `accept` where one is asked for."""
    headers = {} if accept is None else {"Accept": accept}
    response = await client.get(path, params=parameters or None, headers=headers)
    assert response.status_code == 200, f"{path} {parameters}: {response.text[:500]}"
    if accept is not None:
        assert response.headers["content-type"].split(";")[0] == accept.split(";")[0]
    return response


async def read(client: httpx.AsyncClient, path: str, accept: str | None = None, **parameters: str) -> dict[str, Any]:
    """The JSON of a successful answer."""
    found: dict[str, Any] = (await get(client, path, accept, **parameters)).json()
    return found


async def refused(client: httpx.AsyncClient, path: str, **parameters: str) -> None:
    """The answer is a 400 that says why."""
    response = await client.get(path, params=parameters or None)
    assert response.status_code == 400, f"{path} {parameters}: {response.status_code}"
    assert response.headers["content-type"] == "application/problem+json"


async def found(client: httpx.AsyncClient, path: str = ITEMS, **parameters: str) -> set[str]:
    """The ids of all features that match, page by page."""
    ids: list[str] = []
    page = await read(client, path, "application/geo+json", **{"limit": "1000", **parameters})
    while True:
        ids += [feature["id"] for feature in page["features"]]
        following = href(page, "next")
        if following is None:
            assert len(ids) == len(set(ids)), "a feature comes twice"
            return set(ids)
        page = await read(client, following, "application/geo+json")


async def collection_ids(client: httpx.AsyncClient) -> list[str]:
    """The collections that are listed."""
    return [one["id"] for one in (await read(client, "/collections"))["collections"]]


def links(document: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    """The links of a relation."""
    return [link for link in document["links"] if link["rel"] == rel]


def href(document: dict[str, Any], rel: str) -> str | None:
    """Where the first link of a relation leads."""
    listed = links(document, rel)
    return str(listed[0]["href"]) if listed else None


async def definition(client: httpx.AsyncClient) -> dict[str, Any]:
    """The API definition that the landing page links to."""
    link = links(await read(client, "/"), "service-desc")[0]
    return await read(client, link["href"], link["type"])


def operation(document: dict[str, Any], path: str, method: str = "get") -> dict[str, Any]:
    """An operation of the API definition, with the references of its parameters followed."""
    one: dict[str, Any] = document["paths"][path][method]
    shared = document["components"]["parameters"]
    listed = one.get("parameters", [])
    return {**one, "parameters": [shared[p["$ref"].rsplit("/", 1)[1]] if "$ref" in p else p for p in listed]}


def parameter(document: dict[str, Any], path: str, name: str) -> dict[str, Any]:
    """A parameter of the GET operation of a path."""
    listed: list[dict[str, Any]] = operation(document, path)["parameters"]
    return next(one for one in listed if one["name"] == name)
