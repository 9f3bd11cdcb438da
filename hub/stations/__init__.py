"""Stations and their docks and chargers: what stands where, and when it was last heard of."""
