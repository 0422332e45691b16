"""Every error that Landmap raises on purpose.

LandmapError                  says what is wrong, where, and what to do
├── DefinitionError           layers/, codelists or territories are wrong (all mistakes at once)
├── RequestError              a caller asked for something that cannot be answered
│   ├── InvalidParameter      unknown parameter, or a value out of its range
│   ├── InvalidCrs            unknown CRS, or coordinates that cannot be in it
│   ├── Unauthenticated       the key or token that was sent opens nothing
│   ├── Forbidden             the caller may not do this
│   ├── NotFound              no such layer, feature, tile or changeset
│   ├── NotAcceptable         it is there, but in no format that the caller takes
│   ├── Gone                  it was there, and is not any more
│   ├── TooLarge              more was sent than is taken at once
│   ├── UnknownMediaType      what was sent is not of a kind that is taken here
│   ├── Unconditional         a change that does not say which version of the feature it changes
│   ├── Stale                 the feature is not the version any more that the caller has seen
│   └── Unwritable            what was sent does not fit the layer (all problems at once)
├── IngestError               a source cannot be read or understood; nothing was written
│   └── Undecided             the source can be read in two ways; names the options to choose with
├── ConflictError             somebody else was first, or later changes stand on it
│   └── Ambiguous             a name that several things have
├── IssuerUnavailable         who signs people in cannot be asked
└── StoreError                the database cannot serve
    ├── DatabaseUnavailable   not running, no room, not reachable, or in use where it has to be changed
    ├── ForeignDatabase       not a Landmap database, another territory, another version
    ├── Busy                  as many long answers as may be are on their way already
    ├── Making                what is asked for is being made; it will be there in a while
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


class InvalidCrs(RequestError):
    """Unknown CRS, or coordinates that cannot be in it."""


class Unauthenticated(RequestError):
    """The key or token that was sent opens nothing: unknown, expired, revoked or malformed."""


class Forbidden(RequestError):
    """The caller is known and may not do this."""


class NotFound(RequestError):
    """No such layer, feature, tile or changeset."""


class NotAcceptable(RequestError):
    """It is there, but in no format that the caller takes."""


class Gone(RequestError):
    """It was there, and is not any more. `ended`: since when (RFC 3339), if that is known; `links` to where it is told of.

    `feature`: the ids of its layer and of itself.
    """

    def __init__(
        self,
        en: str,
        vi: str | None = None,
        *,
        where: str | None = None,
        ended: str | None = None,
        links: Sequence[Mapping[str, str]] = (),
        feature: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(en, vi, where=where)
        self.ended = ended
        self.links = tuple(links)
        self.feature = feature


class TooLarge(RequestError):
    """More was sent than is taken at once."""


class UnknownMediaType(RequestError):
    """What was sent is not of a kind that is taken here."""


class Unconditional(RequestError):
    """A change that does not say which version of the feature it changes, and so might undo another's."""


class Stale(RequestError):
    """The feature is not the version any more that the caller has seen."""


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


class IssuerUnavailable(LandmapError):
    """Who signs people in cannot be asked for its keys, or is not who it should be."""


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


class NoRoom(StoreError):
    """The disk has no room for what has to be made."""


class Unstorable(StoreError):
    """A value that the database does not take, now or later."""


class QueryTimeout(StoreError):
    """The statement timeout ended it."""
