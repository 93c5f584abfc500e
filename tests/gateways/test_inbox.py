"""The development inbox keeps what was sent, newest first, bounded, once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain.kernel.identifiers import Channel
from domain.notifications.ports import Attachment, MailMessage, SmsMessage
from gateways.inbox import Inbox, InboxMailer, InboxMessage, InboxSms


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox", kept=5)


def texts(messages: Sequence[InboxMessage]) -> list[str]:
    return [message.text for message in messages]


async def test_mail_and_sms_are_read_back_newest_first(inbox: Inbox) -> None:
    pdf = Attachment("receipt-1.pdf", "application/pdf", b"%PDF \x00\xff")
    sms = SmsMessage(uuid4(), "+989350000412", "رمز 123456")
    mail = MailMessage(
        uuid4(), "buyer@nikazin.example", "رسید", "با سلام\n\nرسید پیوست است.\n" + "و سطری بلند " * 20 + ".", "<p>با سلام</p>", (pdf,)
    )

    await InboxSms(inbox).send(sms)
    await InboxMailer(inbox).send(mail)

    second, first = inbox.messages()
    assert (first.id, first.channel, first.to, first.subject, first.text) == (sms.id, Channel.SMS, sms.to, None, sms.text)
    assert (second.id, second.channel, second.to, second.subject, second.text) == (mail.id, Channel.EMAIL, mail.to, mail.subject, mail.text)
    assert list(second.attachments) == [pdf]
    assert first.at < second.at
    assert inbox.message(mail.id) == second


def test_an_empty_inbox_is_no_error(inbox: Inbox) -> None:
    assert inbox.messages() == []
    assert inbox.message(uuid4()) is None


def test_the_same_message_is_kept_once(inbox: Inbox) -> None:
    sms = SmsMessage(uuid4(), "+989350000412", "رمز 123456")

    inbox.keep(sms)
    inbox.keep(sms)

    assert texts(inbox.messages()) == [sms.text]


def test_only_the_newest_stay(inbox: Inbox) -> None:
    for number in range(8):
        inbox.keep(SmsMessage(uuid4(), "+989350000412", str(number)))

    assert texts(inbox.messages()) == ["7", "6", "5", "4", "3"]
    assert texts(inbox.messages(most=2)) == ["7", "6"]
    assert len(list(inbox.folder.iterdir())) == 5


@pytest.mark.parametrize(
    ("typed", "found"), [("۰۹۳۵ ۰۰۰ ۰۴۱۲", ["a"]), ("+989350000412", ["a"]), ("Buyer@Example.com", ["b"]), ("nobody", [])]
)
def test_messages_of_one_recipient_in_any_spelling(inbox: Inbox, typed: str, found: list[str]) -> None:
    inbox.keep(SmsMessage(uuid4(), "+989350000412", "a"))
    inbox.keep(MailMessage(uuid4(), "buyer@example.com", "x", "b"))

    assert texts(inbox.messages(to=typed)) == found


def test_files_are_plain_mail(inbox: Inbox) -> None:
    inbox.keep(MailMessage(UUID(int=7), "buyer@example.com", "رسید", "متن"))

    [file] = inbox.folder.glob("*.eml")
    assert message_from_bytes(file.read_bytes(), policy=default)["Subject"] == "رسید"


def test_strange_files_are_left_alone(inbox: Inbox) -> None:
    inbox.keep(SmsMessage(uuid4(), "+989350000412", "a"))
    (inbox.folder / "notes_of_mine.json").write_text("{}")

    assert texts(inbox.messages()) == ["a"]


def test_many_writers_at_once(inbox: Inbox) -> None:
    def write(number: int) -> list[str]:
        inbox.keep(SmsMessage(uuid4(), "+989350000412", str(number)))
        return texts(inbox.messages())

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(write, range(100)))

    assert all(text.isdigit() for each in seen for text in each)
    assert len(inbox.messages()) == 5
