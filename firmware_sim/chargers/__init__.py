"""Simulated OCPP chargers with a car behind them, as real WebSocket clients."""
