"""`simurgh manager`, `simurgh staff` and `simurgh keys`, as an operator runs them."""

import asyncio
import re
from pathlib import Path

import httpx
import jwt
import pyotp
import pytest
from sqlmodel import select
from starlette.applications import Starlette
from typer.testing import CliRunner

from api import keys
from api.cli import app
from auth.errors import SecondFactorRequired
from auth.wiring import Auth
from domain.kernel.clock import SystemClock
from domain.kernel.identifiers import Channel
from domain.kernel.sealing import Sealer
from domain.people.tables import Membership, Person
from tests.desk import Desk
from tests.world import LEGAL_IDS, MovableClock

SECRET = "a master key of the tests, long enough"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> None:
    """The settings of a development machine, on this test's database and master key."""
    monkeypatch.setenv("SIMURGH_DATABASE_URL", database_url)
    monkeypatch.setenv("SIMURGH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SIMURGH_SECRET_KEY", SECRET)


async def simurgh(*arguments: str) -> tuple[int, str]:
    """The command in a thread of its own: it brings its own event loop."""
    result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    return result.exit_code, result.output


NEDA = ("--name", "Neda Farahani", "--mobile", "0912 111 2233", "--organization", LEGAL_IDS[0])


async def roles(desk: Desk) -> list[tuple[str, bool]]:
    """Neda's roles, and whether they ended."""
    async with desk.auth.database.read() as session:
        held = select(Membership).join(Person).where(Person.mobile == "+989121112233").order_by(Membership.valid_from)  # type: ignore[arg-type]
        return [(row.role, row.valid_to is not None) for row in (await session.scalars(held)).all()]


async def test_a_manager_is_planned_appointed_and_dismissed(desk: Desk) -> None:
    code, output = await simurgh("manager", "appoint", *NEDA, "--plan")
    assert (code, await roles(desk)) == (0, [])
    assert "PROFILE_MANAGER" in output

    assert (await simurgh("manager", "appoint", *NEDA))[0] == 0
    assert (await simurgh("manager", "appoint", *NEDA, "--account", "A-2"))[0] == 0
    assert await roles(desk) == [("PROFILE_MANAGER", False), ("ACCOUNT_MANAGER", False)]

    assert (await simurgh("manager", "dismiss", "--mobile", "۰۹۱۲۱۱۱۲۲۳۳", "--organization", LEGAL_IDS[0]))[0] == 0
    assert await roles(desk) == [("PROFILE_MANAGER", True), ("ACCOUNT_MANAGER", False)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("--mobile", "12"), "This isn't a mobile number"),
        (("--organization", "14003456780"), "Nothing was found"),
        (("--account", "A-99"), "Nothing was found"),
        (("--name", " "), "A name has"),
        (("--name", " ", "--language", "bg"), "Името"),
    ],
)
async def test_what_cant_be_done_is_said_in_a_sentence(desk: Desk, change: tuple[str, ...], words: str) -> None:
    code, output = await simurgh("manager", "appoint", *NEDA, *change)

    assert code == 1
    assert words in output
    assert await roles(desk) == []


async def test_staff_get_an_authenticator_and_sign_in_with_it(desk: Desk) -> None:
    arguments = ("--name", "Ali", "--mobile", "09121112233", "--email", "ali@operator.example", "--role", "OPERATOR_ADMIN")
    code, output = await simurgh("staff", "appoint", *arguments)
    assert code == 0
    found = re.search(r"otpauth://\S+", output)
    assert found
    secret = pyotp.parse_uri(found[0]).secret
    async with desk.auth.database.read() as session:
        desk.at = (await session.scalars(select(Membership.valid_from).where(Membership.role == "OPERATOR_ADMIN"))).one()

    asked = await desk.ask("09121112233", Channel.EMAIL)
    with pytest.raises(SecondFactorRequired) as needed:
        await desk.prove(asked, await desk.code(asked))
    tokens = await desk.prove(needed.value.challenge, pyotp.TOTP(secret).at(desk.at), is_totp=True)
    assert await desk.who(tokens.access_token)


async def test_keys_are_rotated_and_published(desk: Desk) -> None:
    code, output = await simurgh("keys", "rotate")
    assert code == 0
    auth = Auth.on(desk.auth.database, Sealer(SECRET), issuer="https://simurgh.example")
    kid = output.split()[2]
    assert output == f"signing with {kid} in 120 seconds\n"
    assert (await auth.keys.current(SystemClock().now())).kid != kid

    class Published:
        clock = MovableClock(desk.at)

    Published.auth = auth  # type: ignore[attr-defined]
    door = Starlette(routes=keys.routes(Published))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://simurgh.example") as client:
        answer = await client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert jwt.PyJWKSet.from_dict(answer.json())[kid].algorithm_name == "EdDSA"
    assert "d" not in answer.json()["keys"][0]
