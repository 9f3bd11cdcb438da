"""Hardware that behaves like hardware, on real endpoints: docks on a pty, chargers, meters, vehicles.

Imports protocols only; never the agent or the hub.
"""
