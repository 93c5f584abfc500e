"""Which passwords are good enough: long, not on the lists of leaked ones, hard to guess, and not made of the person's own data."""

import unicodedata
from collections.abc import Iterable

from zxcvbn_rs_py import Warning as Flaw
from zxcvbn_rs_py import zxcvbn

from domain.kernel.text import digits_latin, fold

SHORTEST = 10
LONGEST = 128
LEAST_SCORE = 3
"""Of zxcvbn's 0 to 4: more than a hundred million guesses."""

_LEAKED = (Flaw.ThisIsATop10Password, Flaw.ThisIsATop100Password, Flaw.ThisIsACommonPassword, Flaw.ThisIsSimilarToACommonlyUsedPassword)
_SHORTEST_WORD = 3


def normal(password: str) -> str:
    """The one form of a password that different keyboards write differently: NFC (RFC 8265), digits of any script as 0–9."""
    return unicodedata.normalize("NFC", digits_latin(password))


def flaw(password: str) -> str | None:
    """Why nobody should have this password, as a message key; None when it is good enough. It takes milliseconds, not microseconds."""
    if not SHORTEST <= len(password) <= LONGEST:
        return "auth.password_length"
    found = zxcvbn(password)
    if int(found.score) >= LEAST_SCORE:
        return None
    is_leaked = found.feedback is not None and found.feedback.warning in _LEAKED
    return "auth.password_leaked" if is_leaked else "auth.password_weak"


def is_personal(password: str, words: Iterable[str]) -> bool:
    """Whether a password is too weak once what is known of its owner (names, numbers, addresses) is taken out of it."""
    rest = fold(password)
    for word in sorted({fold(word) for word in words}, key=len, reverse=True):
        if len(word) >= _SHORTEST_WORD:
            rest = rest.replace(word, "")
    return rest != fold(password) and (not rest or int(zxcvbn(rest[:LONGEST]).score) < LEAST_SCORE)
