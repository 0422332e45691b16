"""pygeoapi's handlers, called in a thread with what we let through; what they refuse becomes an error of ours."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import html
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from pygeoapi.api import API, APIRequest
from pygeoapi.api import processes as handlers

from gis.errors import Busy, InvalidParameter, LandmapError, NotFound
from services.ogc.bodies import MAX_BYTES
from services.ogc.pygeoapi.desk import Desk
from services.ogc.pygeoapi.manager import Manager
from services.ogc.turns import Turns
from services.processes.listed import PROCESSES
from services.settings import Settings

MOST_LISTED = 1_000

_MANAGER = f"{Manager.__module__}.{Manager.__qualname__}"
_READERS = 8
"""Threads for what is only looked up, besides those of the processes that run."""

type Handler = Callable[..., tuple[dict[str, str], int, str | bytes]]

describe_processes: Handler = handlers.describe_processes
execute_process: Handler = handlers.execute_process
get_jobs: Handler = handlers.get_jobs
get_job_result: Handler = handlers.get_job_result
delete_job: Handler = handlers.delete_job


class Executions:
    """The threads in which pygeoapi's handlers wait, and the turns of callers who wait for a process."""

    def __init__(self, settings: Settings) -> None:
        self.seconds = settings.execution_seconds
        self.turns = Turns(settings.executions, 4 * settings.executions, _busy)
        self.threads = ThreadPoolExecutor(settings.executions + _READERS, "pygeoapi")
        self._large = Turns(1, 2 * settings.executions, _too_many_large)

    def room(self, size: int) -> AbstractAsyncContextManager[None]:
        """For a body of so many bytes to be looked through: what makes ten times its bytes of one that is large is made of
        one at a time. Busy."""
        return self._large.turn() if size > MAX_BYTES else nullcontext()

    def close(self) -> None:
        """Ends the threads; what they wait for is over by then, or given up."""
        self.threads.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Told:
    """What a handler answered: the members of its document, or bytes that it left as they are."""

    content: str | bytes

    @property
    def document(self) -> dict[str, Any]:
        """Its JSON, with < and >, for which pygeoapi writes entities."""
        text = self.content.decode() if isinstance(self.content, bytes) else self.content
        found: dict[str, Any] = orjson.loads(text.replace("&lt;", "<").replace("&gt;", ">"))
        return found


async def told(executions: Executions, desk: Desk, handler: Handler, *names: str, **said: str) -> Told:
    """What the handler answers to the request at the desk. `names`: the parts of the address; `said`: of the body.

    Errors of ours go through it; those of its own become ours.
    """
    api = copy.copy(_api())
    api.base_url = desk.asked.base
    manager = api.manager = api.manager.bound(desk)
    request = APIRequest(_Sent(desk), api.locales)
    request._data = orjson.dumps(said)  # noqa: SLF001 - as its own from_starlette does
    context = contextvars.copy_context()
    loop = asyncio.get_running_loop()
    try:
        _, status, content = await loop.run_in_executor(
            executions.threads, lambda: context.run(handler, api, request, *names)
        )
    finally:
        manager.close()
    if int(status) >= 400:
        raise _refusal(int(status), content)
    return Told(content)


class _Sent:
    """A request as pygeoapi reads one: nothing of what the caller sent but what was checked."""

    def __init__(self, desk: Desk) -> None:
        later = desk.execution is not None and desk.execution.later
        self.headers = {"prefer": "respond-async"} if later else {}
        self.query_params = {"f": "json", "lang": desk.language, "limit": str(MOST_LISTED), "offset": "0"}
        self.scope = {"path": desk.asked.path}


@lru_cache(maxsize=1)
def _api() -> API:
    """One for the process: pygeoapi keeps settings in globals. Nothing of it knows an address of the service or the network."""
    config = {
        "server": {
            "url": "http://localhost",
            "languages": ["vi", "en"],
            "limits": {"default_items": MOST_LISTED, "max_items": MOST_LISTED},
            "manager": {"name": _MANAGER},
        },
        "logging": {"level": "CRITICAL"},
        "metadata": {"identification": {"title": "Landmap", "description": "", "url": "http://localhost"}},
        "resources": {name: {"type": "process", "processor": {"name": name}} for name in PROCESSES},
    }
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        return API(config, {})
    finally:  # it sets up logging for the whole program
        root.handlers[:] = before
        root.setLevel(level)
        library = logging.getLogger("pygeoapi")
        library.handlers[:], library.propagate = [logging.NullHandler()], False


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return html.unescape(value) if "&" in value else value
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _refusal(status: int, content: str | bytes) -> LandmapError:
    """An error of pygeoapi's own. Our checks come before its, so that few are left."""
    said = str(orjson.loads(content).get("description", ""))[:200]
    if status >= 500:
        raise RuntimeError(f"pygeoapi failed: {said}")
    kind = NotFound if status == 404 else InvalidParameter
    return kind(f"The request cannot be answered: {said}.", f"Không trả lời được yêu cầu này: {said}.")


def _busy() -> Busy:
    return Busy(
        "As many processes as may be are running for callers who wait; try again in a little while, or do not wait "
        "(Prefer: respond-async).",
        "Đang có đủ số tiến trình chạy cùng lúc; hãy thử lại sau ít phút, hoặc gửi kèm 'Prefer: respond-async' để không phải chờ.",
    )


def _too_many_large() -> Busy:
    return Busy(
        "Large requests are read one at a time, and as many as may be wait already; try again in a little while.",
        "Các yêu cầu lớn được đọc lần lượt và đã có đủ số yêu cầu đang chờ; hãy thử lại sau ít phút.",
    )
