"""The hub's databases, for exchanges with today's hub."""

from tests.hub.conftest import database, postgres, postgres_template, sqlite_template

__all__ = ["database", "postgres", "postgres_template", "sqlite_template"]
