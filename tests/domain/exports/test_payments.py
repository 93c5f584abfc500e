"""Payments as a list for a company's accountants: each with its way, its end and what it gives back."""

import csv
import io
from pathlib import Path

from domain.exports import service
from domain.exports.service import Wish
from domain.exports.sources import ExportKind, Place
from domain.files.writing import ExportFormat
from domain.kernel.permissions import Permission
from store.session import Database
from tests.domain.payments.till import Till
from tests.world import NOW, TwoTenants


async def test_payments_are_exported_with_how_they_ended(database: Database, two_tenants: TwoTenants, tmp_path: Path) -> None:
    till = Till(database, two_tenants.one, tmp_path)
    paid = await till.paid(1_000_000)
    await till.refund(paid, 250_000)
    bounced = await till.resolve(await till.slip(5, "77", is_cheque=True), False)
    place, scope = Place(two_tenants.one.id, two_tenants.one.accounts["root"].path), two_tenants.one.as_profile_manager().scope(Permission.WALLET_READ, NOW)
    file = io.BytesIO()

    count = await service.write(database, scope, Wish(ExportKind.PAYMENTS, ExportFormat.CSV, place), file)

    rows = list(csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig"))))
    assert count == len(rows) == 3
    assert [(row["number"], row["state"], row["method"], row["amount"], row["account_number"], row["by"], row["refund_of"], row["failure"]) for row in rows] == [
        ("PY-1405-000001", "SETTLED", "GATEWAY", "1000000", "A-1", "Sara Karimi", "", ""),
        ("PY-1405-000002", "CREATED", "GATEWAY", "250000", "A-1", "Operator", "PY-1405-000001", ""),
        ("PY-1405-000003", "FAILED", "CHEQUE", "5", "A-1", "Sara Karimi", "", "PAYMENT_FAILED"),
    ]  # fmt: skip
    assert (rows[2]["reference"], rows[0]["transfer"], rows[2]["transfer"]) == ("77", str(paid.transfer_id), "")
    assert bounced.transfer_id is None
    other = two_tenants.other.as_profile_manager().scope(Permission.WALLET_READ, NOW)
    assert await service.write(database, other, Wish(ExportKind.PAYMENTS, ExportFormat.CSV, place), io.BytesIO()) == 0
