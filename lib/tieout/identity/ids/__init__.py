"""Stable ids of clusters, their events and the crosswalk."""
