"""How the subject of a change or exclusion is said: a phone number as a phone number, anything else as it came."""

import re

from mobile.state.speech import Speech

NUMBER = re.compile(r"\+\d{8,15}")


def subject(say: Speech, label: str) -> str:
    """The label of a change for people."""
    return say.phone(label) if NUMBER.fullmatch(label) else say.code(label)
