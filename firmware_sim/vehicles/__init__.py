"""Simulated vehicles: a battery with an open-circuit voltage curve, internal resistance and temperature."""
