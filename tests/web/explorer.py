"""The explorer's bundle, and the node that drives it: found and built as `x.py` does it."""

import shutil
from pathlib import Path

import x

WEB = x.ROOT / "web"


def built() -> Path:
    """The bundle of the present sources; rebuilt only when one of them changed."""
    with x.alone():
        x.build(x.WEB)
    return x.BUILD / x.WEB.name


def node() -> str:
    """The node program that runs the browser scripts; the bundle and its packages are there."""
    built()
    _, environment = x.npm()
    found = shutil.which("node", path=environment["PATH"])
    assert found
    return found
