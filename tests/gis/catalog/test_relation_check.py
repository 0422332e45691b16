"""No two tables or indexes are called the same."""

from __future__ import annotations

from gis.store.tables import history_table, restricted_tables
from tests.gis.catalog.conftest import FILES, Definitions


def _second(definitions: Definitions, name: str) -> None:
    """A second layer that is like the first one but for its name and the ids of its style."""
    for file, text in list(FILES.items()):
        if file in ("lots/layer.toml", "lots/style.json"):
            definitions.write(file.replace("lots", name), text.replace('"lots', f'"{name}'))


def test_a_layer_whose_names_could_be_those_of_another_is_told(definitions: Definitions) -> None:
    _second(definitions, "lots_old")
    (problem,) = definitions.problems()
    assert problem == (
        "layers/lots_old/layer.toml: id: 'lots_old' begins with 'lots_', and tables and indexes of layer lots could be "
        "called like its own; choose another name"
    )


def test_a_name_that_only_begins_with_the_same_letters_is_fine(definitions: Definitions) -> None:
    _second(definitions, "lotsold")
    assert set(definitions.read().layers) == {"lots", "lotsold"}


def test_an_index_that_every_layer_has_is_not_made_again_for_a_field(definitions: Definitions) -> None:
    added = '[fields.key]\ntype = "text"\nindexed = true\ntitle = { vi = "Khoá", en = "Key" }\n\n[fields.sheet]'
    definitions.change("lots/layer.toml", "[fields.sheet]", added)
    (problem,) = definitions.problems()
    assert problem.startswith("layers/lots/layer.toml: fields.key: indexed, and its index would be called like one")


def test_everything_that_the_layers_make_has_a_name_of_its_own(catalog) -> None:
    names = []
    for layer in catalog.layers.values():
        history = history_table(layer)
        names += [history.name, f"{history.name}_pkey", *(str(index.name) for index in history.indexes)]
        names += [table.name for table in restricted_tables(layer).values()]
    assert len(names) == len(set(names))
    assert max(map(len, names)) <= 63
