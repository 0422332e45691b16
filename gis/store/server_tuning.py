"""Settings of the embedded server, fitted to the machine: memory, processors, disk."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

_MB = 1024 * 1024

KEPT_MEMORY = ("MALLOC_TRIM_THRESHOLD_=134217728", "MALLOC_MMAP_THRESHOLD_=33554432")
"""Environment of the server for glibc: memory of an answer is kept for the next one, not given back and faulted in again."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the server may use: bytes of memory (of the container, if smaller), processors, free bytes of the disk."""

    memory: int
    processors: int
    free: int


def measure(directory: Path) -> Machine:
    """This machine, with the disk that holds `directory`."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            memory = min(memory, int(Path(limit).read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue  # no such limit, or the word "max"
    disk = os.statvfs(directory)
    return Machine(memory, os.cpu_count() or 1, disk.f_bavail * disk.f_frsize)


def tuning(machine: Machine, compression: str, socket: Path, port: int) -> str:
    """Text of the configuration file. `compression` is a value of wal_compression that the server knows."""
    parallel = max(1, machine.processors // 2)
    settings: dict[str, str | int] = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket),
        "unix_socket_permissions": "0700",
        "port": port,
        "max_connections": 100,
        "shared_buffers": _mb(machine.memory / 4, 64, 2048),
        "effective_cache_size": _mb(machine.memory * 0.6, 256, 1 << 20),
        "work_mem": _mb(machine.memory / 256, 8, 64),
        "maintenance_work_mem": _mb(machine.memory / 16, 64, 1024),
        "max_parallel_workers": machine.processors,
        "max_parallel_workers_per_gather": parallel,
        "max_parallel_maintenance_workers": machine.processors,
        "max_wal_size": _mb(machine.free / 8, 256, 4096),
        "min_wal_size": _mb(machine.free / 64, 80, 512),
        "checkpoint_timeout": "15min",
        "wal_compression": compression,
        # One server, no replicas: a table filled in the transaction that made it needs no log.
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "fsync": "on",
        "jit": "off",
        "random_page_cost": "1.1",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "log_checkpoints": "off",
        "log_min_error_statement": "fatal",  # statements may hold personal data
        "log_line_prefix": "%m [%p] ",
    }
    if sys.platform == "linux":
        settings["effective_io_concurrency"] = 64
    lines = [f"{name} = '{value}'" for name, value in settings.items()]
    return "\n".join(["# Written at every start; ALTER SYSTEM overrides it.", *lines, ""])


def _mb(size: float, least: int, most: int) -> str:
    return f"{min(max(int(size / _MB), least), most)}MB"
