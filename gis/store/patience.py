"""Changes of tables that others read meanwhile: a lock is waited for briefly and again, and then it is said who keeps it.

Whoever waits to change a table keeps everybody waiting who comes later, readers too.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg

from gis.errors import DatabaseUnavailable

SECONDS = 5.0
"""How long a change waits for a lock."""

TRIES = 6
"""How often it does, before it is given up."""

PAUSE = 5.0
"""Seconds between, for those who came later."""

_HOLDERS = """SELECT a.pid, a.usename, a.application_name, a.xact_start FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND EXISTS (
        SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE l.pid = a.pid AND l.granted AND n.nspname IN ('land', 'land_history', 'land_restricted', 'landmap'))
    ORDER BY a.xact_start NULLS LAST, a.pid LIMIT 3"""


def briefly() -> str:
    """What a transaction begins with that changes tables."""
    return f"SET LOCAL lock_timeout = '{SECONDS * 1000:.0f}ms'"


def patiently(connection: psycopg.Connection, change: Callable[[], None]) -> None:
    """Does the change, a transaction that begins with `briefly()`, again where it gets no lock.

    DatabaseUnavailable, which names who is in the way, where it never does; `connection` is asked for them.
    """
    for left in reversed(range(TRIES)):
        try:
            change()
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            if not left:
                raise _given_up(connection) from error
        time.sleep(PAUSE)


def _given_up(connection: psycopg.Connection) -> DatabaseUnavailable:
    holders = connection.execute(_HOLDERS).fetchall()
    en = "; ".join(_told(holder, "process", "since") for holder in holders) or "a transaction that has ended since"
    vi = "; ".join(_told(holder, "tiến trình", "từ") for holder in holders) or "một giao dịch vừa kết thúc"
    return DatabaseUnavailable(
        f"The tables could not be changed, for somebody uses them: {en}. Let them finish (a download, an edit in QGIS), or "
        "end them (SELECT pg_terminate_backend(process)), and start again. What was done so far stays; the rest follows.",
        f"Không thay đổi được các bảng vì đang có người dùng: {vi}. Hãy đợi họ xong (tải dữ liệu, chỉnh sửa trong QGIS) "
        "hoặc ngắt họ (SELECT pg_terminate_backend(tiến trình)), rồi khởi động lại. Phần đã làm được giữ nguyên; phần còn "
        "lại sẽ làm tiếp.",
    )


def _told(holder: tuple[object, ...], process: str, since: str) -> str:
    pid, user, program, begun = holder
    moment = f", {since} {begun:%Y-%m-%d %H:%M:%S%z}" if begun else ""  # unknown to those who may not see it
    return f"{user}{f' ({program})' if program else ''}, {process} {pid}{moment}"
