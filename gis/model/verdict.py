"""What a check of a building against the rules says: findings, and the verdict that follows from them.

A verdict is advice. It is a pure function of the findings, and nothing that is missing ever makes it better.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import shapely

from gis.errors import InvalidParameter
from gis.model.layer import Text


class Status(StrEnum):
    """What one rule says of one case."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    WARNING = "warning"
    NOT_APPLICABLE = "not-applicable"
    NO_DATA = "no-data"
    ATTESTED = "attested"
    ERROR = "error"

    @property
    def word(self) -> Text:
        """The word that people read."""
        return STATUS_TITLES[self]


class Verdict(StrEnum):
    """What all rules together say of one case."""

    CONFORMS = "conforms"
    CONFORMS_WITH_ATTESTATION = "conforms-with-attestation"
    DOES_NOT_CONFORM = "does-not-conform"
    UNDETERMINED = "undetermined"

    @property
    def word(self) -> Text:
        """The word that people read."""
        return VERDICT_TITLES[self]


STATUS_TITLES = MappingProxyType(
    {
        Status.PASS: Text("Đạt", "Pass"),
        Status.FAIL: Text("Không đạt", "Fail"),
        Status.WARNING: Text("Cần xem xét", "To be reviewed"),
        Status.NOT_APPLICABLE: Text("Không áp dụng", "Not applicable"),
        Status.NO_DATA: Text("Chưa có dữ liệu", "No data"),
        Status.ATTESTED: Text("Có xác nhận", "Attested"),
        Status.ERROR: Text("Lỗi", "Error"),
    }
)

VERDICT_TITLES = MappingProxyType(
    {
        Verdict.CONFORMS: Text("Phù hợp", "Conforms"),
        Verdict.CONFORMS_WITH_ATTESTATION: Text("Phù hợp (có xác nhận)", "Conforms (attested)"),
        Verdict.DOES_NOT_CONFORM: Text("Không phù hợp", "Does not conform"),
        Verdict.UNDETERMINED: Text("Chưa đủ căn cứ", "Undetermined"),
    }
)


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a rule stands: the document with its number, and the article or table in it."""

    document: str
    article: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The part of the ground where a rule is broken; `crs` is the EPSG code of its coordinates, easting first."""

    geometry: shapely.Geometry
    crs: int


@dataclass(frozen=True, slots=True)
class Missing:
    """An input that a finding lacks: its name among the inputs, and what people call it."""

    name: str
    title: Text


@dataclass(frozen=True, slots=True)
class Attestation:
    """An officer's word for what the data do not say, on one finding; never public.

    `subject` is the finding's: the zone or the road, or None for the case as a whole.
    """

    pack: str
    rule: str
    subject: str | None
    person: str
    document: str
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one case, or of one zone or road of it (`subject`).

    `measured`, `limit` and `margin` are in `unit`; a margin below 0 is how much the limit is passed by. With `at_least`
    the limit is a least value. `ignored` is what fell under the declared tolerance (m2). `missing` says what a
    no-data finding lacks, or what an error could not read. `assumed` holds what the engine took as given: the fronting
    road, its width, the frontage, whether the lot is a corner. `data` are the themes read with their versions.
    `binding`: of all limits on the same aspect this one leaves least.
    """

    pack: str
    pack_version: str
    rule: str
    title: Text
    clause: Clause
    aspect: str
    status: Status
    message: Text
    subject: str | None = None
    measured: float | None = None
    limit: float | None = None
    margin: float | None = None
    unit: str | None = None
    at_least: bool = False
    binding: bool = False
    conflict: Conflict | None = None
    ignored: float = 0.0
    missing: tuple[Missing, ...] = ()
    assumed: Mapping[str, object] = MappingProxyType({})
    data: tuple[tuple[str, str], ...] = ()
    attestation: Attestation | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with its reasons: what is missing, which findings a person must look at, what was attested."""

    verdict: Verdict
    missing: tuple[Missing, ...]
    failed: tuple[Finding, ...]
    to_review: tuple[Finding, ...]
    attested: tuple[Finding, ...]


