"""Strava's API: the only place that speaks to Strava, and loads what it takes to do so."""
