"""Garmin's Training Center XML."""

from shoetrack.importers.tcx.runs import claims, read

__all__ = ["claims", "read"]
