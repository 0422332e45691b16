"""Prometheus metrics of one process, or of all workers where PROMETHEUS_MULTIPROC_DIR is set. Labels are bounded:
handler names, methods and status codes, never a path or a value."""

from __future__ import annotations

import hmac
import ipaddress
import math
import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import Forbidden, StoreError
from gis.store.jobs import state_sql
from gis.store.keeper import Keeper
from services.settings import Settings

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_FORWARDED = {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class Metrics:
    """The counters of one application; each application has its own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "landmap_http_requests_total",
            "Requests answered",
            ("handler", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "landmap_http_request_seconds",
            "Time from request to last byte handed over",
            ("handler",),
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self.tile_cache = Counter(
            "landmap_tile_cache_total", "Tiles asked of the tile cache", ("result",), registry=self.registry
        )
        self.tile_cache_bytes = Gauge(
            "landmap_tile_cache_bytes",
            "Bytes held by the tile cache",
            registry=self.registry,
            multiprocess_mode="livesum",
        )

        self.jobs = Gauge(
            "landmap_jobs", "Jobs by state", ("state",), registry=self.registry, multiprocess_mode="livemostrecent"
        )
        self.oldest_job_seconds = Gauge(
            "landmap_oldest_job_seconds",
            "Age of the oldest job that waits, 0 where none does",
            registry=self.registry,
            multiprocess_mode="livemostrecent",
        )
        self.cells_seconds = Histogram(
            "landmap_tile_cells_seconds",
            "Time to bring the cells of a layer up to its last changeset",
            registry=self.registry,
            buckets=(*_BUCKETS, 30.0, 60.0),
        )

    def observe(self, handler: str, method: str, status: int, seconds: float) -> None:
        """Counts one answered request."""
        self.requests.labels(handler, method if method in _METHODS else "other", str(status)).inc()
        self.seconds.labels(handler).observe(seconds)

    def exposition(self) -> bytes:
        """All metrics in the Prometheus text format; summed over the workers where there are several."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


async def metrics(request: Request) -> Response:
    """GET /metrics: with LANDMAP_METRICS_TOKEN as a bearer token; where none is set, to this very machine and not through
    a proxy. It tells how much is asked for, and of what."""
    _admit(request)
    collected: Metrics = request.app.state.metrics
    if (services := getattr(request.app.state, "services", None)) is not None:  # else it is only about to start
        await count_jobs(collected, services.keeper)
    return Response(collected.exposition(), headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE_LATEST)


async def count_jobs(collected: Metrics, keeper: Keeper) -> None:
    """As the database has them now; not a number where it does not say."""
    try:
        async with keeper.transaction() as work:
            row = await work.row(state_sql())
    except StoreError:
        row = None
    for state in ("waiting", "running"):
        collected.jobs.labels(state).set(row[state] if row else math.nan)
    collected.oldest_job_seconds.set(row["oldest"] if row else math.nan)


def _admit(request: Request) -> None:
    settings: Settings = request.app.state.settings
    if settings.metrics_token is not None:
        sent = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        allowed = hmac.compare_digest(sent.encode(), settings.metrics_token.get_secret_value().encode())
    else:
        allowed = settings.public_url is None and not _FORWARDED & set(request.headers) and _is_here(request)
    if not allowed:
        raise Forbidden(
            "Metrics are for those who look after this service: they open with the token of LANDMAP_METRICS_TOKEN, or where "
            "none is set, on this very machine.",
            "Số liệu vận hành chỉ dành cho đơn vị vận hành: cần token của LANDMAP_METRICS_TOKEN, hoặc truy cập ngay trên máy chủ.",
        )


def _is_here(request: Request) -> bool:
    """The client, and the name by which it calls the service, are this machine: a proxy on it may pass on the public's."""
    return all(
        _is_loopback(name) for name in (request.client.host if request.client else "", request.url.hostname or "")
    )


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
