"""The present look: colours of the theme, direction, text scale and motion; screens are rebuilt when it changes."""

import json
import pathlib
from dataclasses import dataclass
from functools import cache

from kivy.clock import Clock
from kivy.core.text import LabelBase
from kivy.metrics import dp

from mobile.state.speech import Speech

FONTS = pathlib.Path(__file__).resolve().parents[2] / ".build" / "fonts"
Colour = tuple[float, float, float, float]

# Role: light, dark. The roles and values of the design's table of tokens; the last block are shapes, never text.
ROLES: dict[str, tuple[str, str]] = {
    "background": ("F4F7F6", "0C1211"),
    "card": ("FFFFFF", "151E1D"),
    "bar": ("E9EFED", "121A19"),
    "text": ("12201F", "E4EBE9"),
    "second": ("495855", "A8B6B3"),
    "primary": ("0A6062", "79D3CF"),
    "on_primary": ("FFFFFF", "00302F"),
    "container": ("CBEAE7", "114B4C"),
    "on_container": ("063B3C", "BFF0ED"),
    "hero": ("0A4648", "0F3E40"),
    "on_hero": ("FFFFFF", "FFFFFF"),
    "hero_second": ("BFE0DE", "A9D3D0"),
    "saffron": ("F3BA4F", "F3BA4F"),
    "on_saffron": ("2B1D00", "2B1D00"),
    "ok": ("D7F1DF", "143D28"),
    "on_ok": ("146538", "83DBA4"),
    "warning": ("FFE8C2", "463110"),
    "on_warning": ("7F4D00", "F3C272"),
    "error": ("FCE1DE", "581D19"),
    "on_error": ("AE241C", "FFB3AA"),
    "info": ("DFE9FB", "1E3659"),
    "on_info": ("2A579F", "AAC8FF"),
    "violet": ("EBE2F8", "3B2858"),
    "on_violet": ("673AA0", "D3B8F7"),
    "neutral": ("E4EAE8", "24302E"),
    "on_neutral": ("495855", "A8B6B3"),
    "track": ("DEE7E5", "24302E"),
    "note": ("E9EFED", "151E1D"),
    "segment": ("FFFFFF", "35433F"),
    "line": ("E0E7E5", "2A3533"),
    "outline": ("D3DCDA", "33403E"),
    "disabled": ("DEE7E5", "1C2624"),
    "on_disabled": ("6B7876", "7D8A87"),
    "hero_line": ("5E9A99", "5E9A99"),
    "hero_arc": ("1D5A5B", "1F5355"),
    "meter": ("0A6062", "79D3CF"),
    "meter_reserve": ("DB8F1A", "F3BA4F"),
    "meter_low": ("C97A10", "E0A33F"),
    "count_active": ("2F9B5F", "52BE86"),
    "count_ready": ("5B88D6", "86A9EC"),
    "count_blocked": ("CD4A43", "EE756C"),
    "curtain": ("071F20", "071F20"),
    "curtain_card": ("133436", "133436"),
    "curtain_button": ("1D5052", "1D5052"),
    "curtain_track": ("184244", "184244"),
    "curtain_warning": ("47310F", "47310F"),
    "curtain_on_warning": ("F8D28C", "F8D28C"),
}
ITERATIONS = 60
WEIGHTS = {400: "Regular", 500: "Medium", 700: "Bold"}


@dataclass
class Look:
    """What every widget asks when it is made."""

    say: Speech
    theme: str = "light"
    scale: float = 1.0
    has_motion: bool = True

    @property
    def is_rtl(self) -> bool:
        """Layout runs from the right."""
        return self.say.is_rtl

    def colour(self, role: str, alpha: float = 1.0) -> Colour:
        """The colour of a role in the present theme."""
        return rgba(ROLES[role][self.theme == "dark"], alpha)

    def sp(self, size: float) -> float:
        """A text size in pixels, scaled as the person wants."""
        return float(dp(size)) * self.scale

    @property
    def is_large(self) -> bool:
        """The text is so large that what stood side by side goes below each other."""
        return self.scale > 1.2

    @property
    def start(self) -> str:
        """Side where reading begins."""
        return "right" if self.is_rtl else "left"

    @property
    def end(self) -> str:
        """Side where reading ends."""
        return "left" if self.is_rtl else "right"


look = Look(say=Speech("fa"))


def wear(*, language: str, theme: str, scale: float) -> None:
    """Changes the present look; widgets made from now on have it."""
    look.say, look.theme, look.scale = Speech(language), theme, scale


def rgba(code: str, alpha: float = 1.0) -> Colour:
    """A colour from RRGGBB."""
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue, alpha


def face(weight: int, *, figures: bool = False) -> str:
    """Name of a registered face."""
    return f"{'Figures' if figures else 'Text'}{weight}"


@cache
def icons() -> dict[str, int]:
    """Code point of each icon in the subset."""
    found: dict[str, int] = json.loads((FONTS / "icons.json").read_text(encoding="utf-8"))
    return found


def settle_in_one_frame() -> None:
    """Nested boxes settle one level an iteration; Kivy stops at 10 by default and would finish a frame later."""
    Clock.max_iteration = ITERATIONS


def register_faces() -> None:
    """Makes the built faces known to Kivy; says what to run when they aren't built."""
    if not (FONTS / "icons.json").exists():
        raise FileNotFoundError(f"The app's fonts are not built: run python -m mobile.build_fonts (looked in {FONTS})")
    for weight, name in WEIGHTS.items():
        LabelBase.register(face(weight), str(FONTS / f"Text-{name}.ttf"))
        LabelBase.register(face(weight, figures=True), str(FONTS / f"Figures-{name}.ttf"))
    LabelBase.register("Icons", str(FONTS / "Icons.ttf"))
