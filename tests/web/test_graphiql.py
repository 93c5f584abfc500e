"""The explorer's page: what it may load, what it says when it is not built, and that its words and runbooks are complete."""

import json
import re
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, OperationType, parse
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api.graphiql import routes
from tests.web.explorer import WEB, built

TEXTS = sorted((WEB / "src" / "texts").glob("*.json"))
RUNBOOKS = sorted((WEB / "runbooks").glob("*.graphql"))


@pytest.fixture(scope="module")
def bundle() -> Path:
    """The explorer as served."""
    return built()


def client(bundle: Path, endpoint: str = "/graphql") -> TestClient:
    return TestClient(Starlette(routes=routes(bundle, endpoint)))


def policy(value: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (directive.split() for directive in value.split(";"))}


def test_page_has_no_inline_script_and_a_strict_policy(bundle: Path) -> None:
    answer = client(bundle).get("/graphiql")

    assert answer.status_code == 200
    rules = policy(answer.headers["content-security-policy"])
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == rules["worker-src"] == rules["connect-src"] == ["'self'"]
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == ["'none'"]
    assert not [word for words in rules.values() for word in words if "http" in word or "*" in word or "eval" in word]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", answer.text, re.DOTALL)
    assert all("src=" in attributes or 'type="application/json"' in attributes for attributes, _ in scripts)
    assert "style=" not in answer.text and " on" not in "".join(re.findall(r"<[^>]+>", answer.text))


def test_everything_the_page_names_is_served_from_here_and_kept(bundle: Path) -> None:
    door = client(bundle)

    named = re.findall(r'(?:src|href)="([^"]+)"', door.get("/graphiql").text)

    assert len(named) == 3
    for address in named:
        assert address.startswith("/graphiql/static/")
        answer = door.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_the_bundle_is_compressed_for_whoever_takes_it_so(bundle: Path) -> None:
    door = client(bundle)
    script = next(address for address in re.findall(r'src="([^"]+)"', door.get("/graphiql").text))

    plain = door.get(script, headers={"accept-encoding": "identity"})
    zipped = door.get(script, headers={"accept-encoding": "gzip"})

    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content
    assert zipped.num_bytes_downloaded < len(plain.content) / 2


def test_config_cannot_close_its_script_element(bundle: Path) -> None:
    hostile = "/graphql</script><script>alert(1)</script>"

    page = client(bundle, hostile).get("/graphiql").text

    assert page.count("</script>") == 2
    config = re.search(r'id="config">(.*?)</script>', page)
    assert config and json.loads(config[1]) == {"endpoint": hostile}


def test_unbuilt_explorer_says_how_to_build_it(tmp_path: Path) -> None:
    door = client(tmp_path / "missing")

    answer = door.get("/graphiql")

    assert answer.status_code == 503
    assert "npm run build" in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert door.get("/graphiql/static/explorer.js").status_code == 404


def test_static_files_stay_in_the_bundle(bundle: Path) -> None:
    assert client(bundle).get("/graphiql/static/..%2f..%2fpyproject.toml").status_code == 404


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_every_language_says_everything(path: Path) -> None:
    english = json.loads((WEB / "src" / "texts" / "en.json").read_text())
    texts = json.loads(path.read_text())

    assert list(texts) == list(english)
    for key, words in texts.items():
        assert words.strip()
        assert set(re.findall(r"\{(\w+)\}", words)) == set(re.findall(r"\{(\w+)\}", english[key]))


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_runbook_is_one_query_with_its_title_in_four_languages(path: Path) -> None:
    lines = path.read_text().splitlines()

    assert re.match(r"# \S", lines[0])
    assert [line[:5] for line in lines[1:4]] == ["# fa:", "# ru:", "# bg:"]
    [operation] = parse(path.read_text()).definitions
    assert isinstance(operation, OperationDefinitionNode) and operation.operation is OperationType.QUERY


def test_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (WEB / "package-lock.json").read_text()
