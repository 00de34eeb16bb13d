"""Alembic's entry: runs the migrations on the connection, and in the transaction, it is handed.

Views and triggers are taken off before and made anew after, so each is defined once, in `views`,
and no migration has to carry an old copy or stumbles over one.
"""

from alembic import context

from shoetrack.db.schema import metadata
from shoetrack.db.views import attach, detach

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    detach(connection)
    context.run_migrations()
    attach(connection)
