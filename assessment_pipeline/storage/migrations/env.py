"""What Alembic runs for each of its commands: on the connection that our own code has opened.

There is no other way in, so that a migration always happens under the lock of the one writer.
"""

from alembic import context

from assessment_pipeline.storage.database import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
