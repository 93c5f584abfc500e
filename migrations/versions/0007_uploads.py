"""uploads."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward: content moves into blocks; what was kept so far are receipts."""
    op.create_table('file_blocks',
    sa.Column('file_id', sa.Uuid(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['files.id'], name=op.f('fk_file_blocks_file_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('file_id', 'place', name=op.f('pk_file_blocks'))
    )
    op.create_table('upload_tallies',
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('files', sa.Integer(), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('owner_id', 'day', name=op.f('pk_upload_tallies'))
    )
    with op.batch_alter_table('files') as files:
        files.add_column(sa.Column('size_bytes', sa.BigInteger(), nullable=False, server_default='0'))
        files.add_column(sa.Column('purpose', sa.String(), nullable=False, server_default='RECEIPT'))
        files.add_column(sa.Column('by_id', sa.Uuid(), nullable=True))
        files.add_column(sa.Column('expires_at', types.UtcDateTime(), nullable=True))
    op.execute("INSERT INTO file_blocks (file_id, place, content) SELECT id, 0, content FROM files")
    op.execute("UPDATE files SET size_bytes = length(content)")
    with op.batch_alter_table('files') as files:
        files.drop_column('content')
        files.alter_column('size_bytes', server_default=None)
        files.alter_column('purpose', server_default=None)
    op.create_index('ix_files_expires_at', 'files', ['expires_at'])


def downgrade() -> None:
    """Back; a file of several blocks keeps its first alone."""
    op.drop_index('ix_files_expires_at', 'files')
    with op.batch_alter_table('files') as files:
        files.add_column(sa.Column('content', sa.LargeBinary(), nullable=True))
    op.execute("UPDATE files SET content = (SELECT content FROM file_blocks WHERE file_id = files.id AND place = 0)")
    op.execute("DELETE FROM files WHERE content IS NULL OR purpose <> 'RECEIPT'")
    with op.batch_alter_table('files') as files:
        files.alter_column('content', nullable=False)
        files.drop_column('expires_at')
        files.drop_column('by_id')
        files.drop_column('purpose')
        files.drop_column('size_bytes')
    op.drop_table('upload_tallies')
    op.drop_table('file_blocks')
