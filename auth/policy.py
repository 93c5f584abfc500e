"""Who may do what: the one role table."""

from domain.kernel.permissions import Permission, Role

P = Permission
OPERATOR_ONLY = frozenset({P.MEMBERSHIP_MANAGE, P.WALLET_ADJUST, P.SUPPORT_VIEW})
COMPANY = frozenset(P) - OPERATOR_ONLY
READS = frozenset({P.ACCOUNT_READ, P.SIM_READ, P.USAGE_READ, P.ORDER_READ, P.WALLET_READ, P.TICKET_READ, P.AUDIT_READ})

RIGHTS: dict[Role, frozenset[Permission]] = {
    Role.PROFILE_MANAGER: COMPANY,
    Role.ACCOUNT_MANAGER: COMPANY - {P.TOKEN_MANAGE},
    Role.SUPPORT: frozenset({P.SUPPORT_VIEW, P.TICKET_READ, P.TICKET_WRITE}),
    Role.OPERATOR_ADMIN: READS - {P.USAGE_READ} | {P.TICKET_WRITE, P.MEMBERSHIP_MANAGE, P.WALLET_ADJUST},
}
"""A support person's own rights; inside a support view they are `READS`, masked."""
