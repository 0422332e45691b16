"""Every error that Landmap raises on purpose.

LandmapError                  says what is wrong, where, and what to do
├── DefinitionError           layers/, codelists or territories are wrong (all mistakes at once)
├── RequestError              a caller asked for something that cannot be answered
│   ├── InvalidParameter      unknown parameter, or a value out of its range
│   │   └── InvalidInputs     inputs of a process do not fit its description (all problems at once)
│   ├── InvalidCrs            unknown CRS, or coordinates that cannot be in it
│   ├── Unauthenticated       the caller has to sign in, or what was sent to sign in with opens nothing
│   ├── Forbidden             the caller may not do this
│   ├── NotFound              no such layer, feature, tile or changeset
│   │   └── NotYet            it will be there, from a day on
│   │   ├── NoSuchProcess     no process of this id
│   │   ├── NoSuchJob         no job of this id, or not for this caller
│   │   └── NotReady          the job has no results yet
│   ├── NotAcceptable         it is there, but in no format that the caller takes
│   ├── Gone                  it was there, and is not any more
│   ├── TooLarge              more was sent than is taken at once
│   ├── TooSlow               it takes longer than a caller may wait for it
│   ├── BeyondEnd             a part was asked for that lies behind the end
│   ├── UnknownMediaType      what was sent is not of a kind that is taken here
│   ├── Unconditional         a change that does not say which version of the feature it changes
│   ├── Stale                 the feature is not the version any more that the caller has seen
│   ├── TooMany               the caller has as much on its way as one caller may
│   │   └── TooFast           the caller asks more often than one caller may
│   └── Unwritable            what was sent does not fit the layer (all problems at once)
├── IngestError               a source cannot be read or understood; nothing was written
│   └── Undecided             the source can be read in two ways; names the options to choose with
├── ConflictError             somebody else was first, or later changes stand on it
│   ├── Ambiguous             a name that several things have
│   └── AmbiguousParcel       several parcels are what was asked for; lists them
├── UnknownDay                whether a day is worked is not known: its year has no calendar
├── IssuerUnavailable         who signs people in cannot be asked
├── ClusterUnavailable        the machines that should do the work cannot, or not in the same way
└── StoreError                the database cannot serve
    ├── DatabaseUnavailable   not running, no room, not reachable, or in use where it has to be changed
    ├── ForeignDatabase       not a Landmap database, another territory, another version
    ├── Busy                  as many long answers as may be are on their way already
    ├── Making                what is asked for is being made; it will be there in a while
    ├── Unmade                what is asked for could not be made; it is tried again after a while
    ├── NoRoom                the disk has no room for what has to be made
    ├── Unstorable            a value that the database does not take, now or later
    └── QueryTimeout          the statement timeout ended it
"""

from collections.abc import Mapping, Sequence


class LandmapError(Exception):
    """Root. `en` and `vi` are whole sentences for people; `where` names the place (file, key, parameter).

    `vi` may be left out by errors that only an operator at a terminal sees.
    """

    def __init__(self, en: str, vi: str | None = None, *, where: str | None = None) -> None:
        super().__init__(en)
        self.en = en
        self.vi = vi or en
        self.where = where

    def text(self, language: str) -> str:
        """The sentence in `vi` or `en`."""
        return self.vi if language == "vi" else self.en


class DefinitionError(LandmapError):
    """Mistakes in layers/: `problems` holds one line each, `file: key: what is wrong; the mend`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class RequestError(LandmapError):
    """A caller asked for something that cannot be answered."""


class InvalidParameter(RequestError):
    """Unknown parameter, or a value out of its range."""


class TooMuch(InvalidParameter):
    """More features or vertices within the area asked about than one answer may read."""


class InvalidInputs(InvalidParameter):
    """Inputs of a process that do not fit its description: `problems` holds one member for each mistake: `where`, `vi`, `en`."""

    def __init__(
        self, en: str, vi: str | None = None, *, where: str | None = None, problems: Sequence[Mapping[str, object]] = ()
    ) -> None:
        super().__init__(en, vi, where=where)
        self.problems = tuple(problems)


class InvalidCrs(RequestError):
    """Unknown CRS, or coordinates that cannot be in it."""


class Unauthenticated(RequestError):
    """The caller has to sign in: nothing was sent to do so, or it opens nothing (unknown, expired, revoked or malformed)."""


class Forbidden(RequestError):
    """The caller is known and may not do this."""


class NotFound(RequestError):
    """No such layer, feature, tile or changeset. `feature`: the ids of its layer and of itself, where one is not there now."""

    def __init__(
        self, en: str, vi: str | None = None, *, where: str | None = None, feature: tuple[str, str] | None = None
    ) -> None:
        super().__init__(en, vi, where=where)
        self.feature = feature


class NotYet(NotFound):
    """It will be there: from `begins` on (RFC 3339); `links` to where it is told of."""

    def __init__(self, en: str, vi: str, *, where: str, begins: str, links: Sequence[Mapping[str, str]]) -> None:
        super().__init__(en, vi, where=where)
        self.begins = begins
        self.links = tuple(links)


class NoSuchProcess(NotFound):
    """No process of this id."""


class NoSuchJob(NotFound):
    """No job of this id, or not for this caller."""


class NotReady(NotFound):
    """The job has no results yet."""


class NotAcceptable(RequestError):
    """It is there, but in no format that the caller takes."""


class Gone(RequestError):
    """It was there, and is not any more. `ended`: since when (RFC 3339), if that is known; `links` to where it is told of."""

    def __init__(
        self,
        en: str,
        vi: str | None = None,
        *,
        where: str | None = None,
        ended: str | None = None,
        links: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(en, vi, where=where)
        self.ended = ended
        self.links = tuple(links)


class TooLarge(RequestError):
    """More was sent than is taken at once."""


class BeyondEnd(RequestError):
    """A part was asked for that lies behind the end of what has `size` bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"Range: the file has {size} bytes and no such part; ask for bytes within it, or for the whole file.",
            f"Range: tệp có {size} byte, không có phần này; hãy yêu cầu phần nằm trong tệp, hoặc cả tệp.",
            where="Range",
        )
        self.size = size