def judge(findings: Sequence[Finding]) -> Judgement:
    """The verdict on one case.

    A rule that fails decides. Else everything that applies must have passed: one no-data, warning or error, or no rule
    that applies at all, leaves the case undetermined.
    """
    by_status: dict[Status, list[Finding]] = {status: [] for status in Status}
    for finding in findings:
        by_status[finding.status].append(finding)
    missing = {m.name: m for s in (Status.NO_DATA, Status.ERROR) for f in by_status[s] for m in f.missing}
    return Judgement(
        verdict=_verdict({status for status, found in by_status.items() if found}),
        missing=tuple(missing[name] for name in sorted(missing)),
        failed=tuple(by_status[Status.FAIL]),
        to_review=tuple(by_status[Status.WARNING] + by_status[Status.ERROR]),
        attested=tuple(by_status[Status.ATTESTED]),
    )


def _verdict(seen: set[Status]) -> Verdict:
    if Status.FAIL in seen:
        return Verdict.DOES_NOT_CONFORM
    applicable = seen - {Status.NOT_APPLICABLE}
    if not applicable or applicable - {Status.PASS, Status.ATTESTED}:
        return Verdict.UNDETERMINED
    return Verdict.CONFORMS_WITH_ATTESTATION if Status.ATTESTED in applicable else Verdict.CONFORMS


@dataclass(frozen=True, slots=True)
class Unused:
    """An attestation that changed nothing, and why."""

    attestation: Attestation
    reason: Text


def attest(
    findings: Sequence[Finding], attestations: Sequence[Attestation], own: Collection[str] = ()
) -> tuple[tuple[Finding, ...], tuple[Unused, ...]]:
    """The findings with what was attested, and the attestations that changed nothing. `own` are the inputs that the application
    itself has to give.

    Only a no-data finding becomes attested, and only where data are what is missing: what data show nobody can sign away, and
    no word of an officer stands for what the dossier has to tell. Later data that answer the question therefore leave the
    attestation over. Raises InvalidParameter for two on one finding, or one without its reason.
    """
    by_place: dict[tuple[str, str, str | None], Attestation] = {}
    for attestation in attestations:
        place = (attestation.pack, attestation.rule, attestation.subject)
        _check_attestation(attestation, twice=place in by_place)
        by_place[place] = attestation
    result, reasons = [], {}
    for finding in findings:
        place = (finding.pack, finding.rule, finding.subject)
        given = by_place.get(place)
        if given is not None and finding.status is Status.NO_DATA:
            untold = [one for one in finding.missing if one.name in own]
            if untold:
                reasons[place] = _to_be_stated(untold)
            else:
                finding = replace(finding, status=Status.ATTESTED, attestation=given)
                del by_place[place]
        result.append(finding)
    return tuple(result), tuple(Unused(given, reasons.get(place, _NOT_OPEN)) for place, given in by_place.items())


_NOT_OPEN = Text(
    "Không có kết quả 'Chưa có dữ liệu' nào cho quy tắc này.",
    "There is no finding 'no data' of this rule that it could answer.",
)


def _to_be_stated(untold: Sequence[Missing]) -> Text:
    vi, en = (", ".join(one.title[language] for one in untold) for language in ("vi", "en"))
    return Text(f"Hồ sơ phải tự ghi: {vi}.", f"The application itself has to state: {en}.")


def _check_attestation(attestation: Attestation, *, twice: bool) -> None:
    name = f"{attestation.pack}/{attestation.rule}"
    if twice:
        raise InvalidParameter(
            f"Rule {name} is attested twice; send one attestation for each finding.",
            f"Quy tắc {name} có hai xác nhận; mỗi kết quả chỉ gửi một xác nhận.",
            where="attestations",
        )
    for key in ("person", "document", "reason"):
        if not getattr(attestation, key).strip():
            raise InvalidParameter(
                f"The attestation on {name} lacks its {key}; fill it in.",
                f"Xác nhận cho {name} thiếu '{key}'; hãy bổ sung.",
                where=f"attestations.{key}",
            )
