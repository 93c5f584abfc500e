"""Text as people type it, folded for search and wrapped for right-to-left lines."""

import re
import unicodedata

from domain.kernel.errors import InvalidInput

_PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
_ARABIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
_LATIN_DIGITS = "0123456789"
_TO_LATIN = str.maketrans(_PERSIAN_DIGITS + _ARABIC_DIGITS, _LATIN_DIGITS * 2)
_TO_PERSIAN = str.maketrans(_LATIN_DIGITS + _ARABIC_DIGITS, _PERSIAN_DIGITS * 2)

# Letters that one keyboard writes for another's; hamza and madda are gone by then, as they are combining marks.
_SAME_LETTER = str.maketrans({"ي": "ی", "ى": "ی", "ے": "ی", "ك": "ک", "ڪ": "ک", "ة": "ه", "ە": "ه", "ہ": "ه", "ھ": "ه"})
_BREVE = "\u0306"  # й is a letter of its own in Russian and Bulgarian, not an и with a mark

LONGEST_SEARCH = 100
LRI, RLI, PDI, RLM = "\u2066", "\u2067", "\u2069", "\u200f"
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\u0640\ufeff\u00ad]")


def digits_latin(text: str) -> str:
    """Writes Persian and Arabic digits as 0–9; everything else stays."""
    return text if text.isascii() else text.translate(_TO_LATIN)


def digits_persian(text: str) -> str:
    """Writes all digits as ۰–۹; everything else stays."""
    return text.translate(_TO_PERSIAN)


def fold(text: str) -> str:
    """The key under which text is searched and compared, never shown or sorted by (FEATURES 3.4).

    Case, vowel marks, hamza, Arabic ي and ك, the script of digits, tatweel, half-spaces (ZWNJ) and spaces make no difference:
    نیک‌آذین, «نيك آذين» and نیکاذین have one key. Stored and shown text keeps its ZWNJ.
    """
    if text.isascii():  # a short way to the same
        return "".join(text.casefold().split())
    decomposed = unicodedata.normalize("NFKD", digits_latin(text)).casefold()
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter) or letter == _BREVE)
    joined = "".join(without_invisible(unicodedata.normalize("NFC", bare).translate(_SAME_LETTER)).split())
    return unicodedata.normalize("NFC", joined)  # a mark may have come to stand beside its letter only now


def search_key(text: str, *field: str) -> str:
    """The key of what is typed into a search; more than 100 characters are `InvalidInput` at `field`, as no name is that long."""
    if len(text) > LONGEST_SEARCH:
        raise InvalidInput("error.too_long", field=field or ("search",), most=LONGEST_SEARCH)
    return fold(text)


def without_invisible(text: str) -> str:
    """Drops direction marks, zero-width characters and tatweel, which come along when text is pasted."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def ltr(text: str) -> str:
    """Wraps a number, code, phone or address so that it keeps its order inside a right-to-left line."""
    return f"{LRI}{text}{PDI}"
