"""The words of access: rights and roles. Who holds what stands in `auth.policy`."""

from enum import StrEnum


class Permission(StrEnum):
    """Every right; the value is how descriptions and people write it."""

    ACCOUNT_READ = "account:read"
    ACCOUNT_MANAGE = "account:manage"
    MEMBERSHIP_MANAGE = "membership:manage"
    SIM_READ = "sim:read"
    SIM_BLOCK = "sim:block"
    SIM_ACTIVATE = "sim:activate"
    SIM_MOVE = "sim:move"
    SIM_EDIT = "sim:edit"
    SIM_LOCK = "sim:lock"
    SIM_REPLACE = "sim:replace"
    PUK_REVEAL = "puk:reveal"
    USAGE_READ = "usage:read"
    ORDER_READ = "order:read"
    ORDER_PLACE = "order:place"
    WALLET_READ = "wallet:read"
    WALLET_TOP_UP = "wallet:top_up"
    WALLET_ADJUST = "wallet:adjust"
    BILL_READ = "bill:read"
    BUDGET_READ = "budget:read"
    BUDGET_MANAGE = "budget:manage"
    APPROVAL_DECIDE = "approval:decide"
    GROUP_READ = "group:read"
    GROUP_MANAGE = "group:manage"
    POLICY_MANAGE = "policy:manage"
    PAYMENT_SETTLE = "payment:settle"
    VOUCHER_ISSUE = "voucher:issue"
    EXPORT_CREATE = "export:create"
    IMPORT_CREATE = "import:create"
    TICKET_READ = "ticket:read"
    TICKET_WRITE = "ticket:write"
    TOKEN_MANAGE = "token:manage"
    DOCUMENT_MANAGE = "document:manage"
    AUDIT_READ = "audit:read"
    CHANGE_UNDO = "change:undo"
    SUPPORT_VIEW = "support:view"
    CONTENT_MANAGE = "content:manage"


class Role(StrEnum):
    """Roles a person may hold."""

    PROFILE_MANAGER = "PROFILE_MANAGER"
    ACCOUNT_MANAGER = "ACCOUNT_MANAGER"
    GROUP_MANAGER = "GROUP_MANAGER"
    SUPPORT = "SUPPORT"
    OPERATOR_ADMIN = "OPERATOR_ADMIN"
