"""The terms of `q` → SQL: words of the searchable fields, folded, found by one index a layer.

A word counts whole; the last word of a phrase may also be the beginning of one. The words of a phrase follow each other
in one field. A row takes part only if it shows all searchable fields.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, Integer, Text, and_, bindparam, case, func, literal_column, or_, true

from gis.model.access import Decision
from gis.model.layer import Layer, Role
from gis.model.query import Match, Phrase, Typed
from gis.store import levels
from gis.store.tables import searched_text

type Form = tuple[tuple[bool, bool], ...]
"""Of each phrase of an alternative: has it several words, is its last word whole."""

type Terms = tuple[tuple[Phrase, ...], ...]


def forms(wanted: Terms) -> tuple[Form, ...]:
    """All of the terms that changes the text of their SQL."""
    return tuple(tuple((" " in phrase.text, phrase.whole) for phrase in phrases) for phrases in wanted)


def values(wanted: Terms) -> dict[str, object]:
    """Values of the named parameters of `expression`."""
    return {
        _name(i, j): phrase.text for i, phrases in enumerate(wanted) for j, phrase in enumerate(phrases)
    }  # fmt: skip


def least(layer: Layer, decision: Decision) -> int:
    """The level that a row needs to be searched."""
    return levels.least(layer, decision, tuple(field.name for field in layer.searchable))


def expression(layer: Layer, versions: FromClause, wanted: tuple[Form, ...]) -> ColumnElement[bool]:
    """One of the alternatives is found in the row of `versions`."""
    if not layer.searchable:
        return literal_column("false")
    return or_(*(_every(layer, versions, i, form) for i, form in enumerate(wanted)))


def typed_values(wanted: Typed) -> dict[str, object]:
    """Values of the named parameters of `typed`."""
    found: dict[str, object] = {}
    for i, text in enumerate(wanted.texts):
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found |= {f"typed_{i}": text, f"begun_{i}": escaped + "%"}
    return found


def typed(layer: Layer, versions: FromClause, count: int, match: Match) -> ColumnElement[bool]:
    """The label or the number of the row of `versions` is one of the texts, or begins with it, or neither.

    Labels are compared folded; numbers as they are written, or in capitals: for each there is an index.
    """
    exact = or_(
        literal_column("false"), *(one for i in range(count) for one in _names(layer, versions, i, begun=False))
    )
    if match is Match.EXACT:
        return exact
    begins = or_(
        literal_column("false"), *(one for i in range(count) for one in _names(layer, versions, i, begun=True))
    )
    if match is Match.BEGINS:
        return and_(begins, exact.is_not(true()))
    return or_(exact, begins).is_not(true())


def match(layer: Layer, versions: FromClause, count: int) -> ColumnElement[int]:
    """Which Match of the texts the row of `versions` is."""
    first = [(typed(layer, versions, count, how), _number(how)) for how in (Match.EXACT, Match.BEGINS)]
    return case(*first, else_=_number(Match.WORDS))


def _number(how: Match) -> ColumnElement[int]:
    return literal_column(str(int(how)), Integer)


def _names(layer: Layer, versions: FromClause, place: int, *, begun: bool) -> list[ColumnElement[bool]]:
    text = bindparam(f"begun_{place}" if begun else f"typed_{place}", type_=Text)
    same = "LIKE" if begun else "="
    found: list[ColumnElement[bool]] = []
    number, label = layer.field(layer.identity[-1]), layer.with_role(Role.LABEL)
    if number.searchable:
        column = versions.c[number.name]
        found += [column.bool_op(same)(text), column.bool_op(same)(func.upper(text))]
    if label is not None and label.searchable and label.name not in layer.identity:
        folded = func.landmap.folded(versions.c[label.name], type_=Text)
        found.append(folded.bool_op(same)(func.landmap.folded(text, type_=Text)))
    return found


def _every(layer: Layer, versions: FromClause, place: int, form: Form) -> ColumnElement[bool]:
    row = searched_text(layer, versions.c)
    found: list[ColumnElement[bool]] = []
    for number, (several, whole) in enumerate(form):
        term = bindparam(_name(place, number), type_=Text)
        end: ColumnElement[bool] = literal_column("true" if whole else "false")
        found.append(func.landmap.word_set(row).bool_op("@@")(func.landmap.has_words(term, end)))
        if several:
            found.append(func.landmap.phrases(row).bool_op("LIKE")(func.landmap.phrase_pattern(term, end)))
    return and_(*found)


def _name(alternative: int, phrase: int) -> str:
    return f"term_{alternative}_{phrase}"