class TooSlow(RequestError):
    """It takes longer than a caller may wait for it."""


class UnknownMediaType(RequestError):
    """What was sent is not of a kind that is taken here."""


class Unconditional(RequestError):
    """A change that does not say which version of the feature it changes, and so might undo another's."""


class Stale(RequestError):
    """The feature is not the version any more that the caller has seen."""


class TooMany(RequestError):
    """The caller has as much on its way as one caller may: some of it must be done first."""


class TooFast(TooMany):
    """The caller asks more often than one caller may; in `seconds` it may again."""

    def __init__(self, en: str, vi: str | None = None, *, seconds: int, where: str | None = None) -> None:
        super().__init__(en, vi, where=where)
        self.seconds = seconds


class Unwritable(RequestError):
    """What was sent does not fit the layer; nothing was written.

    `problems` holds one member for each thing that is wrong: `index`, `field`, `reason`, `vi`, `en`.
    """

    def __init__(self, en: str, vi: str | None = None, *, problems: Sequence[Mapping[str, object]] = ()) -> None:
        super().__init__(en, vi)
        self.problems = tuple(problems)


class IngestError(LandmapError):
    """A source cannot be read or understood; nothing was written."""


class Undecided(IngestError):
    """The source can be read in two ways; the message names the options to choose with."""


class ConflictError(LandmapError):
    """Somebody else was first, or later changes stand on it. `ids` are the features concerned."""

    def __init__(self, en: str, vi: str | None = None, *, ids: tuple[str, ...] = ()) -> None:
        super().__init__(en, vi)
        self.ids = ids


class Ambiguous(ConflictError):
    """A name that several things have: `problems` as of Unwritable, each with `candidates` to choose from."""

    def __init__(self, en: str, vi: str, *, problems: Sequence[Mapping[str, object]]) -> None:
        super().__init__(en, vi)
        self.problems = tuple(problems)


class AmbiguousParcel(ConflictError):
    """Several parcels are what was asked for: how many, and `candidates` to choose from, each with `id`, `label` and `href`."""

    def __init__(self, en: str, vi: str, *, matched: int, candidates: Sequence[Mapping[str, object]]) -> None:
        super().__init__(en, vi, ids=tuple(str(one["id"]) for one in candidates))
        self.matched = matched
        self.candidates = tuple(candidates)


class UnknownDay(LandmapError):
    """Whether a day is worked is not known: its year has no calendar, or none that reaches so far."""


class IssuerUnavailable(LandmapError):
    """Who signs people in cannot be asked for its keys, or is not who it should be."""


class ClusterUnavailable(LandmapError):
    """The machines that should do the work are not reachable, have died, or have other software."""


class StoreError(LandmapError):
    """The database cannot serve."""


class DatabaseUnavailable(StoreError):
    """Not running, no room, not reachable, or in use where it has to be changed."""


class ForeignDatabase(StoreError):
    """Not a Landmap database, another territory, another version."""


class Busy(StoreError):
    """As many long answers as may be are on their way already; another one has to wait."""


class Making(StoreError):
    """What is asked for is being made; it will be there in a while."""


class Unmade(StoreError):
    """What is asked for could not be made; in `seconds` it is tried again."""

    def __init__(self, en: str, vi: str, *, seconds: int) -> None:
        super().__init__(en, vi)
        self.seconds = seconds


class NoRoom(StoreError):
    """The disk has no room for what has to be made."""


class Unstorable(StoreError):
    """A value that the database does not take, now or later."""


class QueryTimeout(StoreError):
    """The statement timeout ended it."""
