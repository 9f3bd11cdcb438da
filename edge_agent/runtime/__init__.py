"""Furniture: supervisor, back-off, clock, health, logging, metrics. Knows nothing of stations."""
