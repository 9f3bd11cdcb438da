"""The hub: what stations share. aiohttp on SQLAlchemy; SQLite by default, PostgreSQL by one setting.

Domains never import each other; `events` is the language between them and `wiring` the one list of who hears what.
"""
