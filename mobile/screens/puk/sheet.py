"""The proof before a PUK [08]: reason, code, today's count."""

from typing import Any

from kivy.clock import Clock
from kivy.metrics import dp

from mobile.state.puk import A_DAY, REASONS, PukReveal
from mobile.state.sim_detail import SimDetail
from mobile.widgets.box import Column, Row
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.chips import Chip, ChipBar
from mobile.widgets.fields import CodeBoxes
from mobile.widgets.look import look
from mobile.widgets.rows import note
from mobile.widgets.sheet import Sheet
from mobile.widgets.text import Text, Word


class PukSheet:
    """Asks for a reason and, when the last proof is too old, for a code; then gives way to the curtain."""

    def __init__(self, shell: Any, card: SimDetail) -> None:
        self.shell, self.card = shell, card
        self.model = PukReveal(shell.services, card.sim)
        self.sheet = Sheet(closed=self._closed)
        self._boxes: CodeBoxes | None = None
        self._unwatch = self.model.watch(self._moved)
        self._ticking = Clock.schedule_interval(self._tick, 1)
        shell.sheet(self.sheet)
        self.draw()

    def draw(self) -> None:
        """Builds the sheet; the boxes keep what was typed."""
        say, model = look.say, self.model
        self._shape = self._present_shape()
        holder = (self.card.sim["holder"] or {}).get("name")
        who = " · ".join(part for part in (self.card.title, holder) if part)
        words = Column(Text(say("puk.title"), 18, 700), Text(who, 14, 400, "second"), spacing=dp(2))
        content = [
            Row(Disc("shield-key-outline", "container", 52, 26), words, spacing=dp(16)),
            Text(say("puk.reason"), 14, 500),
            self._reasons(),
        ]
        if model.needs_proof:
            content += self._proof()
        if model.problem:
            content.append(note(model.problem, "alert-circle-outline", "error"))
        counts = {"used": say.number(model.used_today), "all": say.number(A_DAY)}
        content.append(note(say("puk.recorded", **counts), "eye-outline", "warning"))
        self._buttons = Row(spacing=dp(8))
        self.sheet.show(*content, pinned=(self._buttons,))
        self._draw_buttons()

    def _proof(self) -> list[Any]:
        say, model = look.say, self.model
        key = "puk.code_authenticator" if model.uses_authenticator else "puk.code_sms" if "OTP_SMS" in model.methods else "puk.code_email"
        self._clock = Word(say.clock(model.code_seconds_left()), 12, 400, "second")
        parts: list[Any] = [Row(Text(say(key), 14, 500), self._clock, spacing=dp(8))]
        if self._boxes is None:
            self._boxes = CodeBoxes(model.challenge.get("codeLength", 6), self._full, lambda _: self._draw_buttons(), height=56)
        if self._boxes.parent:
            self._boxes.parent.remove_widget(self._boxes)
        parts.append(self._boxes)
        has_both = "TOTP" in model.methods and bool({"OTP_SMS", "OTP_EMAIL"} & set(model.methods))
        if has_both:
            words = say("puk.use_code") if model.uses_authenticator else say("puk.use_authenticator")
            parts.append(Row(PillButton(words, model.switch_method, "plain", size=14, height=32, is_fitted=True), Text("", 12)))
        return parts

    def _reasons(self) -> ChipBar:
        def take(reason: str) -> None:
            self.model.reason = reason
            self.draw()

        chips = []
        for reason in REASONS:
            is_on = reason == self.model.reason
            chips.append(
                Chip(look.say(f"puk.reason.{reason}"), lambda reason=reason: take(reason), is_on=is_on, icon="check" if is_on else None)
            )
        return ChipBar(chips, inset=0)

    def _draw_buttons(self) -> None:
        if not hasattr(self, "_buttons"):
            return
        say, model = look.say, self.model
        self._buttons.clear_widgets()
        self._buttons.add_widget(PillButton(say("action.cancel"), self.sheet.dismiss, "plain", size=14, is_fitted=True))
        is_full = not model.needs_proof or (self._boxes is not None and len(self._boxes.code) == self._boxes._length)
        self._buttons.add_widget(PillButton(say("puk.show"), self._show, icon="eye-outline", enabled=is_full and not model.is_busy))

    def _present_shape(self) -> tuple[Any, ...]:
        model = self.model
        return model.needs_proof, model.uses_authenticator, model.problem, model.reason

    def _moved(self) -> None:
        """Draws anew only when a part comes or goes, so that typing isn't disturbed."""
        if self._present_shape() != self._shape:
            self.draw()
        else:
            self._draw_buttons()

    def _tick(self, _: float) -> None:
        if self.model.needs_proof and hasattr(self, "_clock"):
            self._clock.text = look.say.clock(self.model.code_seconds_left())

    def _show(self) -> None:
        code = self._boxes.code if self._boxes else ""
        self.shell.run(self._shown(code))

    def _full(self, code: str) -> None:
        if not self.model.is_busy:
            self.shell.run(self._shown(code))

    async def _shown(self, code: str) -> None:
        done = await (self.model.prove(code) if self.model.needs_proof else self.model.reveal())
        if done:
            self.shell.go("puk", reveal=self.model)
        elif self._boxes is not None:
            self._boxes.clear_code()
            self._boxes.entry.focus = self.model.needs_proof

    def _closed(self) -> None:
        self._ticking.cancel()
        self._unwatch()
