"""Open data: whole layers as files, for each published version, at addresses that stay.

What is here is the same for everybody: what the public sees, whoever asks.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import format_datetime
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from gis.errors import BeyondEnd, NotFound
from gis.formats.open_files import File, Manifest
from gis.model.invented import described
from gis.model.layer import Layer, Text
from gis.store import open_data
from gis.store.open_data import Version
from services.dependencies import services_of
from services.ogc.answers import NOW_SECONDS, document, matches, not_modified
from services.ogc.ask import Ask, ask, base_url, layer_of, read_parameters
from services.ogc.citation import citation
from services.ogc.collections import LICENCES
from services.ogc.datetimes import instant_text
from services.ogc.names import unknown
from services.ogc.negotiation import HTML
from services.ogc.pages import page
from services.ogc.parameters import limit, whole
from services.ogc.words import WORDS

PATH = "/open-data"
LATEST = "latest"
LIMIT, MOST = 50, 500
"""Versions in one page: usually, at most."""

MOST_NUMBER = 999_999_999
"""No version has a higher number."""

_JSON = "application/json"
_BY_PATH = "http.response.pathsend"
_NOW = {"Cache-Control": f"public, max-age={NOW_SECONDS}"}
_FOREVER = "public, max-age=31536000, immutable, no-transform"
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_RANGES = re.compile(r"bytes\s*=\s*(?:\d+-\d*|-\d+)(?:\s*,\s*(?:\d+-\d*|-\d+))*\s*", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)-(\d+)")


async def published_layers(request: Request) -> Response:
    """GET /open-data: every layer with its newest version."""
    asked = ask(request)
    layers = list(asked.services.catalog.layers.values())
    newest = await open_data.newest(asked.services.pools, layers)
    listed = [_with_newest(asked, layer, newest.get(layer.id)) for layer in layers]
    if asked.html:
        return page(asked, "open_data.html", WORDS["open_data"], listed=listed)
    return document(asked, {"links": _links(asked, PATH), "layers": listed}, headers=_NOW)


async def published_versions(request: Request) -> Response:
    """GET /open-data/{layer}: its versions, newest first; `before` a number, at most `limit`."""
    layer, _ = layer_of(request)
    asked = ask(request, allowed=("before", "limit"))
    before, most = whole(asked.parameters, "before", MOST_NUMBER), limit(asked.parameters, LIMIT, MOST)
    found = await open_data.page(asked.services.pools, layer, before, most + 1)
    listed = found[:most]
    following = asked.again(before=str(listed[-1].number)) if len(found) > most else None
    if asked.html:
        return page(
            asked, "open_data_layer.html", layer.title, layer=layer, listed=listed, following=following,
            latest=before is None, description=_description(layer, listed[0] if listed else None),
        )  # fmt: skip
    links = _links(asked, f"{PATH}/{layer.id}")
    if following is not None:
        links.append({"rel": "next", "type": _JSON, "href": following})
    about = _layer(asked, layer, listed[0] if listed else None)
    content = {**about, "links": links, "versions": [_version(asked, one) for one in listed]}
    return document(asked, content, headers=_NOW)


async def published_version(request: Request) -> Response:
    """GET /open-data/{layer}/{version}: its files, what is in them, under which terms, and how to cite it."""
    layer, _ = layer_of(request)
    asked = ask(request)
    version = await _found(request, layer)
    if request.path_params["version"] == LATEST:
        return _to_number(asked.href(f"{PATH}/{layer.id}/{version.number}", asked.parameters))
    manifest = await asked.services.open_data.manifest(layer, version)
    told = _manifest(asked, layer, manifest)
    if asked.html:
        return page(asked, "open_data_version.html", layer.title, layer=layer, manifest=manifest, told=told)
    return document(asked, told)


async def published_file(request: Request) -> Response:
    """GET /open-data/{layer}/{version}/{file}: one of the files that the version's manifest names."""
    layer, _ = layer_of(request)
    if "f" in read_parameters(request.scope["query_string"], ()):
        raise unknown("f", ("lang",))  # the name of the file says it
    services = services_of(request)
    version = await _found(request, layer)
    name = request.path_params["file"]
    if request.path_params["version"] == LATEST:
        return _to_number(f"{base_url(request, services)}{PATH}/{layer.id}/{version.number}/{_known(layer, name)}")
    _known(layer, name)
    manifest = await services.open_data.manifest(layer, version)
    file = manifest.file(name)
    if file is None:
        raise _no_file(layer, name)
    headers = _file_headers(manifest, file)
    if matches(request.headers.get("if-none-match"), headers["ETag"]):
        return not_modified(headers)
    return PermanentFile(await services.open_data.opened(manifest, file), headers, file.media_type)


