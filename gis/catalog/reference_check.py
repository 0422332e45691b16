"""What must fit together between the layers: a field refers to features by what identifies them. Cycles are fine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from gis.catalog.layer_file import LayerFile
from gis.catalog.problems import Place, nearest
from gis.model.layer import Access, Field, FieldType, Layer, Reference

TYPES = frozenset({FieldType.TEXT, FieldType.TEXT_LIST, FieldType.INTEGER})


def check_references(files: Mapping[str, LayerFile | None]) -> None:
    """Note every mistake in the references of the layers, by folder; None for a folder whose file cannot be read."""
    for file in filter(None, files.values()):
        for field in file.layer.fields:
            if field.references is not None and field.name not in file.broken:
                _check(field, field.references, files, file.place.within(f"fields.{field.name}.references"))


def _check(field: Field, reference: Reference, files: Mapping[str, LayerFile | None], place: Place) -> None:
    if reference.layer not in files:
        place.add(f"no layer '{reference.layer}'; {nearest(reference.layer, files)}")
        return
    if field.type not in TYPES:
        place.add(f"is for {', '.join(sorted(TYPES))}, not for {field.type}; remove it")
        return
    file = files[reference.layer]
    if file is None:
        return
    for name, count in Counter(reference.fields).items():
        if count > 1:
            place.add(f"'{name}' stands {count} times; keep one")
        elif name not in file.layer:
            place.add(f"no field '{name}' in layer {file.layer.id}; {nearest(name, file.layer.identity)}")
        elif name not in file.broken:
            _check_target(field, file.layer, file.layer.field(name), place)
    _check_last(reference, file.layer, place)


def _check_target(field: Field, layer: Layer, target: Field, place: Place) -> None:
    said = f"{layer.id}.{target.name}"
    wanted = FieldType.TEXT if field.type is FieldType.TEXT_LIST else field.type
    if target.access is Access.RESTRICTED:
        place.add(f"'{said}' is restricted, and what is found there would tell of it; take another")
    elif target.name not in layer.identity:
        identity = ", ".join(layer.identity)
        place.add(f"'{said}' is not part of what identifies a feature of {layer.id} ({identity}); take one of these")
    elif target.type is not wanted:
        place.add(f"'{said}' is {target.type}, the values of this field are {wanted}; change one of them")


def _check_last(reference: Reference, layer: Layer, place: Place) -> None:
    """The last part of an identity tells the features of one whole apart: without it many would be named at once."""
    known = all(name in layer.identity for name in reference.fields)
    if known and layer.identity and layer.identity[-1] not in reference.fields:
        place.add(f"names many features of {layer.id} at once; add '{layer.identity[-1]}', which tells them apart")
