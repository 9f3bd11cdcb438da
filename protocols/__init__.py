"""The contracts that two houses share: bytes and shapes.

Pure: no socket, no clock, no log, no file. Nothing here imports edge_agent, hub or firmware_sim.
"""
