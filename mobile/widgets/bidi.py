"""Right Persian in every label: each drawn line is shaped and put in visual order just before it is measured or drawn."""

import re
from functools import lru_cache

from arabic_reshaper import ArabicReshaper
from bidi.algorithm import get_display
from kivy.core.text.text_sdl2 import LabelSDL2

from mobile.widgets.look import look

_shape = ArabicReshaper(configuration={"language": "Farsi", "support_ligatures": True}).reshape
# Letters and marks that make a line right-to-left; a line of digits and Latin alone keeps its own order.
_RTL = re.compile("[\u0590-\u065f\u066a\u066d-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u200f]")
_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def visual(line: str) -> str:
    """A drawn line in visual order; its base direction is the language's, not its first letter's."""
    if _RTL.search(line):
        return _visual(line, "R" if look.is_rtl else "L")
    return _MARKS.sub("", line)


def has_rtl_letters(line: str) -> bool:
    """The line reads from the right."""
    return _RTL.search(line) is not None


@lru_cache(maxsize=8192)
def _visual(line: str, base: str) -> str:
    return _MARKS.sub("", get_display(_shape(line), base_dir=base))


class _Bidi:
    """Keeps the provider's own methods, so that the hook is set once."""

    is_set = False


def install() -> None:
    """Hooks Kivy's text provider, once."""
    if _Bidi.is_set:
        return
    measure, draw = LabelSDL2.get_extents, LabelSDL2._render_text
    LabelSDL2.get_extents = lambda self, line: measure(self, visual(line))
    LabelSDL2._render_text = lambda self, line, x, y: draw(self, visual(line), x, y)
    _Bidi.is_set = True
