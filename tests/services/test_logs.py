"""The lines of the log."""

from __future__ import annotations

import subprocess
import sys

import orjson
import structlog
from structlog.testing import capture_logs

from services.logs import configure


def test_a_line_is_one_json_object_and_the_level_counts() -> None:
    program = (
        "import structlog; from services.logs import configure; configure('warning'); log = structlog.get_logger();"
        "log.info('quiet'); log.warning('bản đồ', path='/x', value=object)\n"
        "try: 1 / 0\n"
        "except ZeroDivisionError: log.exception('broken')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    first, second = [orjson.loads(line) for line in done.stderr.splitlines()]
    assert (first["event"], first["level"], first["path"]) == ("bản đồ", "warning", "/x")
    assert first["timestamp"].endswith("Z")
    assert "ZeroDivisionError" in second["exception"]
    assert done.stdout == b""


def test_a_logger_that_was_used_follows_what_is_configured_later() -> None:
    configure("info")
    log = structlog.get_logger()
    log.info("first")
    configure("info")
    with capture_logs() as logs:
        log.info("second")
    assert [line["event"] for line in logs] == ["second"]
