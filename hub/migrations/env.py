"""Run by Alembic: carries out the steps on the connection that `hub.kernel.migrations` hands over."""

from alembic import context

from hub.kernel.columns import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
