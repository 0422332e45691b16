"""The ETag of one item: which version of the feature it shows stands in it, so that If-Match can name it.

`"<version>-<answer>"`: the first part is the same in every CRS, language and format, the second tells the answers of one
version apart. Where the caller sees the feature in part only, the tag tells no version: nobody changes what it cannot see.
"""

from __future__ import annotations

import re
from uuid import UUID

from starlette.responses import Response

from gis.model.access import Decision
from gis.model.edit import version_tag
from gis.model.layer import Layer
from gis.model.query import ItemQuery
from gis.store.edits import item_state_sql
from services.ogc.answers import State, data_etag, data_headers, matches, not_modified
from services.ogc.ask import Ask
from services.ogc.feature_answers import found

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_LONGEST = 4_000


def item_etag(asked: Ask, layer: Layer, state: State, query: ItemQuery, decision: Decision, version: int | None) -> str:
    """The tag of the answer that shows `version`: a strong one, as a change needs it."""
    etag = data_etag(asked, state, query, decision)
    if version is None:
        return etag
    answer = etag.removeprefix("W/").strip('"')
    return f'"{version_tag(layer, version)}-{answer}"'


async def item_unless_changed(
    asked: Ask, layer: Layer, id: UUID, query: ItemQuery, decision: Decision
) -> Response | None:
    """304 where the client already has the item; found by the cheap statement."""
    if asked.if_none_match is None:
        return None
    row = found(await asked.services.pools.row(item_state_sql(layer, id, query, decision), decision.pool))
    state = State.of(row)
    etag = item_etag(asked, layer, state, query, decision, row["version"])
    if not matches(asked.if_none_match, etag):
        return None
    return not_modified(data_headers(asked, state, query, decision, etag))


def versions_of(header: str) -> frozenset[str]:
    """The versions that the tags of an If-Match name; none for what is no tag of an item.

    Proxies that compress make tags weak: what they name is the same.
    """
    return frozenset(tag.partition("-")[0] for tag in _TAG.findall(header[:_LONGEST]) if tag)
