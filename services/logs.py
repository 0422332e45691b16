"""Structured logs: one JSON object a line on standard error, or coloured text on a terminal."""

from __future__ import annotations

import logging
import sys
from functools import cache

import orjson
import structlog


def configure(level: str) -> None:
    """Sends every log line of this process through structlog. `level` is a name such as `info`."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=_processors(),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


@cache
def _processors() -> list[structlog.typing.Processor]:
    """One list for the whole process: a logger keeps the one that it was first used with."""
    terminal = sys.stderr.isatty()
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(serializer=_to_json),
    ]


def _to_json(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()
