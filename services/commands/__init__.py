"""The commands of `landmap`, one module a group. Each turns its words into calls of `gis` and prints the answer."""
