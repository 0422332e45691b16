"""Frozen values that the rest of `gis` passes around. Import from the defining module."""
