"""What of cards and groups a group manager's reach covers, as conditions of statements that ask for it (decision 0102)."""

from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.sims.tables import GroupMember, Sim, SimGroup


def in_group(group_id: Any) -> Any:
    """A card that was put into the group; the scope itself asks where it stands."""
    member = aliased(GroupMember)
    mine = member.organization_id == Sim.organization_id, member.group_id == group_id, member.sim_id == Sim.id
    return select(col(member.sim_id)).where(*mine).correlate(Sim).exists()


def is_group(group_id: Any) -> Any:
    """The group itself."""
    return col(SimGroup.id) == group_id