class PermanentFile(FileResponse):
    """A file that is open, and closed when it has been sent, whole or in parts.

    Parts that cannot be read are as if they had not been asked for (RFC 9110, 14.2). BeyondEnd where there are none such.
    """

    def __init__(self, opened: BinaryIO, headers: Mapping[str, str], media_type: str) -> None:
        self._opened = opened  # under its number it is there even when its name has gone
        path, status = f"/dev/fd/{opened.fileno()}", os.fstat(opened.fileno())
        super().__init__(path, headers=headers, media_type=media_type, stat_result=status)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it."""
        headers = [pair for pair in scope["headers"] if pair[0] != b"range" or _readable(scope["method"], pair[1])]
        size = os.fstat(self._opened.fileno()).st_size

        async def send_part(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 416:
                raise BeyondEnd(size)
            await send(message)

        # A server that is told a path opens it by itself, after the file has been closed here.
        extensions = {name: value for name, value in scope.get("extensions", {}).items() if name != _BY_PATH}
        with self._opened:
            await super().__call__({**scope, "headers": headers, "extensions": extensions}, receive, send_part)


def _readable(method: str, ranges: bytes) -> bool:
    text = ranges.decode("latin-1")
    orderly = all(int(first) <= int(last) for first, last in _RANGE.findall(text[:4000]))
    return method == "GET" and len(text) <= 4000 and _RANGES.fullmatch(text) is not None and orderly


async def _found(request: Request, layer: Layer) -> Version:
    """The version that the path names. NotFound where there is none, or none that the public may know of."""
    name, pools = request.path_params["version"], services_of(request).pools
    found: Version | None = None
    if name == LATEST:
        found = (await open_data.newest(pools, [layer])).get(layer.id)
    elif _NUMBER.fullmatch(name):
        found = await open_data.version(pools, layer, int(name))
    if found is None:
        raise NotFound(
            f"'{layer.id}' has no version '{name[:20]}'; {PATH}/{layer.id} lists those there are.",
            f"Bộ dữ liệu '{layer.id}' không có phiên bản '{name[:20]}'; các phiên bản hiện có: {PATH}/{layer.id}.",
            where="version",
        )
    return found


def file_names(layer: str) -> tuple[str, ...]:
    """The files that each version of a layer has."""
    return (*(f"{layer}.{ending}" for ending in ("parquet", "gpkg", "csv")), "dictionary.csv")


def _known(layer: Layer, name: str) -> str:
    """The name, if versions have such a file: nothing is made for others."""
    if name not in file_names(layer.id):
        raise _no_file(layer, name)
    return name


def _no_file(layer: Layer, name: str) -> NotFound:
    there = ", ".join(file_names(layer.id))
    return NotFound(
        f"There is no file '{name[:60]}'; there are {there}.",
        f"Không có tệp '{name[:60]}'; hiện có {there}.",
        where="file",
    )


def _to_number(address: str) -> Response:
    """Elsewhere for now: the newest version is another one tomorrow."""
    return RedirectResponse(address, 307, _NOW)


def _links(asked: Ask, path: str) -> list[dict[str, object]]:
    return [
        {"rel": "self", "type": _JSON, "href": asked.url},
        asked.link("alternate", path, HTML.media_type, WORDS["open_data"]),
    ]


def _with_newest(asked: Ask, layer: Layer, newest: Version | None) -> dict[str, object]:
    told = _layer(asked, layer, newest)
    return told if newest is None else {**told, "newest": _version(asked, newest)}


def _description(layer: Layer, newest: Version | None) -> Text:
    return described(layer.description, invented=newest is not None and newest.invented)


def _layer(asked: Ask, layer: Layer, newest: Version | None) -> dict[str, object]:
    path = f"{PATH}/{layer.id}"
    return {
        "id": layer.id,
        "title": asked.say(layer.title),
        "description": asked.say(_description(layer, newest)),
        "attribution": layer.owner,
        "license": layer.licence,
        "updateRhythm": asked.say(layer.update_rhythm),
        "links": [
            asked.link("version-history", path, _JSON, WORDS["versions"]),
            asked.link("collection", f"/collections/{layer.id}", _JSON, layer.title),
            *licence_links(layer.licence),
        ],
    }


def licence_links(licence: str) -> list[dict[str, object]]:
    """Where the licence is written down, if that is known."""
    if licence not in LICENCES:
        return []
    return [{"rel": "license", "type": "text/html", "title": licence, "href": LICENCES[licence]}]


def _version(asked: Ask, version: Version) -> dict[str, object]:
    path = f"{PATH}/{version.layer}/{version.number}"
    return {
        "version": version.number,
        "published": instant_text(version.instant),
        "links": [asked.link("item", path, _JSON, WORDS["files"])],
    }


def _manifest(asked: Ask, layer: Layer, manifest: Manifest) -> dict[str, object]:
    path = f"{PATH}/{layer.id}/{manifest.number}"
    files = [
        {"name": f.name, "href": asked.href(f"{path}/{f.name}"), "type": f.media_type.split(";")[0], "length": f.size, "sha256": f.sha256}
        for f in manifest.files
    ]  # fmt: skip
    same = {"knownAt": str(manifest.number), "datetime": instant_text(manifest.instant)}
    return {
        "id": layer.id,
        "version": manifest.number,
        "title": manifest.title[asked.language],
        "description": manifest.description[asked.language],
        "published": instant_text(manifest.instant),
        "holdsAt": instant_text(manifest.instant),
        "features": manifest.features,
        "crs": manifest.crs,
        "bbox": manifest.bbox,
        "attribution": manifest.owner,
        "license": manifest.licence,
        "citation": citation(asked, manifest, asked.href(path)),
        "files": files,
        "columns": [_column(column, asked.language) for column in manifest.columns],
        "links": [
            *_links(asked, path),
            *({"rel": "enclosure", **{k: file[k] for k in ("type", "href", "length")}} for file in files),
            *licence_links(manifest.licence),
            {"rel": "describedby", "type": "text/csv", "href": files[-1]["href"]},
            {"rel": "items", "type": "application/geo+json", "href": asked.href(f"/collections/{layer.id}/items", same)},
            asked.link("up", f"{PATH}/{layer.id}", _JSON, WORDS["versions"]),
        ],
    }  # fmt: skip


def _column(column: dict[str, str], language: str) -> dict[str, str]:
    told = {
        "name": column["column"],
        "type": column["type"],
        "title": column[f"title_{language}"],
        "description": column[f"description_{language}"],
        "unit": column["unit"],
    }
    return {name: text for name, text in told.items() if text}


def _file_headers(manifest: Manifest, file: File) -> dict[str, str]:
    """Strong ETag and digest (RFC 9530) are over the very bytes: nobody on the way may pack them."""
    digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
    stem, ending = file.name.rsplit(".", 1)
    begun = stem if stem == manifest.layer else f"{manifest.layer}_{stem}"
    return {
        "ETag": f'"{file.sha256}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "Last-Modified": format_datetime(manifest.instant.astimezone(UTC), usegmt=True),
        "Cache-Control": _FOREVER,
        "Content-Disposition": f'attachment; filename="{begun}_v{manifest.number}.{ending}"',
        "Landmap-Data-Version": str(manifest.number),
    }
