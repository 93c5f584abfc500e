"""The lists of our own documents: each under its hash, each still served; an id is what GraphQL over HTTP says it is."""

import hashlib
import json

import pytest

from schema.kernel.documents import Documents
from schema.kernel.trusted import LISTS, digest_in, own_documents
from schema.root import schema

DIGEST = "0123456789abcdef" * 4


def test_every_text_stands_under_its_hash() -> None:
    assert own_documents()
    assert {digest: hashlib.sha256(text.encode()).hexdigest() for digest, text in own_documents().items()} == {each: each for each in own_documents()}


@pytest.mark.parametrize("release", sorted(LISTS.glob("*.json")), ids=lambda path: path.stem)
def test_the_documents_of_every_release_are_still_served(release) -> None:
    """A list whose documents no longer fit the schema has to go, and the apps of that release with it."""
    documents = Documents(schema)

    faults = {text.split("{")[0]: documents.prepared(text).errors for text in json.loads(release.read_text()).values()}

    assert {name: errors for name, errors in faults.items() if errors} == {}


def test_an_id_names_its_hash() -> None:
    assert digest_in(f"sha256:{DIGEST}") == DIGEST


@pytest.mark.parametrize(
    "id",
    ["", "sha256:", DIGEST, f"SHA256:{DIGEST}", f"sha256:{DIGEST.upper()}", f"sha256:{DIGEST[1:]}", f"sha256:{DIGEST}0", f"sha256:{DIGEST}\n",
     f" sha256:{DIGEST}", f"md5:{DIGEST}", f"sha256:{'٠' * 64}", "x" * 200_000, 5, 1.5, True, [], {}, None],
)  # fmt: skip
def test_anything_else_is_no_id(id: object) -> None:
    assert digest_in(id) is None
