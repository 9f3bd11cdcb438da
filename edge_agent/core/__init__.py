"""The station's rules: state, inputs, orders and `decide`. Pure; time and fresh ids come in as arguments.

No I/O, no asyncio, no clock, no log.
"""
