"""The messages the system writes: one-time codes and notices, in the reader's language."""

from datetime import datetime, timedelta
from html import escape
from uuid import UUID

from domain.kernel.locale import Locale, clock_time, day_and_time
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


def password_code_sms(id: UUID, to: str, code: str, *, link: str, locale: Locale) -> SmsMessage:
    """The SMS that answers an empty one: a code and where to use it, one part long."""
    return SmsMessage(id, to, text("password.code_sms", locale, code=code, link=link))


def password_sms(id: UUID, to: str, *, at: datetime, locale: Locale) -> SmsMessage:
    """The SMS that a password was set, one part long."""
    return SmsMessage(id, to, text("password.sms", locale, time=clock_time(at, locale)))


def password_mail(id: UUID, to: str, *, at: datetime, locale: Locale) -> MailMessage:
    """The mail that a password was set, and what to do if it wasn't its owner."""
    body = text("password.mail.text", locale, moment=day_and_time(at, locale))
    return MailMessage(id, to, text("password.mail.subject", locale), body, as_html(body, locale))


def _minutes(span: timedelta) -> int:
    return int(span / timedelta(minutes=1))


def as_html(body: str, locale: Locale) -> str:
    """A plain text as a bare HTML page with its language and direction; blank lines part paragraphs."""
    paragraphs = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in body.split("\n\n"))
    direction = "rtl" if locale.is_rtl else "ltr"
    style = "font:16px/1.7 Vazirmatn,Tahoma,Arial,sans-serif;color:#12201f;max-width:36em"
    return f'<!doctype html><html lang="{locale.tag}" dir="{direction}"><body dir="{direction}" style="{style}">{paragraphs}</body></html>'
