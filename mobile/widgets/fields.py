"""Fields to type in: outlined text, search, and the boxes of a one-time code."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.metrics import dp
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.textinput import TextInput

from mobile.state.digits import plain
from mobile.widgets.bidi import has_rtl_letters
from mobile.widgets.box import Column, Strip, Toned, middle_of
from mobile.widgets.buttons import IconButton
from mobile.widgets.look import face, look
from mobile.widgets.text import Icon, Text, Word


class Entry(TextInput):
    """Kivy's input with our face, no frame, and a caret that follows Persian."""

    def __init__(
        self, text: str = "", *, size: float = 16, weight: int = 400, is_tall: bool = False, hint: str = "", **options: Any
    ) -> None:
        super().__init__(
            text=text,
            hint_text=hint,
            font_name=face(weight),
            font_size=look.sp(size),
            foreground_color=look.colour("text"),
            hint_text_color=look.colour("second"),
            cursor_color=look.colour("primary"),
            selection_color=look.colour("primary", 0.3),
            background_normal="",
            background_active="",
            background_color=(0, 0, 0, 0),
            cursor_width=dp(2),
            multiline=is_tall,
            write_tab=False,
            halign=look.start,
            padding=(0, dp(4)),
            **options,
        )

    def cursor_offset(self) -> float:
        """Where the caret stands from the left of its line: Persian text grows to the left."""
        offset = float(super().cursor_offset())
        if not look.is_rtl or self.cursor_row >= len(self._lines) or not has_rtl_letters(self._lines[self.cursor_row]):
            return offset
        return float(self._get_row_width(self.cursor_row)) - offset


class Field(Column):
    """An outlined field with its name on the border and, below, what is wrong; a secret shows at the touch of an eye."""

    def __init__(
        self,
        label: str,
        text: str = "",
        *,
        icon: str | None = None,
        kind: str = "text",
        weight: int = 400,
        is_tall: bool = False,
        is_secret: bool = False,
        changed: Callable[[str], Any] | None = None,
        entered: Callable[[], Any] | None = None,
    ) -> None:
        super().__init__(spacing=dp(4))
        height = dp(112) if is_tall else max(dp(56), look.sp(56) * 0.9)
        self._frame = Strip(
            role=None, radius=12, outline="primary", outline_width=2, height=height, padding=(dp(16), dp(4)), spacing=dp(14)
        )
        if icon:
            self._frame.add_widget(Icon(icon, 24))
        self.entry = Entry(text, weight=weight, is_tall=is_tall, input_type=kind, size_hint_y=None)
        self.entry.height = height - dp(24) if is_tall else look.sp(16) * 1.56 + dp(8)
        if changed:
            self.entry.bind(text=lambda _, value: changed(value))
        if entered and not is_tall:
            self.entry.bind(on_text_validate=lambda *_: entered())
        self._frame.add_widget(self.entry)
        if is_secret:
            self.entry.password, self.entry.keyboard_suggestions = True, False
            self._frame.padding = (dp(16), dp(4), dp(4), dp(4))
            self._eye = IconButton("eye-outline", self._look, label=look.say("password.show"))
            self._frame.add_widget(self._eye)
        holder = _Notched(self._frame, label, height=height + dp(8))
        self._name = holder.name
        self.add_widget(holder)
        self._problem = Text("", 12, 400, "on_error", lines=None)
        self._problem.height = 0
        self.entry.bind(focus=self._paint)
        self._paint()

    def complain(self, problem: str | None) -> None:
        """Shows what is wrong below the field, or takes it away."""
        self._problem.text = problem or ""
        if problem and self._problem.parent is None:
            self.add_widget(self._problem)
        elif not problem and self._problem.parent is not None:
            self.remove_widget(self._problem)

    def _look(self) -> None:
        """Shows what was typed, or hides it again."""
        self.entry.password = not self.entry.password
        self._eye.icon.put("eye-outline" if self.entry.password else "eye-off-outline", "second")
        self._eye.text = look.say("password.show" if self.entry.password else "password.hide")

    def _paint(self, *_: Any) -> None:
        role = "primary" if self.entry.focus else "outline"
        self._frame.tone(None, radius=12, outline=look.colour(role), width=2 if role == "primary" else 1)
        self._name.color = look.colour("primary" if role == "primary" else "second")

    @property
    def text(self) -> str:
        """What was typed."""
        return str(self.entry.text)


