"""FIT, the format that watches write."""

from shoetrack.importers.fit.runs import claims, read

__all__ = ["claims", "read"]
