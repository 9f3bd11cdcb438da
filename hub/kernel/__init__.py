"""Furniture every domain stands on: database, unit of work, typed web routes, authentication, clock.

Knows no business.
"""
