"""The sync wire between a station and the hub: facts up, changes down, clocks, request signatures.

Unknown types and newer versions are kept, never dropped and never fatal. No HTTP here.
"""
