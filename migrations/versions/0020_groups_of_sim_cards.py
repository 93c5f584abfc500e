"""groups of sim cards."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('sim_groups',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_fold', types.Ordered, nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_sim_groups_account_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_sim_groups_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sim_groups')),
    sa.UniqueConstraint('organization_id', 'account_id', 'name_fold', name=op.f('uq_sim_groups_organization_id_account_id_name_fold'))
    )
    with op.batch_alter_table('sim_groups', schema=None) as batch_op:
        batch_op.create_index('ix_sim_groups_name', ['organization_id', 'name_fold', 'id'], unique=False)

    op.create_table('group_members',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('group_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['sim_groups.id'], name=op.f('fk_group_members_group_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_group_members_organization_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_group_members_sim_id')),
    sa.PrimaryKeyConstraint('organization_id', 'group_id', 'sim_id', name=op.f('pk_group_members'))
    )
    with op.batch_alter_table('group_members', schema=None) as batch_op:
        batch_op.create_index('ix_group_members_sim', ['organization_id', 'sim_id'], unique=False)

    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.add_column(sa.Column('group_id', sa.Uuid(), nullable=True))
        batch_op.create_index('ix_memberships_group', ['group_id', 'valid_from'], unique=False)

    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.add_column(sa.Column('contact_mobile', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('contact_email', sa.String(), nullable=True))



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.drop_column('contact_email')
        batch_op.drop_column('contact_mobile')

    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.drop_index('ix_memberships_group')
        batch_op.drop_column('group_id')

    with op.batch_alter_table('group_members', schema=None) as batch_op:
        batch_op.drop_index('ix_group_members_sim')

    op.drop_table('group_members')
    with op.batch_alter_table('sim_groups', schema=None) as batch_op:
        batch_op.drop_index('ix_sim_groups_name')

    op.drop_table('sim_groups')
