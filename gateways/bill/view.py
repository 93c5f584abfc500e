"""What a bill's pages show: every word and figure as its language writes it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from domain.billing.paper import BillPaper, PaperLine
from domain.kernel import locale as written
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.money import Price
from domain.kernel.quantity import UsageType
from domain.kernel.text import ltr

_SUM_COLUMNS = ("service", "net", "vat", "gross")
_LINE_COLUMNS = ("row", "subject", "what", "quantity", "net", "vat", "gross")


def view(bill: BillPaper, locale: Locale) -> dict[str, Any]:
    """The bill for `bill.typ`, ready for JSON; codes and references keep Latin digits and their order."""

    def word(key: str, **params: object) -> str:
        return text(f"paper.{key}", locale, **params)

    def code(value: str) -> str:
        return ltr(value) if locale.is_rtl else value

    def amounts(price: Price) -> list[str]:
        return [written.number(amount.minor, locale) for amount in (price.net, price.vat, price.gross)]

    seller, total = bill.seller, bill.total
    last_day = bill.ends_at - timedelta(seconds=1)
    facts = [
        (word("seller"), seller.name),
        (word("seller_legal_id"), seller.legal_id and code(seller.legal_id)),
        (word("seller_economic_code"), seller.economic_code and code(seller.economic_code)),
        (word("buyer"), bill.organization_name),
        (word("buyer_legal_id"), code(bill.legal_id)),
        (word("buyer_economic_code"), bill.economic_code and code(bill.economic_code)),
        (word("account"), f"{bill.account_name} ({code(bill.account_number)})"),
        (word("cycle"), f"{written.day(bill.starts_at, locale)} – {written.day(last_day, locale)}"),
        (word("issued_at"), written.day_and_time(bill.issued_at, locale)),
        (word("due_at"), written.day_and_time(bill.due_at, locale)),
        (word("tax_number"), bill.tax_number and code(bill.tax_number)),
    ]
    return {
        "lang": locale.tag,
        "rtl": locale.is_rtl,
        "numbering": "۱" if locale is Locale.FA else "1",
        "title": word("title"),
        "seller": seller.name,
        "number": code(bill.number),
        "month": written.month(bill.month, locale),
        "facts": [fact for fact in facts if fact[1]],
        "sum_columns": [word(column) for column in _SUM_COLUMNS],
        "sums": [[word(f"services.{_key(service)}"), *amounts(price)] for service, price in bill.by_service],
        "totals": [
            (word("total_net"), written.money(total.net, locale)),
            *(
                (word("total_vat", rate=written.percent(price.vat_rate, locale)), written.money(price.vat, locale))
                for price in bill.by_rate
            ),
        ],
        "due": (word("total_gross"), written.money(total.gross, locale)),
        "toman": word("toman", amount=written.toman(total.gross, locale)),
        "columns": [word(column) for column in _LINE_COLUMNS],
        "sections": _sections(bill, locale),
        "more": word("more", count=bill.line_count - len(bill.lines)) if bill.line_count > len(bill.lines) else None,
        "notes": f"{word('currency')} {word('times')}",
        "page": word("page", page="\0", pages="\0").split("\0"),  # the numbers only typst knows
    }


def _sections(bill: BillPaper, locale: Locale) -> Sequence[dict[str, Any]]:
    """Lines under their services, numbered through."""
    sections: dict[UsageType | None, list[list[str]]] = {}
    for place, line in enumerate(bill.lines, 1):
        sections.setdefault(line.service, []).append(_row(place, line, locale))
    return [{"title": text(f"paper.services.{_key(service)}", locale), "rows": rows} for service, rows in sections.items()]


def _row(place: int, line: PaperLine, locale: Locale) -> list[str]:
    subject = written.phone(line.subject, locale) if line.subject.startswith("+") else line.subject
    quantity = written.quantity(line.quantity, locale) if line.quantity else ""
    amounts = (written.number(amount.minor, locale) for amount in (line.price.net, line.price.vat, line.price.gross))
    return [written.number(place, locale), subject, line.description, quantity, *amounts]


def _key(service: UsageType | None) -> str:
    return service.value.lower() if service else "none"
