"""Every table and document of the business, once."""

from beanie import Document
from sqlmodel import SQLModel

from domain.accounts import tables as accounts
from domain.approvals import tables as approvals
from domain.audit import documents as audit_documents
from domain.audit import tables as audit
from domain.billing import tables as billing
from domain.bundles import tables as bundles
from domain.catalogue import tables as catalogue
from domain.content import tables as content
from domain.files import tables as files
from domain.groups import tables as groups
from domain.jobs import tables as jobs
from domain.notifications import tables as notifications
from domain.orders import tables as orders
from domain.payments import tables as payments
from domain.people import tables as people
from domain.sims import tables as sims
from domain.tickets import documents as ticket_documents
from domain.tickets import tables as tickets
from domain.transfers import tables as transfers
from domain.trusted import tables as trusted
from domain.usage import documents as usage_documents
from domain.wallet import tables as wallet
from store import outbox

TABLES: tuple[type[SQLModel], ...] = (
    accounts.Organization, accounts.Account, accounts.AccountEdge, accounts.CostCentre, accounts.NumberSeries,
    people.Person, people.Membership, notifications.Notice,
    audit.AuditEntry, audit.AuditSubject, audit.AuditHead, audit.IdempotencyKey,
    files.File, files.FileBlock, files.UploadTally,
    jobs.Job, jobs.JobRow,
    catalogue.Offering, catalogue.VatRate,
    sims.Sim, sims.SimPlacement, sims.SimState, sims.SimCounter, sims.SimSecret, sims.PukAttempt, sims.SimApn,
    sims.SimGroup, sims.GroupMember,
    groups.PaymentPolicy, groups.PolicyStanding, groups.PaymentPolicyRun,
    bundles.Product, bundles.Bucket,
    wallet.LedgerAccount, wallet.LedgerTransfer, wallet.LedgerEntry, wallet.LedgerHold, wallet.WalletLot, wallet.LotUse,
    approvals.Budget, approvals.Spending, approvals.TokenBudget, approvals.TokenDay, approvals.ApprovalBand, approvals.ApprovalDelegation,
    approvals.Approval, approvals.ApprovalAsked,
    payments.Payment, payments.PaymentStep, payments.VoucherBatch, payments.Voucher, payments.VoucherGuess,
    transfers.TransferRule, transfers.Transfer, transfers.TransferOptOut,
    orders.Order, orders.OrderItem, orders.OrderStep,
    billing.BillingTerms, billing.BillingBook, billing.RunningCharge, billing.BillRun, billing.Bill, billing.BillNote, billing.BillLine,
    billing.BillDispute, billing.BillDisputeLine, billing.BillDocument, billing.BillReminder, billing.TaxMemory,
    tickets.Ticket, tickets.TicketFile,
    content.Incident, content.IncidentChange,
    trusted.TrustedDocument,
    outbox.OutboxRow,
)  # fmt: skip

DOCUMENTS: tuple[type[Document], ...] = (audit_documents.AccessLogEntry, usage_documents.UsageRecord, ticket_documents.TicketMessage)
