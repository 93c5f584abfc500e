"""passwords."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('auth_passwords',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('key_id', sa.String(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('set_at', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_auth_passwords_person_id')),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_auth_passwords'))
    )


def downgrade() -> None:
    """Back."""
    op.drop_table('auth_passwords')
