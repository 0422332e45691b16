"""Landmap's library: land, geometry, time and PostGIS. Knows no web framework and reads no environment."""
