"""Everything that follows a purchase after commit: who does which kind of work."""

from domain.bundles import turns
from domain.bundles.service import RENEW
from domain.kernel.clock import Clock
from domain.notifications.ports import Mailer
from domain.orders import held as held  # what approvals end, worker's rounds included, is told there
from domain.orders.ports import Carrier
from domain.orders.provisioning import provision_handler
from domain.orders.receipt import ReceiptPrinter
from domain.orders.receipts import receipt_handler, receipt_mail_handler
from domain.orders.renewing import renew_handler
from domain.orders.service import PROVISION, RECEIPT, RECEIPT_MAIL
from store.outbox import Handler
from store.session import Database


def handlers(
    database: Database, carrier: Carrier, mailer: Mailer, printer: ReceiptPrinter, clock: Clock, *, operator_name: str = "Simurgh"
) -> dict[str, Handler]:
    """The outbox's handlers of buying and of the bundles bought, by kind; each may run more than once for the same row."""
    return {
        PROVISION: provision_handler(database, carrier, clock),
        RECEIPT: receipt_handler(database, printer, clock, operator_name),
        RECEIPT_MAIL: receipt_mail_handler(database, mailer, clock, operator_name),
        RENEW: renew_handler(database, clock),
        **turns.handlers(database, clock),
    }
