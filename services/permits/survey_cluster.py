"""Judging on a Dask cluster: the only place that knows Dask. A part goes to a worker with all that it needs.

The workers need this version of the package `gis`, and neither the folder nor the database. A part whose worker dies goes to
another one; what it comes to is the same, so it does not matter whether it had been judged already.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from itertools import islice

import dask.config
from distributed import Client, Future, KilledWorker, wait
from distributed.comm import CommClosedError
from distributed.security import Security

from gis.errors import ClusterUnavailable, InvalidParameter
from gis.formats.survey_folder import Files
from gis.formats.survey_parts import SOFTWARE, Answer
from services.permits.survey_run import Judging, Work

_ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:\d{1,5}")

_CONNECT = 10.0
"""Seconds for which the scheduler is looked for, at the beginning and when it is lost."""

_PATIENCE = 30.0
"""Seconds for which a cluster may be without a worker."""

_AHEAD = 2
"""Parts on their way for each thread of the workers: the scheduler holds no more of them than these."""


@contextmanager
def cluster(scheduler: str) -> Iterator[Judging]:
    """A cluster that judges. ClusterUnavailable where its scheduler cannot be reached or has no workers."""
    told = {
        "distributed.admin.large-graph-warning-threshold": "1 GiB",  # a part is data, and meant to be sent
        "distributed.comm.timeouts.connect": f"{_CONNECT}s",
    }
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what it logs is said below, in one sentence
    with dask.config.set(told), _connected(scheduler) as client:
        yield lambda work, parts: _judged(client, work, parts)


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    if not _ADDRESS.fullmatch(scheduler):
        raise InvalidParameter(
            f"--scheduler {scheduler}: write the address of a Dask scheduler, such as tcp://10.0.0.5:8786.",
            f"--scheduler {scheduler}: hãy ghi địa chỉ của bộ điều phối Dask, ví dụ tcp://10.0.0.5:8786.",
            where="--scheduler",
        )
    security = _security(scheduler)
    try:
        client = Client(scheduler, timeout=_CONNECT, set_as_default=False, security=security)
    except OSError as error:
        raise ClusterUnavailable(
            f"The Dask scheduler {scheduler} cannot be reached; start it with `dask scheduler`, or look at the address and "
            "the firewall.",
            f"Không kết nối được bộ điều phối Dask {scheduler}; hãy chạy `dask scheduler`, hoặc xem lại địa chỉ và tường lửa.",
        ) from error
    with client, client.as_current():
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError as error:
            raise _no_worker() from error
        yield client


def _security(scheduler: str) -> Security | None:
    """What Dask's settings say of TLS, where the address asks for it. InvalidParameter where that is not enough."""
    if not scheduler.startswith("tls:"):
        return None
    found = Security()
    said = "distributed.comm.tls: ca-file, client.cert, client.key"
    if not (found.tls_ca_file and found.tls_client_cert):
        raise InvalidParameter(
            f"--scheduler {scheduler}: Dask's settings name no certificates; say in them ({said}) which to use, "
            "or as DASK_DISTRIBUTED__COMM__TLS__CA_FILE and so on.",
            f"--scheduler {scheduler}: cấu hình Dask chưa có chứng chỉ; hãy ghi vào đó ({said}), hoặc qua biến môi trường "
            "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, ….",
            where="--scheduler",
        )
    try:
        found.get_connection_args("client")
    except OSError as error:  # of ssl as well
        raise InvalidParameter(
            f"--scheduler {scheduler}: the certificates of Dask's settings ({said}) cannot be used: {error}",
            f"--scheduler {scheduler}: không dùng được các chứng chỉ trong cấu hình Dask ({said}): {error}",
            where="--scheduler",
        ) from error
    return found


def _judged(client: Client, work: Work, parts: Iterable[Files]) -> Iterator[Answer]:
    """The answers as they come."""
    coming = iter(parts)
    waiting: set[Future] = set()
    while True:
        for files in islice(coming, max(_room(client) - len(waiting), 0)):
            waiting.add(client.submit(work, files, pure=False))
        if not waiting:
            return
        done = _done(client, waiting)
        waiting -= done
        for one in done:
            yield _answer(one)


def _room(client: Client) -> int:
    """How many parts may be on their way."""
    with _talking():
        threads: dict[str, int] = client.nthreads()
    return max(_AHEAD * sum(threads.values()), 1)


def _done(client: Client, waiting: set[Future]) -> set[Future]:
    """Those that are ready, at least one."""
    while True:
        with _talking():
            try:
                return set(wait(waiting, timeout=_PATIENCE, return_when="FIRST_COMPLETED").done)
            except TimeoutError as error:
                if not client.nthreads():
                    raise _no_worker() from error


@contextmanager
def _talking() -> Iterator[None]:
    """Whatever the connection to the scheduler says when it breaks."""
    try:
        yield
    except (CancelledError, CommClosedError, OSError) as error:
        raise ClusterUnavailable(
            "The Dask scheduler has gone away while the survey ran; nothing was written, run it again.",
            "Mất kết nối với bộ điều phối Dask khi đang rà soát; chưa ghi gì, hãy chạy lại.",
        ) from error


def _answer(one: Future) -> Answer:
    with _talking():
        failed: BaseException | None = one.exception() if one.status == "error" else None
    if failed is None:
        return _believed(one)
    if isinstance(failed, KilledWorker):
        raise ClusterUnavailable(
            "Several workers died of the same part, mostly for want of memory; give them more, or export smaller parts.",
            "Nhiều máy xử lý dừng ở cùng một phần, thường do thiếu bộ nhớ; hãy tăng bộ nhớ hoặc xuất các phần nhỏ hơn.",
        ) from failed
    if isinstance(failed, ImportError):
        raise ClusterUnavailable(
            f"A worker lacks Landmap ({failed}); install there what is here: {SOFTWARE}.",
            f"Máy xử lý thiếu Landmap ({failed}); hãy cài đúng bản đang dùng ở đây: {SOFTWARE}.",
        ) from failed
    raise failed


def _believed(one: Future) -> Answer:
    """The answer, if it was found as it would be here."""
    with _talking():
        found: Answer = one.result()
    if found.software != SOFTWARE:
        raise ClusterUnavailable(
            f"A worker has {found.software}, and here is {SOFTWARE}: their numbers may differ. Install the same there.",
            f"Máy xử lý dùng {found.software}, ở đây là {SOFTWARE}: số liệu có thể khác nhau. Hãy cài cùng một bản.",
        )
    return found


def _no_worker() -> ClusterUnavailable:
    return ClusterUnavailable(
        "The Dask cluster has no workers; start some with `dask worker ADDRESS` and run the survey again.",
        "Cụm Dask không có máy xử lý nào; hãy chạy `dask worker ĐỊA_CHỈ` rồi rà soát lại.",
    )
