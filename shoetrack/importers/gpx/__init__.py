"""GPX 1.0 and 1.1."""

from shoetrack.importers.gpx.runs import claims, points, read

__all__ = ["claims", "points", "read"]
