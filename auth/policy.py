"""Who may do what: the one role table, and what a token or a support view may ever hold."""

from collections.abc import Mapping

from domain.kernel.permissions import Permission, Role

P = Permission
OPERATOR_ONLY = frozenset(
    {P.MEMBERSHIP_MANAGE, P.WALLET_ADJUST, P.PAYMENT_SETTLE, P.VOUCHER_ISSUE, P.BILL_RESOLVE, P.SUPPORT_VIEW, P.CONTENT_MANAGE}
)
COMPANY = frozenset(P) - OPERATOR_ONLY
READS = frozenset(
    {
        P.ACCOUNT_READ, P.SIM_READ, P.USAGE_READ, P.ORDER_READ, P.WALLET_READ, P.BILL_READ, P.GROUP_READ, P.BUDGET_READ, P.TICKET_READ,
        P.AUDIT_READ,
    }
)  # fmt: skip
"""Looking alone: all that a support view may do, over one organization and masked."""

RIGHTS: Mapping[Role, frozenset[Permission]] = {
    # Everything over the company's lines and money. Appointing managers and correcting wallets is the operator's (N3).
    Role.PROFILE_MANAGER: COMPANY,
    # The same over a subtree (N2), without tokens: a token outlives the moment and acts with nobody watching, which is for the
    # whole company to answer for; so are the documents its programs may send.
    Role.ACCOUNT_MANAGER: COMPANY - {P.TOKEN_MANAGE, P.DOCUMENT_MANAGE},
    # Sees the cards of one group and buys for them from its account's wallet; signs in only where the operator lets them (decision 0102).
    Role.GROUP_MANAGER: frozenset({P.ACCOUNT_READ, P.SIM_READ, P.GROUP_READ, P.ORDER_READ, P.ORDER_PLACE}),
    # Finds organizations and works on tickets; customer data only inside a support view.
    Role.SUPPORT: frozenset({P.SUPPORT_VIEW, P.TICKET_READ, P.TICKET_WRITE}),
    # Appoints managers, gets money in and tells of outages; never acts on a company's lines nor reads its usage.
    Role.OPERATOR_ADMIN: READS
    - {P.USAGE_READ}
    | {P.EXPORT_CREATE, P.IMPORT_CREATE, P.TICKET_WRITE, P.MEMBERSHIP_MANAGE, P.CONTENT_MANAGE}
    | {P.WALLET_TOP_UP, P.WALLET_ADJUST, P.PAYMENT_SETTLE, P.VOUCHER_ISSUE, P.BILL_PAY, P.BILL_RESOLVE},
}

STAFF = frozenset({Role.SUPPORT, Role.OPERATOR_ADMIN})
"""The operator's own people: they reach every organization and always sign in with an authenticator as well."""

def stays_out(*, admits_group_managers: bool) -> str:
    """The role that lets nobody in; none where the operator admits group managers."""
    return "" if admits_group_managers else Role.GROUP_MANAGER

MASKED = frozenset({Role.SUPPORT})
"""Who sees people's names, numbers and addresses masked."""

TOKEN_RIGHTS = COMPANY - {P.PUK_REVEAL, P.TOKEN_MANAGE, P.BUDGET_MANAGE, P.APPROVAL_DECIDE}
"""What an API token may hold: never PUK codes, never tokens, never the answer that a person has to give, never what is the operator's."""
