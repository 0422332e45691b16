"""`landmap erase`: lawful erasure of personal data."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from services.commands import erase_words as words
from services.commands.session import session
from services.commands.speech import grouped, say, word


def erase(
    layer: Annotated[str, typer.Argument(help="the layer")],
    feature: Annotated[UUID, typer.Argument(help="the id of the feature")],
    document: Annotated[str, typer.Option(help="the number of the document that orders it")],
    reason: Annotated[str, typer.Option(help="why; it stays on record, so no personal data in it")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase personal data of a feature as the law orders: the restricted fields of all its versions.

    The rest of the feature stays. The audit says who erased how much on which ground, and no value. What is erased cannot be
    had back; backups of before still hold it.

    Example: landmap erase parcels $ID --document 12/QĐ --reason 'Art. 16'
    """
    from gis.store import access, erasure

    with session() as work:
        access.known_layers(work.catalog, [layer])
        of, ground = work.catalog.layers[layer], erasure.Ground(document, reason, work.actor)
        found = erasure.held(work.connection, of, feature)
        if not any(found.values()):
            erasure.refuse_staged(work.connection, of, feature)  # what waits there would be published after this
            say(words.NOTHING_HELD, feature=feature, layer=layer)
            return
        if not yes:
            typer.confirm(word(words.MAY_ERASE, feature=feature, layer=layer, counts=_counts(found)), abort=True)
        erased = erasure.erase(work.connection, of, feature, ground)
    say(words.ERASED, feature=feature, layer=layer, counts=_counts(erased))
    say(words.STILL_ELSEWHERE)


def _counts(found: dict[str, int]) -> str:
    """`holders 2, certificates 1`: versions by group."""
    return ", ".join(f"{group} {grouped(count)}" for group, count in found.items() if count)
