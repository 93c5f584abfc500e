"""A mail's form on the wire, whoever carries it: apart from SMTP, which an API process never speaks."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from domain.notifications.ports import MailMessage

SENDER_NAME = "Simurgh"


def composed(message: MailMessage, sender: str, *, at: datetime) -> EmailMessage:
    """The mail as it goes over the wire; the Message-ID is made of the message's id, so a repeated mail is known as the same."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((SENDER_NAME, sender))
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    for attachment in message.attachments:
        kind, _, subtype = attachment.media_type.partition("/")
        mail.add_attachment(attachment.content, maintype=kind, subtype=subtype, filename=attachment.file_name)
    return mail
