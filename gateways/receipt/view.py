"""What the receipt's page shows: every word and figure as its language writes it."""

from typing import Any

from domain.kernel import locale as written
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.text import ltr
from domain.orders.receipt import ReceiptData, ReceiptLine

_COLUMNS = ("row", "offering", "msisdn", "net", "vat", "gross")


def view(receipt: ReceiptData, locale: Locale) -> dict[str, Any]:
    """The receipt for `receipt.typ`, ready for JSON; codes and references keep Latin digits and their order."""

    def word(key: str, **params: object) -> str:
        return text(f"receipt.{key}", locale, **params)

    def code(value: str) -> str:
        return ltr(value) if locale.is_rtl else value

    total = receipt.total
    facts = [
        (word("organization"), receipt.organization_name),
        (word("legal_id"), code(receipt.legal_id)),
        (word("economic_code"), receipt.economic_code and code(receipt.economic_code)),
        (word("account"), f"{receipt.account_name} ({code(receipt.account_number)})"),
        (word("wallet"), receipt.wallet_name),
        (word("buyer"), receipt.buyer_name),
        (word("purchase_order_number"), receipt.purchase_order_number and code(receipt.purchase_order_number)),
    ]
    return {
        "lang": locale.tag,
        "rtl": locale.is_rtl,
        "numbering": "۱" if locale is Locale.FA else "1",
        "title": word("title"),
        "operator": receipt.operator_name,
        "number": code(receipt.order_number),
        "placed_at": written.day_and_time(receipt.placed_at, locale),
        "facts": [fact for fact in facts if fact[1]],
        "memo": (word("memo"), receipt.memo) if receipt.memo else None,
        "columns": [word(column) for column in _COLUMNS],
        "rows": [_row(place, line, locale) for place, line in enumerate(receipt.lines, 1)],
        "totals": [
            (word("total_net"), written.money(total.net, locale)),
            (word("total_vat", rate=written.percent(total.vat_rate, locale)), written.money(total.vat, locale)),
        ],
        "paid": (word("total_gross"), written.money(total.gross, locale)),
        "toman": word("toman", amount=written.toman(total.gross, locale)),
        "notes": f"{word('currency')} {word('times')}",
        "page": _around(word("page", page="\0", pages="\0")),
    }


def _row(place: int, line: ReceiptLine, locale: Locale) -> list[str]:
    amounts = (line.price.net, line.price.vat, line.price.gross)
    phone = written.phone(line.msisdn, locale) if line.msisdn.startswith("+") else line.msisdn
    return [written.number(place, locale), line.offering_name, phone, *(written.number(amount.minor, locale) for amount in amounts)]


def _around(page: str) -> list[str]:
    """The words before, between and after the two page numbers, which only typst knows."""
    return page.split("\0")
