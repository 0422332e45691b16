"""A process that does what a test says, in the worker of the test or in one of a process of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from gis.errors import Busy, DatabaseUnavailable, InvalidParameter
from gis.model.actor import Actor
from gis.model.layer import Text
from services.processes.process import Call, Document, Json, Output, Process, Value

ERRORS: dict[str, Exception] = {
    "busy": Busy("Not now.", "Chưa được."),
    "unavailable": DatabaseUnavailable("The secret host is not reachable."),
    "wrong": InvalidParameter("It is wrong.", "Sai rồi.", where="inputs.do"),
    "broken": RuntimeError("secret"),
}


@dataclass
class Stage:
    """What a run told the test, and what the test tells the run: they live in different threads."""

    begun: list[str] = field(default_factory=list)
    actors: list[Actor] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    ended: list[str] = field(default_factory=list)

    @property
    def process(self) -> Process:
        text = Text("Thử", "Test")
        outputs = {name: Output(text, text, {}) for name in ("out", "file")}
        return Process("stage", "1.0.0", text, text, {}, outputs, self.run)

    async def run(self, call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
        do = str(inputs["do"])
        self.begun.append(do)
        self.actors.append(call.actor)
        times = self.begun.count(do)
        try:
            await self._do(do, call, times)
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise
        return {"out": {"times": times, "value": inputs.get("value")}, "file": Document("text/plain", b"\0 file")}

    async def _do(self, do: str, call: Call, times: int) -> None:
        said = Text("đang làm", "at it")
        match do:
            case "wait":  # for the test, telling how far it is
                self.arrived.set()
                while not self.go.is_set():
                    await call.progress(40, said)
                    await asyncio.sleep(0.01)
            case "hang":  # telling nothing
                self.arrived.set()
                await asyncio.sleep(600)
            case "block":  # its event loop too, the first time
                if times == 1:
                    self.arrived.set()
                    self.go.wait(60)
            case "busy" if times > 1:
                return
            case _ if do in ERRORS:
                raise ERRORS[do]
