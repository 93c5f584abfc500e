"""What lines and sums of bills are called, in the reader's language."""

from domain.billing.rows import BillLineRow, BillSumRow
from domain.billing.states import BillLineKind
from domain.kernel.calendar import JalaliMonth
from domain.kernel.locale import Locale
from domain.kernel.messages import text

K = BillLineKind


def description(line: BillLineRow, offering: str | None, locale: Locale) -> str:
    """A line's text; `offering` is the name of the plan or of what was bought."""
    if line.text:
        return line.text
    if line.kind is K.SUBSCRIPTION:
        return text("billing.line.subscription", locale, plan=offering or "", count=line.days or 0)
    if line.kind is K.ONE_OFF:
        return offering or text("billing.kind.ONE_OFF", locale)
    if line.kind is K.CREDIT and offering:
        return text("billing.line.refund", locale, offering=offering)
    words = {"service": text(f"billing.service.{line.service}", locale)}
    if line.counted_from is not None:
        return text("billing.line.late", locale, month=JalaliMonth.of(line.period.starts_at), **words)
    return words["service"] if line.kind is K.USAGE else text("billing.line.credit", locale, **words)


def label(sum: BillSumRow, locale: Locale) -> str:
    """What a sum is for."""
    if sum.name is not None:
        return sum.name
    if sum.is_rest:
        return text("billing.sum.rest", locale)
    if sum.code is None:
        return text(f"billing.sum.none.{sum.by}", locale)
    return text(f"billing.{sum.by.lower()}.{sum.code}", locale)
