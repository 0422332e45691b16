"""Landmap without its tile cache, so that each answer is a cold tile."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from services.app import from_environment


def application() -> ASGIApp:
    """The application of this process's settings, keeping no tile."""
    app = from_environment()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            app.state.services.tiles.max_bytes = 0
        await app(scope, receive, send)

    return serve
