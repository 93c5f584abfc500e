"""SIM cards, where they stood, in which state they were, and their sealed codes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from domain.sims.states import BarredBy as BarredBy
from domain.sims.states import Barring as Barring
from domain.sims.states import SimStatus as SimStatus
from domain.sims.states import SimStatusReason as SimStatusReason
from store.fragments import keep_fragments
from store.models import table_of
from store.ordering import sort_key, text_key
from store.types import Ordered, UtcDateTime


class PdnType(StrEnum):
    """Type of a packet data network (3GPP TS 23.401)."""

    IPV4 = "IPV4"
    IPV6 = "IPV6"
    IPV4V6 = "IPV4V6"
    NON_IP = "NON_IP"
    ETHERNET = "ETHERNET"


class IpAllocation(StrEnum):
    """How an address is given."""

    DYNAMIC = "DYNAMIC"
    STATIC = "STATIC"


class ApnAuthType(StrEnum):
    """How an access point authenticates."""

    NONE = "NONE"
    PAP = "PAP"
    CHAP = "CHAP"


WALKED = (
    "id", "path", "status", "payment_mode", "next_bucket_end_at", "by_debt", "by_last_usage_at", "plan_id", "cost_centre_id",
)  # fmt: skip
"""What an index of an order ends with: the id breaks ties, the others let a walk along it pass by cards without looking at them."""


def ordered(name: str, column: str) -> Index:
    """The index of an order of an organization's cards."""
    return Index(name, "organization_id", column, *(other for other in WALKED if other != column))


