"""The tests. A package of its own: a dependency brings one of the same name."""
