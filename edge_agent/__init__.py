"""The station's agent: runs docks, chargers, meters and the kiosk, with authority, with or without a network.

Never imports the hub or the simulator; what it shares with them lives in protocols.
"""
