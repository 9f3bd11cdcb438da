"""The demo: hub and agent as child processes, the hardware in this one, and clients for their public HTTP APIs.

Knows the others only by their commands and their wires.
"""
