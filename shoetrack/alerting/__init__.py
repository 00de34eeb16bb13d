"""Alerts from the store to the channels: what is raised, and how it gets there."""
