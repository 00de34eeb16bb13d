"""Keeping the store and a Strava account in step: syncing, comparing, writing back, forgetting."""
