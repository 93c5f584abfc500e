"""notices."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('notices',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('once', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('params', types.Json, nullable=False),
    sa.Column('subject_kind', sa.String(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('read_at', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_notices_organization_id_organizations')),
    sa.PrimaryKeyConstraint('person_id', 'id', name=op.f('pk_notices')),
    sa.UniqueConstraint('person_id', 'once', name=op.f('uq_notices_person_id_once'))
    )
    unread, read = sa.text('read_at IS NULL'), sa.text('read_at IS NOT NULL')
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.create_index('ix_notices_unread', ['person_id', 'id'], unique=False, postgresql_where=unread, sqlite_where=unread)
        batch_op.create_index('ix_notices_read', ['organization_id', 'read_at'], unique=False, postgresql_where=read, sqlite_where=read)


def downgrade() -> None:
    """Back."""
    op.drop_table('notices')
