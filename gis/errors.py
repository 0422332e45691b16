"""Every error that Landmap raises on purpose.

LandmapError                  says what is wrong, where, and what to do
├── DefinitionError           layers/, codelists or territories are wrong (all mistakes at once)
├── RequestError              a caller asked for something that cannot be answered
│   ├── InvalidParameter      unknown parameter, or a value out of its range
│   ├── InvalidCrs            unknown CRS, or coordinates that cannot be in it
│   ├── Unauthenticated       the key or token that was sent opens nothing
│   ├── Forbidden             the caller may not do this
│   ├── NotFound              no such layer, feature, tile or changeset
│   └── Gone                  it was there, and is not any more
├── IngestError               a source cannot be read or understood; nothing was written
│   └── Undecided             the source can be read in two ways; names the options to choose with
├── ConflictError             somebody else was first, or later changes stand on it
├── IssuerUnavailable         who signs people in cannot be asked
└── StoreError                the database cannot serve
    ├── DatabaseUnavailable   not running, no room, not reachable
    ├── ForeignDatabase       not a Landmap database, another territory, another version
    ├── Busy                  as many long answers as may be are on their way already
    └── QueryTimeout          the statement timeout ended it
"""


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


class Gone(RequestError):
    """It was there, and is not any more."""


class IngestError(LandmapError):
    """A source cannot be read or understood; nothing was written."""


class Undecided(IngestError):
    """The source can be read in two ways; the message names the options to choose with."""


class ConflictError(LandmapError):
    """Somebody else was first, or later changes stand on it. `ids` are the features concerned."""

    def __init__(self, en: str, vi: str | None = None, *, ids: tuple[str, ...] = ()) -> None:
        super().__init__(en, vi)
        self.ids = ids


class IssuerUnavailable(LandmapError):
    """Who signs people in cannot be asked for its keys, or is not who it should be."""


class StoreError(LandmapError):
    """The database cannot serve."""


class DatabaseUnavailable(StoreError):
    """Not running, no room, not reachable."""


class ForeignDatabase(StoreError):
    """Not a Landmap database, another territory, another version."""


class Busy(StoreError):
    """As many long answers as may be are on their way already; another one has to wait."""


class QueryTimeout(StoreError):
    """The statement timeout ended it."""
