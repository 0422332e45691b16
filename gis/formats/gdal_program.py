"""`python -m gis.formats.gdal_program FORMAT PATH MOST_BYTES`: one file from an Arrow IPC stream on standard input.

A process of its own, as GDAL holds the interpreter's lock while it writes, and would keep a server from answering anybody
else. It does without pandas, which pyogrio and pyarrow would import: that takes longer than most files.
"""

from __future__ import annotations

import resource
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

import pyarrow as pa

_UNUSED = ("geopandas", "pandas")


class _Without(MetaPathFinder):
    """Says of what is not used that it is not installed."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname in _UNUSED:
            raise ModuleNotFoundError(f"{fullname} is left out", name=fullname)
        return None


def main() -> None:
    """A file that would pass the limit ends the program with an error."""
    sys.meta_path.insert(0, _Without())
    from gis.formats.gdal_file import WRITERS

    format_, path, most_bytes = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_bytes), int(most_bytes)))
    with pa.ipc.open_stream(sys.stdin.buffer) as batches:
        WRITERS[format_](batches, Path(path))


if __name__ == "__main__":
    main()
