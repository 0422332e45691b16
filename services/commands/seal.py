"""`landmap seal`: the keys with which extracts are sealed."""

from __future__ import annotations

import typer

from services.commands import seal_words as words
from services.commands.session import day_of, session
from services.commands.speech import say, show, word

app = typer.Typer(no_args_is_help=True, help="The keys with which extracts are sealed.")


@app.command("rotate")
def rotate() -> None:
    """Seal with a new key from now on; the private part of the old one is forgotten.

    Example: landmap seal rotate
    """
    from gis.store import signing

    with session() as work:
        kid = signing.rotate(work.connection, work.actor)
    say(words.ROTATED, kid=kid)


@app.command("list")
def list_keys() -> None:
    """List the keys, the one in use first.

    Example: landmap seal list
    """
    from gis.store import signing

    with session() as work:
        rows = [
            (
                key.kid,
                day_of(key.created_at, work),
                key.created_by,
                word(words.IN_USE)
                if key.retired_at is None
                else word(words.RETIRED_ON, day=day_of(key.retired_at, work)),
            )
            for key in signing.keys(work.connection)
        ]
    show(words.KEY_HEADS, rows, words.NO_KEY)
