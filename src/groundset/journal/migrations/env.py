"""Run by Alembic inside the transaction that :mod:`groundset.journal.database` has begun."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
