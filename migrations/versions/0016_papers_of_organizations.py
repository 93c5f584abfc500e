"""papers of organizations."""

from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table('files', schema=None) as batch_op:
        batch_op.create_index('ix_files_of_organization', ['organization_id', 'purpose'], unique=False)


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('files', schema=None) as batch_op:
        batch_op.drop_index('ix_files_of_organization')
