"""The explorer's bundle and node, found and built as `x.py` does it; a server of its own on a free port."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

import x
from tests.web.stub import stub_app


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The bundle of the present sources; rebuilt only when one of them changed."""
    with x.alone():
        x.build(x.WEB)
    return x.BUILD / x.WEB.name


@pytest.fixture(scope="session")
def node() -> str:
    """The node program that runs the browser scripts."""
    _, environment = x.npm()
    found = shutil.which("node", path=environment["PATH"])
    assert found
    return found


@pytest.fixture
def stub_server(bundle: Path) -> Iterator[str]:
    """Base address of a stub server with the explorer in front."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(stub_app(bundle), log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
