"""A process that does what a test says, in a process of its own: they tell each other by files of a folder."""

from __future__ import annotations

import asyncio
import os
import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Flag:
    """A threading.Event between processes."""

    path: Path

    def set(self) -> None:
        self.path.touch()

    def is_set(self) -> bool:
        return self.path.exists()

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.is_set() and time.monotonic() < until:
            time.sleep(0.005)


@dataclass(frozen=True)
class Stage:
    """What runs told the test, and what the test tells the runs."""

    folder: Path

    @property
    def arrived(self) -> Flag:
        return Flag(self.folder / "arrived")

    @property
    def go(self) -> Flag:
        return Flag(self.folder / "go")

    @property
    def begun(self) -> list[str]:
        """What each run was to do."""
        return self._lines("begun")

    @property
    def pids(self) -> list[int]:
        """The process of each run."""
        return [int(pid) for pid in self._lines("pids")]

    @property
    def ended(self) -> list[str]:
        """The errors with which runs ended; one that is killed has none."""
        return self._lines("ended")

    @property
    def kept(self) -> list[str]:
        """The parts that each run found."""
        return self._lines("kept")

    @property
    def actors(self) -> list[Actor]:
        return [pickle.loads(bytes.fromhex(line)) for line in self._lines("actors")]

    @property
    def process(self) -> Process:
        text = Text("Thử", "Test")
        outputs = {name: Output(text, text, {}) for name in ("out", "file")}
        return Process("stage", "1.0.0", text, text, {}, outputs, self.run)

    async def run(self, call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
        do = str(inputs["do"])
        self._note("begun", do)
        self._note("pids", str(os.getpid()))
        self._note("actors", pickle.dumps(call.actor).hex())
        times = self.begun.count(do)
        try:
            await self._do(do, call, times)
        except BaseException as error:
            self._note("ended", type(error).__name__)
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
            case "block" if times == 1:  # its event loop too, the first time
                self.arrived.set()
                self.go.wait(60)
            case "keep":  # a part, and die
                kept = await call.parts.kept()
                self._note("kept", repr(kept))
                if times == 1:
                    await call.parts.restart(b"what")
                    await call.parts.keep(1, b"part")
                    os.kill(os.getpid(), 9)
                await call.parts.keep(2, b"part")
            case "die" if times == 1:
                os.kill(os.getpid(), 9)
            case "busy" if times > 1:
                return
            case _ if do in ERRORS:
                raise ERRORS[do]
            case _:
                self._burn(do)

    def _burn(self, do: str) -> None:
        if do == "compute":  # without a pause, for ever
            self.arrived.set()
            while True:
                pass
        if do == "swallow":  # more memory than there is
            held = [bytearray(50_000_000) for _ in range(1_000)]
            raise AssertionError(len(held))

    def _note(self, name: str, line: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(f"{line}\n")

    def _lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []
