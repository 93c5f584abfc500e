"""Who is asking: a person in a session, a support view or a token, with the parts of the world each right reaches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from auth import policy, rules
from domain.kernel.errors import Forbidden
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission, Role
from domain.kernel.proof import Proof, ProofMethod
from domain.kernel.scope import ActorRef, GroupReach, Reach, Scope
from store.revisions import Place


@dataclass(frozen=True, slots=True)
class Grant:
    """Some rights over one part of the world."""

    permissions: frozenset[Permission]
    reach: Reach | GroupReach


def grants_of(
    role: Role, organization_id: UUID | None, path: str | None, former_paths: Sequence[str] = (), group_id: UUID | None = None
) -> list[Grant]:
    """What a role brings: staff reach everything, a profile manager the organization, an account manager the subtree at `path`.

    A group manager reaches the group's cards at or below its account's `path`.

    Where that subtree hung before there is nothing now but what was recorded about it then (`Account.former_paths`).
    """
    if role in policy.STAFF:
        return [Grant(policy.RIGHTS[role], Reach(None))]
    if organization_id is None or not path:
        raise ValueError(f"{role} without a place")
    if role is Role.GROUP_MANAGER:
        return [Grant(policy.RIGHTS[role], GroupReach(organization_id, path, group_id))] if group_id is not None else []
    places = ("",) if role is Role.PROFILE_MANAGER else (path, *former_paths)
    return [Grant(policy.RIGHTS[role], Reach(organization_id, place)) for place in places]


def token_grants(maker: Iterable[Grant], permissions: frozenset[Permission], reaches: Sequence[Reach]) -> tuple[Grant, ...]:
    """What is left for a token of what its maker may do now: inside the token's rights and its subtree, wherever that hung.

    Of a group's manager nothing: a token has a place.
    """
    allowed = permissions & policy.TOKEN_RIGHTS
    held = ((grant.permissions & allowed, grant.reach) for grant in maker)
    met = ((rights, rules.meet(own, reach)) for rights, own in held if isinstance(own, Reach) for reach in reaches)
    return tuple(dict.fromkeys(Grant(rights, part) for rights, part in met if rights and part is not None))


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of one request; `session_id` is null with an API token.

    `methods` are the ways the person can prove themselves again; `is_read_only` holds in a support view, where not even one's own
    settings may be written. `revisions` are those that rows they may see had when they were identified (`store/revisions.py`).
    """

    ref: ActorRef
    grants: tuple[Grant, ...]
    session_id: UUID | None = None
    proven_at: datetime | None = None
    locale: Locale | None = None
    is_masked: bool = False
    is_read_only: bool = False
    has_totp: bool = False
    methods: tuple[ProofMethod, ...] = ()
    revisions: Mapping[Place, int] = field(default_factory=dict, compare=False)

    @property
    def permissions(self) -> frozenset[Permission]:
        """Rights held anywhere."""
        if len(self.grants) == 1:
            return self.grants[0].permissions
        return frozenset().union(*(grant.permissions for grant in self.grants))

    @property
    def person_id(self) -> UUID:
        """Who acts, or who made the token that acts."""
        if self.ref.person_id is None:
            raise Forbidden
        return self.ref.person_id

    @property
    def proof(self) -> Proof:
        """How recently the person proved who they are; tokens and support views never did."""
        return Proof(None if self.is_read_only else self.proven_at, self.methods)

    def scope(self, permission: Permission, at: datetime) -> Scope:
        """What the actor may reach with a right now; raises `Forbidden` when nothing."""
        parts = dict.fromkeys(grant.reach for grant in self.grants if permission in grant.permissions)
        if not parts:
            raise Forbidden
        reach = tuple(part for part in parts if isinstance(part, Reach))
        groups = tuple(part for part in parts if isinstance(part, GroupReach))
        return Scope(self.ref, permission, reach, at, self.is_masked, groups)

    def session(self) -> UUID:
        """The session in use; a token has none: `Forbidden`."""
        if self.session_id is None:
            raise Forbidden
        return self.session_id

    def own_session(self) -> UUID:
        """The session of a person acting for themselves; tokens and support views have none to change: `Forbidden`."""
        if self.is_read_only:
            raise Forbidden
        return self.session()
