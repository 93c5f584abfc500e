"""The whole proof of the books: of the ledger, and of the bills that lean on it."""

from domain.billing import proof as bills
from domain.wallet import proof as ledger

LOOKS = {**ledger.LOOKS, **bills.LOOKS}
CHECKED = {**ledger.CHECKED, **bills.CHECKED}
