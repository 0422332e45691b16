"""What is told of a finding. Its sentence may quote the value found fault with, which not everybody may see who may see the rest."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from gis.ingest.reasons import REASONS
from gis.model.change import Stage
from gis.model.layer import Layer
from gis.store.review import Finding
from services.ogc.ask import Ask

_FIELD = re.compile(r"'([a-z][a-z0-9_]*)'")


def columns_of(stage: Stage) -> dict[str, str]:
    """The columns of its source by the fields that they feed, where they have other names."""
    source = stage.provenance.source
    return {} if source is None else dict(source.mapping.get("columns", {}))


def shown_fields(layer: Layer, seen: Collection[str], columns: Mapping[str, str]) -> dict[str, str]:
    """The fields of `seen`, in the order of the layer, with the source column that feeds them; without those whose column
    feeds a field, too, that is not seen. `columns`: of the source, by field; a field that is not in it has its own name."""
    column = {field.name: columns.get(field.name, field.name) for field in layer.fields}
    hidden = {column[name] for name in column if name not in seen}
    return {name: source for name, source in column.items() if name in seen and source not in hidden}


def message(asked: Ask, finding: Finding, layer: Layer, shown: Collection[str]) -> str:
    """The sentence in the language of the request; for a value of another field than those `shown` only what is wrong with which
    field. Values of restricted fields are told nowhere but where each reading is put on record."""
    reason = REASONS.get(finding.reason)
    if reason is None:
        return finding.reason  # of another version: whom its sentence quotes is not known
    if "{field}" in reason.sentence.en and "{detail}" in reason.sentence.en:
        found = _FIELD.search(finding.message_en)
        name = found[1] if found else None
        if name not in shown:
            title = next((f": {asked.say(field.title)}" for field in layer.fields if field.name == name), "")
            return f"{asked.say(reason.name)}{title}"
    return finding.message_vi if asked.language == "vi" else finding.message_en
