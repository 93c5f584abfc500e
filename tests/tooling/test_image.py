"""The Dockerfile and compose.yaml, as far as they can be checked without an engine that builds them."""

import json
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main
import yaml

import x
from api.cli import app
from api.settings import PREFIX, BadSettings, Settings, read_settings

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = ("api-1", "api-2", "worker", "migrate")
INSTRUCTIONS = {
    "FROM", "RUN", "CMD", "LABEL", "EXPOSE", "ENV", "ADD", "COPY", "ENTRYPOINT", "VOLUME", "USER", "WORKDIR", "ARG", "STOPSIGNAL",
    "HEALTHCHECK", "SHELL", "ONBUILD",
}  # fmt: skip


class Step(NamedTuple):
    """One instruction of the Dockerfile with everything behind it on its lines."""

    instruction: str
    rest: str


def stages() -> list[list[Step]]:
    """The steps of each stage."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    steps = [Step(*line.split(None, 1)) for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line.strip()]
    starts = [number for number, step in enumerate(steps) if step.instruction == "FROM"]
    return [steps[start:end] for start, end in zip(starts, [*starts[1:], len(steps)], strict=True)]


def values(instruction: str) -> list[str]:
    """What the last stage says by one instruction."""
    return [step.rest for step in stages()[-1] if step.instruction == instruction]


def copied_from_clone() -> list[str]:
    """Every path that some stage takes from the clone."""
    copies = [step.rest for stage in stages() for step in stage if step.instruction == "COPY" and "--from" not in step.rest]
    return [source for copy in copies for source in copy.split()[:-1]]


def test_every_line_is_an_instruction() -> None:
    assert {step.instruction for stage in stages() for step in stage} <= INSTRUCTIONS
    assert len(stages()) == 4


def test_every_copied_path_exists_and_is_let_in_by_dockerignore() -> None:
    let_in = [line[1:].removesuffix("/**") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]

    assert copied_from_clone()
    for source in copied_from_clone():
        assert (ROOT / source).exists(), source
        assert any(source.rstrip("/") == entry or source.startswith(f"{entry}/") for entry in let_in), source


def test_every_stage_that_is_copied_from_exists() -> None:
    names = {step.rest.split(" AS ")[1] for stage in stages() for step in stage[:1] if " AS " in step.rest}
    used = {match for copy in values("COPY") for match in re.findall(r"--from=(\w+)", copy)}

    assert used == names == {"explorer", "packages", "fonts"}


def test_the_image_holds_every_package_of_the_server() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert {f"{package}/" for package in packages if package != "mobile"} <= {copy.split()[0] for copy in values("COPY")}


def test_the_explorer_is_built_by_the_script_that_x_py_uses() -> None:
    commands = [step.rest for step in stages()[0] if step.instruction == "RUN"]
    scripts = json.loads((ROOT / "web/package.json").read_text())["scripts"]

    assert "npm run build -- /source/graphiql" in commands
    assert "build" in scripts


def test_the_packages_come_from_hashed_locks() -> None:
    installs = [step.rest for stage in stages() for step in stage if "pip install" in step.rest]

    assert len(installs) == 2
    assert all("--require-hashes" in install for install in installs)
    assert "/source/run.txt" in installs[0]


def test_the_fonts_are_built_by_the_module_that_x_py_uses() -> None:
    assert ("python", "-m", "mobile.build_fonts") in x.FONTS.commands
    assert any("-m mobile.build_fonts" in step.rest for step in stages()[2])


def test_nobody_runs_as_root_and_someone_asks_for_health() -> None:
    last = stages()[-1]

    assert int(values("USER")[-1]) >= 10000
    assert not [step for step in last[last.index(Step("USER", values("USER")[-1])) :] if step.instruction == "RUN"]
    assert "/healthz" in values("HEALTHCHECK")[0]


def test_the_health_check_is_a_program_that_compiles() -> None:
    command = json.loads(values("HEALTHCHECK")[0].split("CMD", 1)[1])

    assert command[:2] == ["python", "-c"]
    compile(command[2], "HEALTHCHECK", "exec")


def test_the_image_alone_refuses_to_start_and_sets_only_settings_that_exist() -> None:
    environment = dict(re.findall(r"(\w+)=(\S+)", values("ENV")[0]))
    fields = {f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__}

    assert {name for name in environment if name.startswith(PREFIX)} <= fields
    with pytest.raises(BadSettings):
        read_settings(environment)


def test_compose_gives_production_everything_it_wants() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    own = {
        "POSTGRES_PASSWORD": "p", "SIMURGH_SECRET_KEY": "k" * 48, "SIMURGH_SMTP_URL": "smtps://mail", "SIMURGH_SMS_URL": "https://messages",
        "SIMURGH_CARRIER_URL": "https://carrier", "SIMURGH_PUBLIC_URL": "https://simurgh.example", "SIMURGH_TRUSTED_PROXIES": "10.0.0.0/8",
    }  # fmt: skip

    for name in PROCESSES:
        environment = services[name]["environment"]
        filled = {key: re.sub(r"\$\{(\w+):[?-]([^}]*)\}", lambda match: own.get(match[1], match[2]), value) for key, value in environment.items()}

        assert read_settings(filled).production
        assert set(environment) <= {f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__}
        assert all(f"${{{key}:?}}" in environment[key] for key in own if key.startswith(PREFIX) and key != "SIMURGH_TRUSTED_PROXIES")


def test_the_proxy_asks_every_api_process_whether_it_is_ready() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    caddyfile = (ROOT / "Caddyfile").read_text()

    assert set(re.findall(r"(\S+):8000", caddyfile)) == {name for name in services if services[name].get("command") == ["serve"]}
    assert "health_uri /readyz" in caddyfile
    assert [name for name in services if "ports" in services[name]] == ["proxy"]  # neither stores nor /metrics are open to the world


def test_compose_and_the_image_start_commands_that_exist() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    started = {services[name]["command"][0] for name in PROCESSES} | set(json.loads(values("CMD")[0]))

    assert started <= commands