class Sim(SQLModel, table=True):
    """A SIM card with the line on it, where it stands now.

    Money in rials, data in bytes. `change_id` names the last change of its state, so that what follows later (an answer of the
    network, the end of a suspension) can tell whether it still holds. `search` holds number, serial, holder and cost centre folded,
    `tags` reads `|one|two|`; `data_remaining` and `next_bucket_end_at` are kept by the bundles area for sorting and filtering, the
    columns `by_…` by the database.
    """

    __tablename__ = "sims"
    __table_args__ = (
        Index("ix_sims_tree", "organization_id", "path", "by_msisdn", "id", "status"),
        ordered("ix_sims_number", "by_msisdn"),
        ordered("ix_sims_status", "status"),
        ordered("ix_sims_holder", "by_holder"),
        ordered("ix_sims_charge", "by_current_charge"),
        ordered("ix_sims_debt", "by_debt"),
        ordered("ix_sims_data", "data_remaining"),
        ordered("ix_sims_used", "by_last_usage_at"),
        ordered("ix_sims_valid", "by_valid_until"),
        Index("ix_sims_ends", "organization_id", "next_bucket_end_at"),
        Index("ix_sims_mode", "organization_id", "payment_mode"),
        Index("ix_sims_plan", "organization_id", "plan_id"),
        Index("ix_sims_centre", "organization_id", "cost_centre_id"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    account_id: UUID = Field(foreign_key="accounts.id")
    path: str = Field(sa_type=Ordered)
    msisdn: str | None = Field(default=None, sa_type=Ordered, unique=True)
    iccid: str = Field(unique=True)
    imsi: str = Field(unique=True)
    imei: str | None = None
    locked_imei: str | None = None
    status: str
    status_reason: str | None = None
    status_since: datetime = Field(sa_type=UtcDateTime)
    resumes_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    barring: str = Barring.NONE
    barred_by: str | None = None
    change_id: UUID | None = None
    payment_mode: str
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    valid_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    grace_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    holder_name: str | None = None
    holder_fold: str = Field(default="", sa_type=Ordered)
    employee_number: str | None = None
    cost_centre_id: UUID | None = Field(default=None, foreign_key="cost_centres.id")
    tags: str = "|"
    plan_id: UUID | None = Field(default=None, foreign_key="offerings.id")
    balance: int | None = Field(default=None, sa_type=BigInteger)
    credit_limit: int | None = Field(default=None, sa_type=BigInteger)
    debt: int | None = Field(default=None, sa_type=BigInteger)
    current_charge: int | None = Field(default=None, sa_type=BigInteger)
    figures_at: datetime = Field(sa_type=UtcDateTime)
    figures_source: str
    last_usage_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    data_remaining: int = Field(default=0, sa_type=BigInteger)
    next_bucket_end_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    search: str = Field(default="", sa_type=Ordered)
    by_msisdn: str = text_key("msisdn")
    by_holder: str = text_key("holder_fold")
    by_current_charge: int = sort_key("current_charge", BigInteger)
    by_debt: int = sort_key("debt", BigInteger)
    by_last_usage_at: datetime = sort_key("last_usage_at", UtcDateTime)
    by_valid_until: datetime = sort_key("valid_until", UtcDateTime)


keep_fragments(table_of(Sim), scope="organization_id", text="search", labels="tags")


class SimGroup(SQLModel, table=True):
    """SIM cards paid for together: it belongs to an account, and its cards stand at or below that."""

    __tablename__ = "sim_groups"
    __table_args__ = (
        UniqueConstraint("organization_id", "account_id", "name_fold"),
        Index("ix_sim_groups_name", "organization_id", "name_fold", "id"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    account_id: UUID = Field(foreign_key="accounts.id")
    name: str
    name_fold: str = Field(sa_type=Ordered)
    created_at: datetime = Field(sa_type=UtcDateTime)


class GroupMember(SQLModel, table=True):
    """A card put into a group; it counts while it stands at or below the group's account (decision 0102)."""

    __tablename__ = "group_members"
    __table_args__ = (Index("ix_group_members_sim", "organization_id", "sim_id"),)

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    group_id: UUID = Field(primary_key=True, foreign_key="sim_groups.id")
    sim_id: UUID = Field(primary_key=True, foreign_key="sims.id")


class SimPlacement(SQLModel, table=True):
    """A SIM card's stay under an account (D12), past, present or planned; that of now equals the card's own `account_id`."""

    __tablename__ = "sim_placements"
    __table_args__ = (
        Index("ix_sim_placements_sim", "organization_id", "sim_id", "valid_from", unique=True),
        Index("ix_sim_placements_account", "organization_id", "account_id", "valid_from"),
        Index("ix_sim_placements_begin", "organization_id", "valid_from"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    sim_id: UUID = Field(foreign_key="sims.id")
    account_id: UUID = Field(foreign_key="accounts.id")
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_to: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SimState(SQLModel, table=True):
    """A state a SIM card was in (D12); the open one equals the card's own `status`."""

    __tablename__ = "sim_states"
    __table_args__ = (Index("ix_sim_states_sim", "organization_id", "sim_id", "valid_from"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    sim_id: UUID = Field(foreign_key="sims.id")
    status: str
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_to: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SimCounter(SQLModel, table=True):
    """How many SIM cards stand directly under an account now in one state; kept on every change, never counted on reading."""

    __tablename__ = "sim_counters"
    __table_args__ = (CheckConstraint("count >= 0", name="sim_counter_not_negative"),)

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    account_id: UUID = Field(primary_key=True, foreign_key="accounts.id")
    status: str = Field(primary_key=True)
    count: int = 0


class SimSecret(SQLModel, table=True):
    """PUK1 and PUK2 of a card, sealed with AES-GCM under the named key and bound to this row (D6)."""

    __tablename__ = "sim_secrets"

    sim_id: UUID = Field(primary_key=True, foreign_key="sims.id")
    organization_id: UUID = Field(foreign_key="organizations.id")
    key_id: str
    sealed: bytes = Field(sa_type=LargeBinary)


class PukAttempt(SQLModel, table=True):
    """One attempt to see the PUK codes of a card, shown or refused."""

    __tablename__ = "puk_attempts"
    __table_args__ = (Index("ix_puk_attempts_person", "person_id", "at"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    person_id: UUID = Field(foreign_key="persons.id")
    sim_id: UUID = Field(foreign_key="sims.id")
    at: datetime = Field(sa_type=UtcDateTime)
    is_shown: bool


class SimApn(SQLModel, table=True):
    """An access point a line may use (FEATURES 3.3), as the carrier reported it; never its secrets. Rates in bit/s."""

    __tablename__ = "sim_apns"
    __table_args__ = (Index("ix_sim_apns_sim", "organization_id", "sim_id"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    sim_id: UUID = Field(foreign_key="sims.id")
    network_identifier: str
    operator_identifier: str | None = None
    pdn_type: str
    ip_allocation: str
    static_address: str | None = None
    qos_class: int | None = None
    arp: int | None = None
    ambr_uplink: int | None = Field(default=None, sa_type=BigInteger)
    ambr_downlink: int | None = Field(default=None, sa_type=BigInteger)
    charging_characteristics: str | None = None
    is_visited_allowed: bool
    is_private: bool
    auth_type: str
    is_active: bool
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    as_of: datetime = Field(sa_type=UtcDateTime)
