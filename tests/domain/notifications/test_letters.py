"""The words of one-time codes."""

from datetime import timedelta
from uuid import uuid4

import pytest

from domain.kernel.locale import Locale
from domain.notifications.letters import as_html, otp_mail, otp_sms

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


def test_html_says_what_the_text_says_and_nothing_else() -> None:
    assert "<p>a &lt;b&gt; &amp;<br>c</p><p>d</p>" in as_html("a <b> &\nc\n\nd", Locale.EN)
