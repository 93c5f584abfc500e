"""Digits of the scripts people type and read."""

PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
PLAIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)

# Marks that tell the bidirectional algorithm what a number or a foreign word is.
LEFT_TO_RIGHT, RIGHT_TO_LEFT = "\u200e", "\u200f"


def plain(typed: str) -> str:
    """Typed text with Persian and Arabic digits as 0–9."""
    return typed.translate(PLAIN)


def persian(text: str) -> str:
    """Text with 0–9 as ۰–۹."""
    return text.translate(PERSIAN)


def isolated(text: str) -> str:
    """A phone number, code or address that keeps its own left-to-right order inside Persian text."""
    return f"{RIGHT_TO_LEFT}{LEFT_TO_RIGHT}{text}{LEFT_TO_RIGHT}{RIGHT_TO_LEFT}"
