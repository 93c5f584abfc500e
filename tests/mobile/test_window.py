"""The app in a real Kivy window without a display: the main job by touches, languages, sizes and widths."""

import asyncio
import ctypes.util
import itertools
import os
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from mobile.demo import CODE
from mobile.window import prepare

LIBRARIES = {"EGL": "libegl1", "GL": "libgl1", "GLESv2": "libgles2", "mtdev": "libmtdev1"}
MISSING = sorted(package for library, package in LIBRARIES.items() if ctypes.util.find_library(library) is None)
if MISSING:
    raise RuntimeError(f"The app's tests draw in a real window and need these Debian packages: {' '.join(MISSING)} libgl1-mesa-dri")

prepare(is_headless=True)

from kivy.clock import Clock  # noqa: E402 - Kivy reads its environment when first imported
from kivy.core.clipboard import Clipboard  # noqa: E402
from kivy.core.image import Image as CoreImage  # noqa: E402
from kivy.core.window import Window  # noqa: E402
from kivy.metrics import dp  # noqa: E402
from kivy.tests.common import UnitTestTouch  # noqa: E402
from kivy.uix.label import Label  # noqa: E402

from mobile.scenes import SCENES, Stage, Theatre  # noqa: E402
from mobile.screens.puk.page import Curtain  # noqa: E402
from mobile.screens.receipt.page import ReceiptPage  # noqa: E402
from mobile.screens.sim_detail.page import SimDetailPage  # noqa: E402
from mobile.screens.sim_list.page import SimListPage  # noqa: E402
from mobile.screens.sim_list.rows import SimRowView  # noqa: E402
from mobile.state.session import SessionPhase  # noqa: E402
from mobile.state.texts import LANGUAGES, text  # noqa: E402
from mobile.widgets.bidi import visual  # noqa: E402
from mobile.widgets.look import look  # noqa: E402
from mobile.widgets.meters import Meter  # noqa: E402
from mobile.widgets.text import Icon, Text, Word  # noqa: E402
from mobile.widgets.touch import Pressable  # noqa: E402

# Scenes that show another scene's words again.
VARIANTS = {"02-otp-authenticator", "06-sim-detail-blocked", "11-plan-stale", "13-purchases-empty", "22-state-loading", "23-state-offline"}


