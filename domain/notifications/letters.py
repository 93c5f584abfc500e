"""The messages the system writes: one-time codes and receipts, in the reader's language."""

from datetime import timedelta
from html import escape
from uuid import UUID

from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.notifications.ports import MailMessage, SmsMessage


def otp_sms(id: UUID, to: str, code: str, *, valid_for: timedelta, locale: Locale) -> SmsMessage:
    """The SMS with a one-time code, one part long."""
    return SmsMessage(id, to, text("otp.sms", locale, code=code, minutes=_minutes(valid_for)))


def otp_mail(id: UUID, to: str, code: str, *, valid_for: timedelta, locale: Locale) -> MailMessage:
    """The mail with a one-time code."""
    subject = text("otp.mail.subject", locale, code=code)
    body = text("otp.mail.text", locale, code=code, minutes=text("otp.minutes", locale, count=_minutes(valid_for)))
    return MailMessage(id, to, subject, body, as_html(body, locale))


def _minutes(span: timedelta) -> int:
    return int(span / timedelta(minutes=1))


def as_html(body: str, locale: Locale) -> str:
    """A plain text as a bare HTML page with its language and direction; blank lines part paragraphs."""
    paragraphs = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in body.split("\n\n"))
    direction = "rtl" if locale.is_rtl else "ltr"
    style = "font:16px/1.7 Vazirmatn,Tahoma,Arial,sans-serif;color:#12201f;max-width:36em"
    return f'<!doctype html><html lang="{locale.tag}" dir="{direction}"><body dir="{direction}" style="{style}">{paragraphs}</body></html>'
