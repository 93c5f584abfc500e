"""Codes on their way from the outbox to people."""

from dataclasses import dataclass, field

import pytest

from auth.delivery import code_handler
from auth.otp import OTP_KIND
from domain.kernel.identifiers import Channel
from domain.notifications.ports import MailMessage, PermanentDeliveryError, SmsMessage, TemporaryDeliveryError
from domain.people.tables import Person
from store.outbox import run_once
from tests.desk import STRANGER, Desk


@dataclass
class Post:
    """Takes every message, or raises what it is told to."""

    taken: list[MailMessage | SmsMessage] = field(default_factory=list)
    trouble: Exception | None = None

    async def send(self, message: MailMessage | SmsMessage) -> None:
        """Keeps it."""
        if self.trouble is not None:
            raise self.trouble
        self.taken.append(message)


@dataclass
class Still:
    """The desk's own clock."""

    desk: Desk

    def now(self):  # type: ignore[no-untyped-def]
        """The desk's time."""
        return self.desk.at


async def run(desk: Desk, post: Post) -> int:
    handlers = {OTP_KIND: code_handler(desk.auth.sealer, post, post, Still(desk))}
    return await run_once(desk.auth.database, handlers, Still(desk), worker="test")


async def test_a_code_arrives_in_the_persons_language(desk: Desk) -> None:
    await desk.change(Person, desk.manager.id, locale="BG")
    sms, mail, post = await desk.ask(), await desk.ask(channel=Channel.EMAIL), Post()
    assert await run(desk, post) == 2

    by_id = {message.id: message for message in post.taken}
    assert by_id[sms.id].to == desk.manager.mobile
    assert by_id[mail.id].to == desk.manager.email
    for asked in (sms, mail):
        assert await desk.code(asked) in by_id[asked.id].text
        assert "код" in by_id[asked.id].text.lower()
    assert "10 минути" in by_id[mail.id].text


async def test_nothing_goes_to_strangers_new_lines_and_latecomers(desk: Desk) -> None:
    await desk.ask(STRANGER)
    await desk.change(Person, desk.manager.id, line_changed_at=desk.at)
    await desk.ask()
    await desk.ask(desk.tenant.account_manager.mobile)
    desk.wait(seconds=120)
    post = Post()

    assert await run(desk, post) == 3
    assert post.taken == []
    assert await run(desk, post) == 0


async def test_a_code_that_waits_for_the_gateway_holds_up_nobody(desk: Desk) -> None:
    await desk.ask()
    assert await run(desk, Post(trouble=TemporaryDeliveryError("later"))) == 1
    second, post = await desk.ask(), Post()

    assert await run(desk, post) == 1
    assert [message.id for message in post.taken] == [second.id]


async def test_a_refused_recipient_is_final(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    asked = await desk.ask()
    assert await run(desk, Post(trouble=PermanentDeliveryError("unknown recipient"))) == 1
    desk.wait(seconds=30)

    assert await run(desk, Post()) == 0
    assert await desk.code(asked) not in caplog.text
