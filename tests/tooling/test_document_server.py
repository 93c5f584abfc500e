"""The embedded document server keeps what it was given, is shared by the processes of one data folder, and is never an orphan."""

from pathlib import Path

import msgspec
import pytest
from pymongo import AsyncMongoClient

from store.document_server import DocumentServerError, answers, document_server

Client = AsyncMongoClient[dict[str, object]]


async def test_documents_outlive_the_server(tmp_path: Path) -> None:
    async with document_server(tmp_path) as url, Client(url) as client:
        await client.get_default_database().birds.insert_one({"_id": 30})

    async with document_server(tmp_path) as url, Client(url) as client:
        assert await client.get_default_database().birds.find_one() == {"_id": 30}


async def test_a_running_server_is_joined_and_left_running(tmp_path: Path) -> None:
    async with document_server(tmp_path, join=False) as url:
        async with document_server(tmp_path) as joined:
            assert joined == url

        assert await answers(url)
        assert str(msgspec.json.decode((tmp_path / "documents.json").read_bytes())["port"]) in url


async def test_a_folder_in_use_is_refused_to_whoever_must_own_it(tmp_path: Path) -> None:
    async with document_server(tmp_path):
        with pytest.raises(DocumentServerError, match="in use by another process"):
            async with document_server(tmp_path, join=False):
                pass


async def test_nothing_answers_after_the_end(tmp_path: Path) -> None:
    async with document_server(tmp_path) as url:
        assert await answers(url)

    assert not await answers(url)
    assert not (tmp_path / "documents.json").exists()


async def test_a_note_left_by_a_dead_server_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "documents.json").write_text('{"port": 9, "pid": 999999999, "owner": 999999999}')

    async with document_server(tmp_path) as url:
        assert await answers(url)
        assert ":9/" not in url


async def test_documents_in_memory_are_forgotten() -> None:
    async with document_server(None) as url, Client(url) as client:
        await client.get_default_database().birds.insert_one({"_id": 30})

    async with document_server(None) as url, Client(url) as client:
        assert await client.get_default_database().birds.find_one() is None


async def test_a_missing_program_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.document_server.sysconfig.get_path", lambda _: str(tmp_path))

    with pytest.raises(DocumentServerError, match="SIMURGH_MONGODB_URL"):
        async with document_server(tmp_path):
            pass
