"""Terms of postpaid accounts, what they run up, and their bills. Money in rials; a credit is negative."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, column
from sqlmodel import Field, SQLModel

from store.types import DecimalText, Json, Ordered, UtcDateTime

IS_DUE = column("amount_due") > 0


class BillingTerms(SQLModel, table=True):
    """What was agreed with a postpaid account; one without a row has the terms of `rules.usual_terms`."""

    __tablename__ = "billing_terms"

    account_id: UUID = Field(primary_key=True, foreign_key="accounts.id")
    organization_id: UUID = Field(foreign_key="organizations.id", index=True)
    is_billed_here: bool
    cycle_months: int = 1
    due_days: int
    credit_limit: int = Field(default=0, sa_type=BigInteger)


class BillingBook(SQLModel, table=True):
    """How far an organization's usage and fees are counted; usage before `since` is none of our bills'.

    Records of usage that came in up to `counted_to` are counted, and of those up to `counting_to` the ones of cards up to `counting_id`.
    Fees are, for days that began before `accrued_to`, and before `accruing_to` for cards up to `accruing_id`. Nothing is counted while
    charges go on the bills of `billing_month`.
    """

    __tablename__ = "billing_books"

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    since: datetime = Field(sa_type=UtcDateTime)
    counted_to: datetime = Field(sa_type=UtcDateTime)
    counting_to: datetime | None = Field(default=None, sa_type=UtcDateTime)
    counting_id: UUID | None = None
    accrued_to: datetime = Field(sa_type=UtcDateTime)
    accruing_to: datetime | None = Field(default=None, sa_type=UtcDateTime)
    accruing_id: UUID | None = None
    billing_month: str | None = None


class RunningCharge(SQLModel, table=True):
    """What a card ran up at one place in a span of a month with one tax rate, and how much of that stands on bills.

    `kind` is USAGE, CREDIT or SUBSCRIPTION, `item` the service or the hex id of the tariff plan; `quantity` in the service's unit, of a
    subscription in days. What came in after its cycle was billed makes the two differ again, and goes to the next bill; `billed_to` is up
    to when usage that came in is on bills.
    """

    __tablename__ = "running_charges"
    __table_args__ = (Index("ix_running_charges_place", "organization_id", "path", "starts_at"),)

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    sim_id: UUID = Field(primary_key=True, foreign_key="sims.id")
    starts_at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    path: str = Field(primary_key=True, sa_type=Ordered)
    kind: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    quantity: int = Field(default=0, sa_type=BigInteger)
    net: int = Field(default=0, sa_type=BigInteger)
    billed_quantity: int = Field(default=0, sa_type=BigInteger)
    billed_net: int = Field(default=0, sa_type=BigInteger)
    billed_to: datetime | None = Field(default=None, sa_type=UtcDateTime)


class BillRun(SQLModel, table=True):
    """The making of an organization's bills of one month, as far as it came; what it decided at its beginning holds to its end.

    `places` says for each path on which bill what arose there goes, and which account it is; `after` is the last card, transfer or bill of
    the phase that is done.
    """

    __tablename__ = "bill_runs"

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    month: str = Field(primary_key=True)
    phase: str
    after: UUID | None = None
    places: dict[str, Any] = Field(sa_type=Json)
    is_held: bool = False
    done: int = Field(default=0, sa_type=BigInteger)
    total: int = Field(default=0, sa_type=BigInteger)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Bill(SQLModel, table=True):
    """A customer bill (TMF678) of one cycle; `month` is that in which the cycle ends, `path` the account's place then.

    The amounts are the sums of its lines, kept from when they are complete; `paid + amount_due` is the total with tax, always.
    `counted_to` is up to when usage that came in is on it. A tax number, once given, stays.
    """

    __tablename__ = "bills"
    __table_args__ = (
        UniqueConstraint("organization_id", "account_id", "month"),
        UniqueConstraint("organization_id", "number"),
        UniqueConstraint("tax_number"),
        CheckConstraint("paid + amount_due = net + vat", name="bill_adds_up"),
        Index("ix_bills_account", "organization_id", "account_id", "ends_at"),
        Index("ix_bills_tree", "organization_id", "path", "ends_at"),
        Index("ix_bills_due", "organization_id", "account_id", "due_at", postgresql_where=IS_DUE, sqlite_where=IS_DUE),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    account_id: UUID = Field(foreign_key="accounts.id")
    path: str = Field(sa_type=Ordered)
    month: str = Field(sa_type=Ordered)
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    number: str | None = None
    tax_number: str | None = None
    state: str
    counted_to: datetime = Field(sa_type=UtcDateTime)
    issued_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    line_count: int = 0
    net: int = Field(default=0, sa_type=BigInteger)
    vat: int = Field(default=0, sa_type=BigInteger)
    vat_rate: Decimal = Field(sa_type=DecimalText)
    paid: int = Field(default=0, sa_type=BigInteger)
    amount_due: int = Field(default=0, sa_type=BigInteger)


class BillLine(SQLModel, table=True):
    """A line of a bill (TMF678 applied rate): a card's usage of a service, its fee, an order's item, a refund, a note.

    `path` is the place where it arose, then, and `account_id` the account there. Usage behind it came in after `counted_from`, up to its
    bill's `counted_to`. A transfer or note stands on one bill at most; a running charge once on each, by its `key`.
    """

    __tablename__ = "bill_lines"
    __table_args__ = (
        UniqueConstraint("transfer_id"),
        UniqueConstraint("note_id"),
        Index("ix_bill_lines_bill", "organization_id", "bill_id", "id", unique=True),
        Index("ix_bill_lines_sim", "organization_id", "sim_id", "bill_id", "id"),
        UniqueConstraint("organization_id", "bill_id", "key"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    bill_id: UUID = Field(foreign_key="bills.id")
    key: UUID
    kind: str
    path: str = Field(sa_type=Ordered)
    account_id: UUID = Field(foreign_key="accounts.id")
    sim_id: UUID | None = Field(default=None, foreign_key="sims.id")
    cost_centre_id: UUID | None = Field(default=None, foreign_key="cost_centres.id")
    service: str | None = None
    offering_id: UUID | None = Field(default=None, foreign_key="offerings.id")
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    quantity: int | None = Field(default=None, sa_type=BigInteger)
    net: int = Field(sa_type=BigInteger)
    vat: int = Field(sa_type=BigInteger)
    vat_rate: Decimal = Field(sa_type=DecimalText)
    order_id: UUID | None = Field(default=None, foreign_key="orders.id")
    placed_by_id: UUID | None = None
    transfer_id: UUID | None = Field(default=None, foreign_key="ledger_transfers.id")
    note_id: UUID | None = Field(default=None, foreign_key="bill_notes.id")
    counted_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    text: str | None = None


class BillNote(SQLModel, table=True):
    """A debit or, negative, credit note of an account: a line of the next bill made where the account's bills are.

    It may be about a bill, or a line of it; `is_booked` once the ledger has it already, so that issuing its bill doesn't book it again.
    """

    __tablename__ = "bill_notes"
    __table_args__ = (Index("ix_bill_notes_account", "organization_id", "account_id", "made_at"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    account_id: UUID = Field(foreign_key="accounts.id")
    path: str = Field(sa_type=Ordered)
    sim_id: UUID | None = Field(default=None, foreign_key="sims.id")
    cost_centre_id: UUID | None = Field(default=None, foreign_key="cost_centres.id")
    service: str | None = None
    about_bill_id: UUID | None = Field(default=None, foreign_key="bills.id")
    net: int = Field(sa_type=BigInteger)
    vat: int = Field(sa_type=BigInteger)
    vat_rate: Decimal = Field(sa_type=DecimalText)
    text: str
    is_booked: bool = False
    made_at: datetime = Field(sa_type=UtcDateTime)
    by: dict[str, Any] = Field(sa_type=Json)


class BillDispute(SQLModel, table=True):
    """An objection to lines of a bill; `amount` is their sum with tax, `credited` what was given back with tax, both in rials."""

    __tablename__ = "bill_disputes"
    __table_args__ = (
        Index("ix_bill_disputes_bill", "organization_id", "bill_id", "opened_at"),
        CheckConstraint("credited IS NULL OR (credited >= 0 AND credited <= amount)", name="credited_within_dispute"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    bill_id: UUID = Field(foreign_key="bills.id")
    path: str = Field(sa_type=Ordered)
    state: str
    reason: str
    amount: int = Field(sa_type=BigInteger)
    credited: int | None = Field(default=None, sa_type=BigInteger)
    note: str | None = None
    ticket_id: UUID = Field(foreign_key="tickets.id")
    by: dict[str, Any] = Field(sa_type=Json)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class BillDisputeLine(SQLModel, table=True):
    """A line that a dispute is about."""

    __tablename__ = "bill_dispute_lines"
    __table_args__ = (Index("ix_bill_dispute_lines_line", "organization_id", "line_id"),)

    dispute_id: UUID = Field(primary_key=True, foreign_key="bill_disputes.id")
    line_id: UUID = Field(primary_key=True, foreign_key="bill_lines.id")
    organization_id: UUID = Field(foreign_key="organizations.id")


class BillDocument(SQLModel, table=True):
    """A file that a bill was made into, once for each media type."""

    __tablename__ = "bill_documents"
    __table_args__ = (Index("ix_bill_documents_file", "file_id", unique=True),)

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    bill_id: UUID = Field(primary_key=True, foreign_key="bills.id")
    media_type: str = Field(primary_key=True)
    file_id: UUID = Field(foreign_key="files.id")


class BillReminder(SQLModel, table=True):
    """That people were reminded of a bill so many days after it was due, or before if negative: once."""

    __tablename__ = "bill_reminders"

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    bill_id: UUID = Field(primary_key=True, foreign_key="bills.id")
    days: int = Field(primary_key=True)
    told_at: datetime = Field(sa_type=UtcDateTime)


class TaxMemory(SQLModel, table=True):
    """The last serial that a seller's fiscal memory gave to a bill; the seller is nobody's customer, so it has no organization."""

    __tablename__ = "tax_memories"

    memory_id: str = Field(primary_key=True)
    last: int = Field(default=0, sa_type=BigInteger)
