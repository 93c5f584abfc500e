"""Signing in, by code, password and authenticator, and choosing a password."""

from mobile.demo import CODE, PASSWORD
from mobile.scenes.stage import Scene, Stage
from mobile.widgets.look import look


async def sign_in(stage: Stage) -> None:
    stage.shell.page.model.identity = "۰۹۳۵ ۰۰۰ ۱۰۰۰" if look.is_rtl else "+98 935 000 1000"
    stage.shell.page.clear_widgets()
    stage.shell.page.draw()
    stage.shell.page._field.entry.focus = True


async def sign_in_password(stage: Stage) -> None:
    await sign_in(stage)
    stage.shell.page._by("PASSWORD")
    await stage.settle()
    stage.shell.page._password.entry.text = "not the one"
    await stage.shell.page._sent()


async def set_password(stage: Stage) -> None:
    await sign_in(stage)
    stage.shell.page._set()


async def set_password_code(stage: Stage) -> None:
    await set_password(stage)
    await stage.settle()
    await stage.shell.page.model.send()
    await stage.settle()
    stage.shell.page._boxes.entry.text = CODE
    stage.shell.page._field.entry.text = "password1405"
    await stage.shell.page._done()
    stage.shell.page._field.entry.text = PASSWORD


async def otp(stage: Stage) -> None:
    await sign_in(stage)
    await stage.shell.page._sent()
    await stage.settle()
    stage.shell.page._boxes.entry.text = CODE[:4]


async def authenticator(stage: Stage) -> None:
    stage.server.is_totp_needed = True
    await otp(stage)
    await stage.shell.page._confirmed(CODE)


async def sign_in_outage(stage: Stage) -> None:
    stage.server.has_outage = True
    await stage.shell.page.model.look_for_outages()


SCENES: dict[str, Scene] = {
    "01-sign-in": sign_in,
    "01-sign-in-password": sign_in_password,
    "01-set-password": set_password,
    "01-set-password-code": set_password_code,
    "02-otp": otp,
    "02-otp-authenticator": authenticator,
    "01-sign-in-outage": sign_in_outage,
}
