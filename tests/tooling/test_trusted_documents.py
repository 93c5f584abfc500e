"""The committed list of our own documents is what the clients send, and a difference is noticed."""

import json
import shutil
from pathlib import Path

import pytest

import x
from mobile.gateway.documents import document
from schema.kernel.trusted import own_documents


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with nothing in it but the clients' documents and their list."""
    shutil.copy(x.ROOT / "pyproject.toml", tmp_path)
    for folder in (*x.CLIENTS, "schema/trusted_documents"):
        shutil.copytree(x.ROOT / folder, tmp_path / folder)
    return tmp_path


def test_the_list_of_this_repository_is_current() -> None:
    assert x.trusted_faults() == []


def test_the_list_holds_each_file_of_each_client() -> None:
    _, text = x.trusted_documents()

    files = [file for folder in x.CLIENTS for file in (x.ROOT / folder).glob("*.graphql")]

    assert sorted(json.loads(text).values()) == sorted(file.read_text(encoding="utf-8") for file in files)


def test_the_app_asks_by_ids_that_the_server_lists() -> None:
    for operation in ("Home", "Fleet", "FleetCount", "Catalogue", "SessionRefresh"):
        sent = document(operation)

        assert own_documents()[sent.id.removeprefix("sha256:")] == sent.text


def test_a_changed_document_is_a_fault_until_the_list_is_written_again(clone: Path) -> None:
    changed = clone / "mobile/documents/03_home.graphql"
    changed.write_text(changed.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")

    assert x.trusted_faults(clone) == ["schema/trusted_documents/0.1.0.json doesn't list what the clients send: run python3 x.py fix"]
    file, text = x.trusted_documents(clone)
    file.write_text(text, encoding="utf-8")
    assert x.trusted_faults(clone) == []


def test_a_new_release_has_a_list_of_its_own_and_the_old_one_stays(clone: Path) -> None:
    project = clone / "pyproject.toml"
    project.write_text(project.read_text().replace('version = "0.1.0"', 'version = "0.2.0"', 1))

    file, _ = x.trusted_documents(clone)

    assert file.name == "0.2.0.json"
    assert x.trusted_faults(clone) != []
    assert (clone / "schema/trusted_documents/0.1.0.json").exists()
