"""The addresses of open data in the OpenAPI document."""

from __future__ import annotations

from gis.formats.publication import CSV, GEOPACKAGE, PARQUET
from gis.model.layer import Catalog, Layer, Text
from services.ogc.open_data import LIMIT, MOST, MOST_NUMBER, file_names
from services.ogc.openapi_parts import (
    ANY_JSON,
    OF_DOCUMENTS,
    PAGE,
    Object,
    Paths,
    answer,
    operation,
    parameter,
    problem,
    reading,
    shared,
)
from services.ogc.words import WORDS

_BYTES: Object = {"schema": {"type": "string", "format": "binary"}}
_FILES: Object = {kind.split(";")[0]: _BYTES for kind in (PARQUET, GEOPACKAGE, CSV)}
_BEFORE = Text("Chỉ các phiên bản có số nhỏ hơn", "Versions below this number only")
_LIMIT = Text("Số phiên bản nhiều nhất trong một trang", "Most versions in one page")
_VERSION = Text("Số của phiên bản, hoặc latest", "Number of the version, or latest")
_FILE = Text("Tên tệp", "Name of the file")
_ELSEWHERE = Text("latest: địa chỉ của phiên bản mới nhất", "latest: the address of the newest version")
_MAKING = Text("Đang được tạo; hỏi lại sau Retry-After giây", "Being made; ask again after Retry-After seconds")
_PART = Text("Phần được yêu cầu bằng Range", "The part that Range asks for")
_UNSATISFIABLE = Text("Range nằm ngoài tệp", "Range lies outside the file")


def open_data_paths(catalog: Catalog, language: str) -> Paths:
    """The list, and for each layer its versions, their contents and their files."""
    title = WORDS["open_data"][language]
    paths: Paths = {"/open-data": _document("getOpenData", title, [])}
    for layer in catalog.layers.values():
        paths |= _of_layer(layer, f"{layer.title[language]}: {title}", language)
    return paths


def _of_layer(layer: Layer, title: str, language: str) -> Paths:
    path, name = f"/open-data/{layer.id}", layer.id
    number: Object = {"type": "integer", "minimum": 1, "maximum": MOST_NUMBER}
    paged = [
        parameter("before", _BEFORE[language], number),
        parameter("limit", _LIMIT[language], {**number, "maximum": MOST, "default": LIMIT}),
    ]
    version = parameter("version", _VERSION[language], {"type": "string"}, place="path")
    later: Object = {"307": {"description": _ELSEWHERE[language]}, "503": problem(_MAKING[language])}
    tags: Object = {"tags": [name]}
    names = list(file_names(layer.id))
    file = parameter("file", _FILE[language], {"type": "string", "enum": names}, place="path")
    parts: Object = {
        "206": {"description": _PART[language], "content": _FILES},
        "416": {"description": _UNSATISFIABLE[language]},
    }
    answers = reading(answer(title, _FILES, OF_DOCUMENTS), parts | later)
    return {
        path: _document(f"{name}.getPublishedVersions", title, paged, more=tags),
        f"{path}/{{version}}": _document(f"{name}.getPublishedVersion", title, [version], later, tags),
        f"{path}/{{version}}/{{file}}": {
            "get": operation(f"{name}.getPublishedFile", title, [version, file, *shared(["lang"])], answers, tags)
        },
    }


def _document(
    name: str, title: str, parameters: list[Object], answers: Object | None = None, more: Object | None = None
) -> dict[str, Object]:
    """A document with a page; `answers` besides that, and more members."""
    found = reading(answer(title, ANY_JSON | PAGE, OF_DOCUMENTS), answers)
    return {"get": operation(name, title, [*parameters, *shared(("f", "lang"))], found, more)}
