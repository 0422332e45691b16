"""The only place that talks to PostGIS. Import from the defining module."""
