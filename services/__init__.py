"""Landmap's HTTP service and command line: translate requests to `gis` calls; hold no geometry and no SQL."""
