"""The dock bus: framing, messages, the authenticated session and the lifecycle of one exchange.

README.md beside this file is the byte-level specification. No serial port and no clock live here.
"""