class Hand:
    """A finger and an eye on one stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def find(self, wanted: Callable[[Any], bool]) -> Any:
        """The last drawn visible widget of that kind."""
        for root in Window.children:
            for widget in root.walk(restrict=True):
                if wanted(widget) and widget.get_root_window():
                    return widget
        shown = [
            widget.text for root in Window.children for widget in root.walk(restrict=True) if isinstance(widget, Label) and widget.text
        ]
        raise AssertionError(f"not on the screen; there is: {shown}")

    def button(self, words: str) -> Any:
        return self.find(lambda widget: isinstance(widget, Pressable) and getattr(widget, "text", None) == words)

    def sees(self, words: str) -> bool:
        return any(isinstance(widget, Label) and words in widget.text for root in Window.children for widget in root.walk(restrict=True))

    async def touch(self, widget: Any, *, seconds: float = 0.02) -> None:
        """A touch in the middle of a widget."""
        await self.stage.settle()
        x, y = widget.to_window(*widget.center)
        touch = UnitTestTouch(x, y)
        touch.touch_down()
        await asyncio.sleep(seconds)
        touch.touch_up()
        await asyncio.sleep(0.12)  # Kivy's buttons and scrolled lists let go a moment later
        await self.stage.settle()

    async def press(self, words: str) -> None:
        await self.touch(self.button(words))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def theatre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Theatre]:
    async with Theatre(tmp_path_factory.mktemp("app"), draws=False) as opened:
        yield opened


Build = Callable[..., Awaitable[Stage]]


@pytest_asyncio.fixture(loop_scope="module")
async def build(theatre: Theatre) -> AsyncIterator[Build]:
    """Builds stages one after another; each is cleared before the next and at the end, failed or not."""
    built: list[Stage] = []

    async def fresh(**look_of_it: Any) -> Stage:
        while built:
            await theatre.clear(built.pop())
        built.append(await theatre.build(**look_of_it))
        return built[0]

    yield fresh
    for stage in built:
        await theatre.clear(stage)


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_main_job_by_touches(build: Build, theatre: Theatre, tmp_path: pathlib.Path) -> None:
    """Sign in, see the fleet, open a SIM, reveal its PUK, buy a bundle, hold the receipt."""
    stage = await build(language="en")
    hand, shell = Hand(stage), stage.shell

    shell.page.model.identity = "0935 000 1000"
    await hand.press("Send one-time code")
    assert hand.sees("One-time code")
    shell.page._boxes.entry.insert_text("۴۰۷")
    shell.page._boxes.entry.insert_text(CODE[3:])
    await stage.settle()
    assert shell.services.session.phase is SessionPhase.SIGNED_IN
    assert hand.sees("615,300,000") and hand.sees("Nikazin Group")

    await hand.press("SIM cards")
    assert isinstance(shell.page, SimListPage) and hand.sees("64 SIM cards")
    await hand.press("+98\u00a0935\u00a0000\u00a00412")
    assert isinstance(shell.page, SimDetailPage) and hand.sees("1,240,000")

    await hand.press("PUK code")
    await hand.press("Show for 60 seconds")
    assert hand.sees("Code we sent you by SMS")
    hand.find(lambda widget: type(widget).__name__ == "_CodeEntry" and widget.parent).insert_text(CODE)
    await stage.settle()
    assert isinstance(shell.page, Curtain) and hand.sees("04718263") and hand.sees("59300417")
    await hand.touch(hand.find(lambda widget: isinstance(widget, Pressable) and getattr(widget, "text", "") == "Copy"))
    assert Clipboard.paste() in ("04718263", "59300417")
    await hand.press("Hide now")
    assert not hand.sees("04718263") and Clipboard.paste().strip() == ""

    await hand.press("Buy bundle")
    await hand.press("See what changes")
    assert hand.sees("Nothing has happened yet") and hand.sees("1 SIM card gets the bundle")
    assert stage.server.orders == []
    await hand.press("Pay 1,375,000\u00a0IRR")
    assert isinstance(shell.page, ReceiptPage) and hand.sees("SMG-4182") and stage.server.wallet == 613_925_000
    await hand.press("Download PDF")
    assert (shell.services.folder / "receipts" / "SMG-4182.pdf").read_bytes().startswith(b"%PDF")

    theatre.draw(tmp_path / "receipt.png")
    pixels = bytes(CoreImage(str(tmp_path / "receipt.png")).texture.pixels)
    assert len({pixels[at : at + 4] for at in range(0, len(pixels), 4)}) > 100

    assert shell.back() and isinstance(shell.page, SimDetailPage)


async def test_a_held_touch_selects_and_the_plan_comes_before_the_block(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["05-sim-list"](stage)

    await hand.touch(hand.button("+98\u00a0935\u00a0000\u00a00412"), seconds=0.8)
    await hand.press("+98\u00a0936\u00a0000\u00a01107")
    assert hand.sees("2 selected")
    await hand.press("Block")
    await hand.press("See what changes")
    assert hand.sees("1 SIM card is blocked") and hand.sees("1 SIM card is left out") and hand.sees("already blocked")
    assert stage.server.sims[0]["status"] == "ACTIVE"
    blocks = [widget for root in Window.children for widget in root.walk(restrict=True) if getattr(widget, "text", "") == "Block"]
    await hand.touch(next(widget for widget in blocks if isinstance(widget, Pressable) and widget.height >= dp(50)))

    assert stage.server.sims[0]["status"] == "BLOCKED"


async def test_all_that_match_are_blocked_by_a_job_that_can_be_stopped(build: Build) -> None:
    stage = await build(language="en")
    hand, server = Hand(stage), stage.server
    server.sims = [server._seed(index) for index in range(240)]
    await SCENES["05-sim-list"](stage)

    await hand.touch(hand.button("+98\u00a0935\u00a0000\u00a00412"), seconds=0.8)
    await hand.press("Select all (240)")
    assert hand.sees("240 selected") and not hand.sees("Buy bundle")
    await hand.press("Block")
    await hand.press("See what changes")
    assert hand.sees("239 SIM cards are blocked") and hand.sees("done in the background") and server.jobs == {}
    blocks = [widget for root in Window.children for widget in root.walk(restrict=True) if getattr(widget, "text", "") == "Block"]
    await hand.touch(next(widget for widget in blocks if isinstance(widget, Pressable) and widget.height >= dp(50)))
    assert hand.sees("Background job") and hand.sees("of 240 SIM cards") and hand.sees("already blocked")

    await hand.press("Stop the job")
    assert hand.sees("What is done stays done.") and server.jobs["job-0"]["state"] == "RUNNING"
    stops = [widget for root in Window.children for widget in root.walk(restrict=True) if getattr(widget, "text", "") == "Stop the job"]
    await hand.touch(next(widget for widget in stops if isinstance(widget, Pressable) and widget.height >= dp(50)))
    assert hand.sees("Stopped") and server.jobs["job-0"]["state"] == "CANCELLED"

    assert stage.shell.back() and isinstance(stage.shell.page, SimListPage)
    await stage.settle()
    assert not stage.shell.page.model.is_selecting and hand.sees("Blocked")


async def test_cards_are_moved_by_touches(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["05-sim-list-selecting"](stage)
    await stage.settle()

    await hand.press("Move")
    assert not hand.button("See what changes").is_enabled
    await hand.press("To account")
    await hand.press("Northern fleet")
    await hand.press("From")
    await hand.press("12 Nov 2026")
    await hand.press("See what changes")
    assert hand.sees("3 SIM cards are moved") and hand.sees("Northern fleet · 12 Nov 2026") and "account" not in stage.server.sims[0]
    moves = [widget for root in Window.children for widget in root.walk(restrict=True) if getattr(widget, "text", "") == "Move"]
    await hand.touch(next(widget for widget in moves if isinstance(widget, Pressable) and widget.height >= dp(50)))

    assert [stage.server.sims[at].get("account") for at in range(4)] == ["account-north", "account-north", None, "account-north"]
    assert hand.sees("3 SIM cards moved") and not stage.shell.page.model.is_selecting


async def test_a_card_is_edited_by_touches(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["06-sim-identity"](stage)
    await stage.settle()

    await hand.press("Edit")
    await hand.press("See what changes")
    assert hand.sees("You haven’t changed anything yet.")
    await hand.press("roaming")
    await hand.press("See what changes")
    assert hand.sees("1 SIM card changes") and hand.sees("was: VIP, roaming") and stage.server.sims[0]["tags"] == ["VIP", "roaming"]
    await hand.press("Save")

    assert stage.server.sims[0]["tags"] == ["VIP"]
    assert hand.sees("1 SIM card changed") and stage.shell.page.model.sim["tags"] == ["VIP"]


async def test_a_refused_edit_leads_back_to_what_was_typed(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["11-edit"](stage)
    await stage.settle()
    await hand.press("roaming")
    stage.server.denied.add("SimUpdate")

    await hand.press("See what changes")
    assert not hand.sees("1 SIM card changes")
    await hand.press("Change")
    stage.server.denied.clear()
    await hand.press("See what changes")

    assert hand.sees("1 SIM card changes") and hand.sees("was: VIP, roaming")


async def test_jobs_are_found_again_behind_more(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["11-job"](stage)
    stage.shell.back()
    stage.shell.switch("more")
    await stage.settle()

    await hand.press("Background jobs")
    await hand.press("SIM status change")

    assert hand.sees("of 240 SIM cards") and hand.sees("Stop the job")


async def test_the_list_grows_as_it_is_scrolled_and_stays_where_it_was(build: Build) -> None:
    stage = await build(language="en")
    await SCENES["05-sim-list"](stage)
    page = stage.shell.page
    assert len(page.model.nodes) == 50
    before = _cards(page)

    page.rows.scroll_y = 0.02
    scrolled = page.rows.scrolled
    await stage.settle()

    assert len(page.model.nodes) == 64 and page.rows.scrolled == pytest.approx(scrolled)
    assert _cards(page).keys().isdisjoint(before)


async def test_every_row_shows_its_card_wherever_the_list_is_flung_to(build: Build) -> None:
    for language in ("en", "fa"):
        stage = await build(language=language)
        stage.server.sims = [stage.server._seed(index) for index in range(400)]
        await SCENES["05-sim-list"](stage)
        page = stage.shell.page
        for share in (0.9, 0.2, 0.15, 0.0, 0.6, 1.0, 0.0, 0.0):
            page.rows.scroll_y = share
            await stage.settle()
            tall, hidden = page.rows._row_height, page.rows.scrolled
            for index, (bottom, number) in _cards(page).items():
                assert number == page.model.row(index).number
                assert bottom == pytest.approx(page.rows.full_height - (index + 1) * tall)
            seen = range(int(hidden / tall), min(len(page.model.nodes), int((hidden + page.rows.height) / tall)))
            assert set(seen) <= _cards(page).keys() and len(_cards(page)) < 25
        assert len(page.model.nodes) >= 200


def _cards(page: SimListPage) -> dict[int, tuple[float, str]]:
    """Which rows have a view: where it stands, and the number it shows."""
    assert all(isinstance(view, SimRowView) for view in page.rows._ground.children)
    return {index: (view.y, view.text) for index, view in page.rows._shown.items()}


async def test_codes_close_by_themselves(build: Build) -> None:
    stage = await build(language="en")
    await SCENES["09-puk-curtain"](stage)
    assert isinstance(stage.shell.page, Curtain)

    stage.hours_later = 61 / 3600
    await asyncio.sleep(0.6)

    assert isinstance(stage.shell.page, SimDetailPage)
    assert not Hand(stage).sees("04718263")


async def test_the_language_changes_while_the_app_runs(build: Build, theatre: Theatre) -> None:
    """Through the app's own watcher: words, direction and the server's words change; the place stays."""
    stage = await build(language="en")
    await SCENES["06-sim-detail"](stage)
    hand = Hand(stage)
    assert hand.sees("Amount payable") and hand.sees("Maryam Rastgar")

    await theatre.change(stage, language="fa")

    assert isinstance(stage.shell.page, SimDetailPage)
    assert hand.sees("مبلغ قابل پرداخت") and hand.sees("مریم رستگار") and not hand.sees("Amount payable")
    assert look.is_rtl
    await theatre.change(stage, language="ru", theme="dark")
    assert hand.sees("К оплате") and hand.sees("Марьям Растгар") and not look.is_rtl


async def test_an_ended_session_leads_back_to_the_same_page(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["06-sim-detail"](stage)
    stage.server.is_ended = True
    stage.shell.page.reload()
    await stage.settle()
    assert hand.sees("Your session has ended")

    await hand.press("Sign in again")
    await hand.press("Send one-time code")
    stage.shell.page._boxes.entry.insert_text(CODE)
    await stage.settle()
    await stage.settle()

    assert isinstance(stage.shell.page, SimDetailPage) and hand.sees("1,240,000")


async def test_back_goes_sheet_page_root_home_and_leaves_at_the_second_press(build: Build) -> None:
    stage = await build(language="en")
    shell, hand = stage.shell, Hand(stage)
    await SCENES["08-puk-reason"](stage)
    left = []
    shell._leave = lambda: left.append(True)

    assert shell.back() and isinstance(shell.page, SimDetailPage) and not shell._sheets
    assert shell.back() and not isinstance(shell.page, SimDetailPage)
    shell.switch("money")
    assert shell.back() and shell._stacks.root == "home"
    assert shell.back() and not left and hand.sees("Press back again to leave")
    assert not shell.back() and left


async def test_nothing_is_written_while_offline(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["06-sim-detail"](stage)
    stage.server.is_offline = True
    stage.shell.page.reload()
    await stage.settle()
    assert hand.sees("You are offline")

    await hand.press("Buy bundle")

    assert isinstance(stage.shell.page, SimDetailPage) and hand.sees("Nothing can be changed while offline.")


async def test_a_lost_network_is_a_band_that_goes_by_itself(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mobile.state.network.FIRST_PAUSE_SECONDS", 0.05)
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["06-sim-detail"](stage)
    stage.server.is_offline = True
    stage.hours_later = 10 / 60
    stage.shell.page.reload()
    await stage.settle()
    assert hand.sees("You are offline") and hand.sees("Data as of 10 min ago") and hand.sees("Maryam Rastgar")

    stage.server.is_offline = False
    for _ in range(40):
        await stage.settle()
        if not hand.sees("You are offline"):
            break

    assert hand.sees("Maryam Rastgar") and not hand.sees("You are offline") and not stage.shell.page.model.is_cached


async def test_a_plan_asked_for_without_network_waits_in_its_sheet(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["11-block"](stage)
    stage.server.is_offline = True

    await hand.press("See what changes")
    assert hand.sees("This stays as a draft")
    stage.server.is_offline = False
    await stage.shell.services.gateway.reach()
    await stage.settle()
    await stage.settle()

    assert hand.sees("The connection was lost, so this was asked anew.") and stage.server.sims[0]["status"] == "ACTIVE"
    await hand.press("Block")
    assert stage.server.sims[0]["status"] == "BLOCKED"


LONGEST = ("fa", "ru")
"""The language from right to left and the one with the longest words; SIMURGH_EVERY_LANGUAGE has all four looked at, in seven minutes."""


@pytest.mark.parametrize("language", LANGUAGES if "SIMURGH_EVERY_LANGUAGE" in os.environ else LONGEST)
async def test_every_page_fits_at_the_largest_text(build: Build, language: str) -> None:
    """No words of ours are cut at text scale 1.3, and every target is 48 dp."""
    faults: list[str] = []
    for name in SCENES.keys() - VARIANTS:
        scene = SCENES[name]
        stage = await build(language=language, scale=1.3)
        await scene(stage)
        await stage.settle()
        for root in Window.children:
            for widget in root.walk(restrict=True):
                faults += [f"{name}: {fault}" for fault in _faults(widget)]

    assert faults == []


def _faults(widget: Any) -> list[str]:
    if isinstance(widget, Pressable) and min(widget.touch_size) < dp(48):
        return [f"{widget.text!r} is hit at {widget.touch_size}"]
    if not isinstance(widget, Text | Word) or not widget.text or isinstance(widget, Icon):
        return []
    faults = []
    if _is_cut(widget) and not getattr(widget, "may_be_cut", False):
        faults.append(f"{widget.text!r} is cut at {widget.width:.0f}")
    return faults


def _is_cut(widget: Any) -> bool:
    if not widget.shorten:
        return bool(widget.text_size[0] and widget.texture_size[0] > widget.text_size[0] + 1)
    whole, _ = widget._label.get_extents(widget.text)
    return bool(widget.text_size[0] and whole > widget.text_size[0] + 1)


@pytest.mark.parametrize(
    ("line", "drawn"),
    [
        ("۰۹۳۵ ۰۰۰ ۰۴۱۲", "۰۹۳۵ ۰۰۰ ۰۴۱۲"),
        ("۱٬۲۳۴٫۵", "۱٬۲۳۴٫۵"),
        ("۱۰\u200f٪", "٪۱۰"),
        ("+98 935", "+98 935"),
    ],
)
async def test_digits_keep_their_order_in_persian(build: Build, line: str, drawn: str) -> None:
    await build(language="fa")

    assert visual(line) == drawn


async def test_a_phone_number_keeps_its_order_inside_a_sentence(build: Build) -> None:
    await build(language="fa")

    drawn = visual(text("fa", "receipt.waiting", number=look.say.phone("+989350000412")))

    assert "۰۹۳۵ ۰۰۰ ۰۴۱۲" in drawn and drawn.index("۰۹۳۵") > drawn.index("ﺩﺩﺮﮔ")


async def test_direction_comes_from_the_language_not_from_the_first_letter(build: Build) -> None:
    await build(language="fa")

    assert visual("APN شرکت").endswith("APN")


async def test_a_meter_fills_from_the_reading_side(build: Build) -> None:
    sides = {}
    for language in ("en", "fa"):
        await build(language=language)
        meter = Meter([(0.5, "meter")], width=100, size_hint_x=None)
        sides[language] = meter._parts[0][1].pos[0]

    assert sides == {"en": 0, "fa": 50}


async def test_no_part_of_a_meter_is_beyond_its_end(build: Build) -> None:
    await build(language="en")
    for shares in ((239 / 240, 1 / 240), (0.999, 0.0005, 0.0005), (1.0, 0.0), (0.3, 0.7)):
        meter = Meter([(share, "meter") for share in shares], width=100, size_hint_x=None)

        placed = [(shape.pos[0], shape.size[0]) for share, shape, _ in meter._parts if share > 0]
        assert all(width >= 2 for _, width in placed) and placed[-1][0] + placed[-1][1] <= 100
        assert all(start >= before + width + 1 for (before, width), (start, _) in itertools.pairwise(placed))


async def test_there_is_one_bold_figure_a_page(build: Build) -> None:
    stage = await build(language="en")
    await SCENES["03-home"](stage)

    large = [widget for widget in stage.shell.walk(restrict=True) if isinstance(widget, Word | Text) and widget.font_size >= dp(28)]

    assert [widget.text for widget in large] == ["615,300,000"]
    assert Clock.max_iteration > 10


async def test_another_person_finds_nothing_of_the_one_before(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["06-sim-detail"](stage)
    stage.server.is_ended = True
    stage.shell.page.reload()
    await stage.settle()

    await hand.press("Sign in again")
    stage.shell.page.model.identity = "other@nikazin.example"
    await hand.press("Send one-time code")
    stage.shell.page._boxes.entry.insert_text(CODE)
    await stage.settle()
    await stage.settle()

    assert hand.sees("Nikazin Group") and not hand.sees("Maryam Rastgar") and len(stage.shell._stacks.entries["home"]) == 1


async def test_a_password_is_set_and_signs_in_by_touches(build: Build) -> None:
    stage = await build(language="en")
    hand, shell = Hand(stage), stage.shell
    shell.page.model.identity = "0935 000 1000"

    await hand.press("I have no password yet — set one")
    await hand.press("Send one-time code")
    shell.page._boxes.entry.insert_text(CODE)
    shell.page._field.entry.insert_text("marble oyster quiet 77 lamp")
    await stage.settle()
    assert shell.page._field.entry.password
    await hand.press("Show password")
    assert not shell.page._field.entry.password
    await hand.press("Set password")
    assert hand.sees("Your password is set. Sign in with it.") and hand.sees("How to sign in")

    await hand.press("Password")
    shell.page._password.entry.insert_text("not the one")
    await hand.press("Sign in")
    assert hand.sees("This number and this password don’t go together.")
    shell.page._password.entry.text = "marble oyster quiet 77 lamp"
    await hand.press("Sign in")
    await stage.settle()
    assert shell.services.session.phase is SessionPhase.SIGNED_IN and hand.sees("Nikazin Group")


async def test_the_people_of_the_company_are_behind_more(build: Build) -> None:
    stage = await build(language="en")
    stage.server.members_a_page = 3
    hand = Hand(stage)
    await SCENES["21-more"](stage)

    await hand.press("People")
    assert hand.sees("4 roles") and hand.sees("Kaveh Bahrami") and hand.sees("You") and not hand.sees("Pouya Nikmanesh")
    await hand.press("Show more")
    assert hand.sees("Pouya Nikmanesh") and hand.sees("Account manager · Nikazin Sales")


async def test_the_link_of_an_sms_leads_to_its_question(build: Build) -> None:
    stage = await build(language="en")
    hand, shell = Hand(stage), stage.shell

    shell.open_link("simurgh://elsewhere/1")
    assert hand.sees("How to sign in")
    shell.open_link("simurgh://password/Y2iwPMaw21hEwKULGDcwIsJA")
    await stage.settle()
    assert hand.sees("Code we sent you") and not hand.sees("Code expires in")
    shell.page._boxes.entry.insert_text(CODE)
    shell.page._field.entry.insert_text("marble oyster quiet 77 lamp")
    await stage.settle()
    await hand.press("Set password")
    assert stage.server.password == "marble oyster quiet 77 lamp" and stage.server.asked.count("PasswordSet") == 1


async def test_a_request_about_a_card_is_written_from_its_page_answered_and_closed(build: Build) -> None:
    stage = await build(language="en")
    hand, shell = Hand(stage), stage.shell
    await SCENES["06-sim-detail"](stage)

    await hand.press("Help")
    assert hand.sees("Where do I get the PUK code?") and hand.sees("Reach us")
    await hand.press("New request")
    assert hand.sees("About") and hand.sees("0412")
    shell.page.model.title, shell.page.model.text = "Late", "Three hours late"
    await hand.press("Send")
    assert stage.server.tickets[0]["about"] == "sim-0" and stage.server.tickets[0]["title"] == "Late"

    shell.switch("inbox")
    await stage.settle()
    await hand.press("My requests")
    await hand.press("Late")
    assert hand.sees("Three hours late") and hand.sees("0412") and hand.sees("You")
    await hand.press("Answer")
    shell.page._text.entry.text = "Still late"
    await hand.press("Send")
    assert hand.sees("Still late")
    await hand.press("Close request")

    assert stage.server.tickets[0]["state"] == "CLOSED" and not hand.sees("Close request")


async def test_one_rial_is_followed_from_a_bill_to_a_usage_record(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["14-bills"](stage)
    assert hand.sees("Mehr 1405") and hand.sees("Overdue") and hand.sees("Disputed") and hand.sees("Aban running statement")

    await hand.press("Mehr 1405")
    assert hand.sees("Amount payable") and hand.sees("199,626,284") and hand.sees("A112160510E00000000E76")
    await hand.press("SMS")
    assert hand.sees("22 lines")
    await hand.touch(hand.find(lambda widget: type(widget).__name__ == "ItemView" and widget.text == "SMS"))
    assert hand.sees("Usage records") and hand.sees("The records add up to the line, to the rial")


async def test_two_bills_are_compared_down_to_a_line(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["14-bills"](stage)

    await hand.press("Compare two")
    assert hand.sees("Shahrivar 1405") and hand.sees("+33,634,084") and hand.sees("+20.3%")
    await hand.press("New SIM cards")
    assert hand.sees("Largest parts first")
    first = stage.shell.page.model.details[0]
    await hand.press(look.say.phone(first["sim"]["msisdn"]))
    assert hand.sees("Bill line") and hand.sees(look.say.phone(first["sim"]["msisdn"]))


async def test_a_top_up_opens_the_pay_page_and_ends_at_its_movement(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda url: bool(opened.append(url)) or True)
    monkeypatch.setattr("mobile.state.payments.FIRST_PAUSE_SECONDS", 0.05)
    stage = await build(language="en")
    stage.server.looks_until_paid = 1
    hand = Hand(stage)
    await SCENES["13-money"](stage)

    await hand.press("Top up")
    await hand.press("See what changes")
    assert hand.sees("Write a whole number of rials.")
    hand.find(lambda widget: type(widget).__name__ == "Entry" and widget.parent).text = "250,000,000"
    await hand.press("See what changes")
    assert hand.sees("865,300,000") and opened == [] and stage.server.wallet == 615_300_000
    await hand.press("Go on to pay")
    await stage.settle()
    assert opened == ["https://care.example/payments/PAY-5109"] and hand.sees("Money received")

    await hand.press("See the movement")
    assert hand.sees("+250,000,000") and hand.sees("Payment PAY-5109") and hand.sees("865,300,000")
    stage.shell.open_link("simurgh://payment/payment-PAY-5109")
    await stage.settle()
    assert hand.sees("Money received")


async def test_an_approval_takes_two_touches(build: Build) -> None:
    stage = await build(language="en")
    hand = Hand(stage)
    await SCENES["19-approvals"](stage)
    assert hand.sees("Purchase SMG-4471") and hand.sees("91%")

    await hand.press("Approve")
    assert hand.sees("Approved, this is done at once") and len(stage.server.approvals) == 2
    await hand.touch(next(widget for widget in Window.children[0].walk(restrict=True) if getattr(widget, "text", "") == "Approve"))
    await stage.settle()

    assert [one["id"] for one in stage.server.approvals] == ["approval-2"]
