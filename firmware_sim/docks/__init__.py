"""Simulated docks: the device's behaviour, and its endpoint on a pseudo-terminal."""
