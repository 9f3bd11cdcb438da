"""One SQLite file, one writer thread: migrations, journal, outbox, inbox, snapshots.

Knows rows and bytes, not rentals.
"""
