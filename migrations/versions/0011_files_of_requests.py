"""files of requests."""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('ticket_files',
    sa.Column('file_id', sa.Uuid(), nullable=False),
    sa.Column('ticket_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['files.id'], name=op.f('fk_ticket_files_file_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_ticket_files_ticket_id')),
    sa.PrimaryKeyConstraint('file_id', name=op.f('pk_ticket_files'))
    )
    with op.batch_alter_table('ticket_files', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_files_ticket_id'), ['ticket_id'], unique=False)


def downgrade() -> None:
    """Back."""
    op.drop_table('ticket_files')
