"""The words of one-time codes."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.kernel.ids import Kind, encode
from domain.kernel.locale import Locale
from domain.notifications.letters import as_html, otp_mail, otp_sms, password_code_sms, password_mail, password_sms

SMS_PART = {Locale.FA: 70, Locale.EN: 160, Locale.RU: 70, Locale.BG: 70}


@pytest.mark.parametrize("locale", Locale)
def test_the_sms_fits_one_part(locale: Locale) -> None:
    sms = otp_sms(uuid4(), "+989350000412", "12345678", valid_for=timedelta(minutes=10), locale=locale)

    assert "12345678" in sms.text
    assert len(sms.text) <= SMS_PART[locale]


@pytest.mark.parametrize("locale", Locale)
def test_the_mail_tells_code_and_time(locale: Locale) -> None:
    mail = otp_mail(uuid4(), "buyer@example.com", "012345", valid_for=timedelta(minutes=10), locale=locale)

    assert "012345" in mail.subject
    assert "\n012345\n" in mail.text
    assert ("۱۰ دقیقه" if locale is Locale.FA else "10 ") in mail.text
    assert mail.html is not None
    assert f'dir="{"rtl" if locale is Locale.FA else "ltr"}"' in mail.html


@pytest.mark.parametrize("locale", Locale)
def test_sms_about_passwords_fit_one_part(locale: Locale) -> None:
    at, link = datetime(2026, 11, 21, 20, 55, tzinfo=UTC), "simurgh://password/" + encode(Kind.CHALLENGE, uuid4())
    notice = password_sms(uuid4(), "+989350000412", at=at, locale=locale)
    code = password_code_sms(uuid4(), "+989350000412", "123456", link=link, locale=locale)

    assert ("۰۰:۲۵" if locale is Locale.FA else "00:25") in notice.text
    assert "123456" in code.text and code.text.split()[-1] == link
    assert max(len(notice.text), len(code.text)) <= SMS_PART[locale]


@pytest.mark.parametrize("locale", Locale)
def test_the_mail_about_a_password_says_when(locale: Locale) -> None:
    mail = password_mail(uuid4(), "buyer@example.com", at=datetime(2026, 11, 21, 20, 55, tzinfo=UTC), locale=locale)

    assert ("۱ آذر ۱۴۰۵، ۰۰:۲۵" if locale is Locale.FA else "00:25") in mail.text


def test_html_says_what_the_text_says_and_nothing_else() -> None:
    assert "<p>a &lt;b&gt; &amp;<br>c</p><p>d</p>" in as_html("a <b> &\nc\n\nd", Locale.EN)
