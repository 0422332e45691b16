"""The rights with which a job ran: its results are given to who has them still.

They are kept beside the results under a name that no output has. What a job gave with the rights of an agency would else
stay open to a key or person that lost them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import orjson

from gis.errors import Forbidden
from gis.model.actor import PUBLIC, Actor, Role
from gis.store.jobs import Content
from gis.store.pools import Row

_NAME = ""


def kept_rights(actor: Actor) -> Content:
    """What stands beside the results of a run."""
    rights = {name: sorted(said) if isinstance(said, frozenset) else said for name, said in asdict(actor).items()}
    return Content(_NAME, "application/json", orjson.dumps(rights))


def granted(rows: Sequence[Row], owner: Actor) -> list[Row]:
    """The outputs among the rows of `outputs_sql`. Forbidden where `owner`, as it is now, may less than the run might."""
    then = next((_read(row["content"]) for row in rows if row["name"] == _NAME), None)
    if rows and owner != PUBLIC and (then is None or not owner.covers(then)):
        raise other_rights()
    return [row for row in rows if row["name"] != _NAME]


def other_rights() -> Forbidden:
    """What is told to who may not have the results of their own job."""
    return Forbidden(
        "Your rights are not those any more with which this job ran, so its results are not given. Submit it again.",
        "Quyền của bạn không còn như khi công việc này chạy, nên không trả kết quả. Hãy gửi lại công việc.",
    )


def _read(content: bytes) -> Actor:
    said = orjson.loads(content)
    return Actor(
        said["id"],
        Role(said["role"]),
        said["agency"],
        frozenset(said["reads"]),
        frozenset(said["owns"]),
        said["area"],
        None if said["layers"] is None else frozenset(said["layers"]),
        frozenset((layer, group) for layer, group in said["restricted"]),
    )
