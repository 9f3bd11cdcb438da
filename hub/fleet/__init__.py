"""Vehicles and their types, where each one is, and its last known charge."""