class _Notched(FloatLayout):
    """A frame whose border is interrupted by the field's name, on the colour of what lies behind."""

    def __init__(self, frame: Strip, name: str, *, height: float) -> None:
        super().__init__(size_hint_y=None, height=height)
        self._frame = frame
        frame.size_hint, frame.pos_hint = (1, None), {"x": 0, "y": 0}
        self.name = Word(name, 12, 400, "primary", most=300)
        with self.name.canvas.before:
            Color(*look.colour("background"))
            self._under = Rectangle()
        self.add_widget(frame)
        self.add_widget(self.name)

    def do_layout(self, *args: Any, **options: Any) -> None:
        """Places the frame, then the name on its border."""
        super().do_layout(*args, **options)
        inset = dp(16)
        left = self.x + self.width - inset - self.name.width if look.is_rtl else self.x + inset
        self.name.pos = (left, self.y + self._frame.height - self.name.height / 2 - dp(1))
        self._under.pos = (self.name.x - dp(4), self.name.y)
        self._under.size = (self.name.width + dp(8), self.name.height)


class SearchField(Strip):
    """A search pill; `then` is called a moment after typing stops."""

    def __init__(self, hint: str, text: str, then: Callable[[str], Any], *, pause: float = 0.35) -> None:
        super().__init__(radius=26, height=max(dp(52), look.sp(52) * 0.9), padding=(dp(18), 0, dp(4), 0), spacing=dp(14))
        self.entry = Entry(text, size=13 if look.is_large else 16, hint=hint, size_hint_y=None)
        self.entry.height = look.sp(16) * 1.56 + dp(8)
        self.add_widget(Icon("magnify", 22))
        self.add_widget(self.entry)
        self._clear = IconButton("close", self._wipe)
        self._clear.opacity = 1 if text else 0
        self.add_widget(self._clear)
        self._then = then
        self._later = Clock.create_trigger(lambda _: then(self.entry.text), pause)
        self.entry.bind(text=self._typed)

    def _typed(self, *_: Any) -> None:
        self._clear.opacity = 1 if self.entry.text else 0
        self._later()

    def _wipe(self) -> None:
        if self.entry.text:
            self.entry.text = ""


class CodeBoxes(FloatLayout):
    """Boxes for the digits of a code, left to right in every language; calls `full` with the plain digits."""

    def __init__(self, length: int, full: Callable[[str], Any], changed: Callable[[str], Any] | None = None, *, height: float = 64) -> None:
        super().__init__(size_hint_y=None, height=dp(height))
        self._full, self._changed, self._length = full, changed, length
        self._boxes = [_Box() for _ in range(length)]
        for box in self._boxes:
            self.add_widget(box)
        self.entry = _CodeEntry(length, self._typed)
        self.add_widget(self.entry)
        self.bind(pos=self._place, size=self._place)
        self._typed("")

    @property
    def code(self) -> str:
        """The typed digits as 0–9."""
        return plain(self.entry.text)

    def clear_code(self) -> None:
        """Empties the boxes."""
        self.entry.text = ""

    def _place(self, *_: Any) -> None:
        between = dp(8)
        width = (self.width - between * (self._length - 1)) / self._length
        for at, box in enumerate(self._boxes):
            box.size, box.pos = (width, self.height), (self.x + at * (width + between), self.y)

    def _typed(self, text: str) -> None:
        for at, box in enumerate(self._boxes):
            box.put(look.say.digits(plain(text[at])) if at < len(text) else "", is_next=at == len(text))
        if self._changed:
            self._changed(plain(text))
        if len(text) == self._length:
            self._full(plain(text))


class _CodeEntry(TextInput):
    """An invisible input over the boxes."""

    def __init__(self, length: int, typed: Callable[[str], Any]) -> None:
        super().__init__(
            opacity=0,
            multiline=False,
            write_tab=False,
            input_type="number",
            size_hint=(1, 1),
            pos_hint={"x": 0, "y": 0},
            font_name=face(400),
        )
        self._length = length
        self.bind(text=lambda _, value: typed(value))

    def insert_text(self, substring: str, from_undo: bool = False) -> None:
        digits = "".join(one for one in substring if plain(one).isdigit())
        super().insert_text(digits[: self._length - len(self.text)], from_undo=from_undo)


class _Box(Toned):
    def __init__(self) -> None:
        super().__init__(size_hint=(None, None))
        self._digit = Word("", 22, 500)
        self._caret = Toned(size_hint=(None, None), size=(dp(2), dp(28)))
        self._caret.tone(look.colour("primary"))
        self.add_widget(self._digit)
        self.add_widget(self._caret)
        self.bind(pos=self._centre, size=self._centre)
        self._digit.bind(size=self._centre)
        self._is_next: bool | None = None
        self.put("", is_next=False)

    def put(self, digit: str, *, is_next: bool) -> None:
        self._digit.text = digit
        self._caret.opacity = 1 if is_next else 0
        if is_next != self._is_next:
            self._is_next = is_next
            self.tone(look.colour("card"), radius=14, outline=look.colour("primary" if is_next else "outline"), width=2 if is_next else 1)
        self._centre()

    def _centre(self, *_: Any) -> None:
        self._digit.center = middle_of(self)
        self._caret.center = middle_of(self)
