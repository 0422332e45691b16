"""How a run of a job can end, and what is told where that is no result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gis.errors import LandmapError
from gis.model.layer import Text
from gis.store.jobs import Content
from services.errors import Problem, problem_document

BROKEN = Problem(
    500,
    "internal",
    Text("Lỗi máy chủ", "Server error"),
    Text(
        "Máy chủ gặp lỗi khi chạy công việc này. Khi báo lỗi, hãy gửi kèm mã công việc (jobID).",
        "The server failed on this job. When you report it, give its id (jobID).",
    ),
)
TOO_LONG = Problem(
    504,
    "job-timeout",
    Text("Quá thời gian xử lý", "The job took too long"),
    Text(
        "Công việc này cần nhiều thời gian hơn mức cho phép. Hãy thu nhỏ vùng hoặc giảm số đối tượng.",
        "This job needs more time than is allowed. Ask for a smaller area or fewer features.",
    ),
)
TOO_BIG = Problem(
    413,
    "job-memory",
    Text("Cần quá nhiều bộ nhớ", "The job needs too much memory"),
    Text(
        "Công việc này cần nhiều bộ nhớ hơn mức cho phép. Hãy thu nhỏ vùng hoặc giảm số đối tượng.",
        "This job needs more memory than is allowed. Ask for a smaller area or fewer features.",
    ),
)
LOST = Problem(
    500,
    "job-lost",
    Text("Không chạy được công việc", "The job could not be run"),
    Text(
        "Nhiều lần chạy công việc này đã bị ngắt giữa chừng, nên không thử nữa. Hãy gửi lại; nếu vẫn vậy, hãy báo đơn vị vận "
        "hành kèm mã công việc (jobID).",
        "Several runs of this job were cut off in the middle, so it is not tried any more. Submit it again; if that does not "
        "help, tell the operator the job's id (jobID).",
    ),
)


@dataclass(frozen=True, slots=True)
class Done:
    """It gave these results."""

    contents: list[Content]


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot give any, by this problem document in each language."""

    problem: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Again:
    """It may give some the next time. `failed`: what is told where there is none; None: the run counts for nothing."""

    failed: Failed | None


@dataclass(frozen=True, slots=True)
class Gone:
    """Nobody wants its results."""


type Outcome = Done | Failed | Again | Gone


def failed(problem: Problem, error: LandmapError | None = None) -> Failed:
    """The problem in both languages."""
    return Failed({language: problem_document(problem, error, language) for language in ("vi", "en")})
