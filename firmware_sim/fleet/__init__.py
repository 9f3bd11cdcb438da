"""Many stations against one hub: seeded facts over the real sync wire, and the throughput measured.

No hardware and no agent: a member of the fleet is what the hub sees of a station.
"""
