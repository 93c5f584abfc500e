"""Sheets that ask one thing: one of several, or a line of text."""

from collections.abc import Callable, Sequence
from typing import Any

from kivy.metrics import dp

from mobile.state.account_tree import AccountTree
from mobile.state.loading import Phase
from mobile.widgets.box import Panel
from mobile.widgets.buttons import PillButton
from mobile.widgets.fields import Field
from mobile.widgets.look import look
from mobile.widgets.rows import Choice
from mobile.widgets.sheet import Sheet
from mobile.widgets.text import Text


def choose(shell: Any, title: str, options: Sequence[tuple[Any, str]], chosen: Any, then: Callable[[Any], Any]) -> Sheet:
    """One of several; an option may carry indent and detail as (value, words, detail, indent)."""
    sheet = Sheet()

    def take(value: Any) -> None:
        sheet.dismiss(animation=False)
        then(value)

    panel = Panel(padding=(0, dp(8)))
    for value, words, *more in options:
        detail, indent = (*more, "", 0)[:2] if len(more) < 2 else more
        panel.add_widget(Choice(words, lambda value=value: take(value), is_on=value == chosen, detail=detail, indent=indent))
    shell.sheet(sheet)
    return sheet.show(Text(title, 18, 700), panel)


async def choose_account(shell: Any, title: str, chosen: dict[str, Any] | None, then: Callable[[Any], Any], *, all_words: str = "") -> None:
    """One of the company's accounts, as a tree; `all_words` offers none of them as well."""
    tree = AccountTree(shell.services)
    await tree.load()
    if tree.phase is not Phase.READY:
        shell.toast(look.say("failure.fault.title"))
        return
    by_id = {node["id"]: node for node in tree.accounts}
    options: list[Any] = [(None, all_words, "", 0)] if all_words else []
    options += [(row.node["id"], row.node["name"], look.say(f"kind.{row.node['kind']}"), row.depth * 16) for row in tree.rows()]
    choose(shell, title, options, chosen["id"] if chosen else None, lambda one: then(by_id.get(one)))


def ask(shell: Any, title: str, label: str, text: str, then: Callable[[str], str | None], *, note: str = "", kind: str = "text") -> Sheet:
    """A line of text; `then` returns what is wrong with it, or None when it was taken."""
    sheet = Sheet()
    field = Field(label, text, kind=kind)

    def take() -> None:
        problem = then(field.text)
        if problem is None:
            sheet.dismiss(animation=False)
        else:
            field.complain(problem)

    field.entry.bind(on_text_validate=lambda *_: take())
    content = [Text(title, 18, 700), field]
    if note:
        content.append(Text(note, 12, 400, "second", lines=None))
    shell.sheet(sheet)
    return sheet.show(*content, pinned=(PillButton(look.say("action.save"), take),))
