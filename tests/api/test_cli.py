"""The console script lists its commands without loading them and loads no more than the one that is called."""

import json
import pkgutil
import subprocess
import sys

import pytest

from api import commands
from api.cli import COMMANDS, loaded
from tests.tooling.process_tree import clean_environment

OF_THE_APP = {"kivy", "mobile"}
OF_MIGRATIONS = {"alembic", "mako"}
OF_THE_DEMO = {"seeds.demo", "seeds.companies"}
OUTSIDE = {"typst", "httpx", "aiosmtplib", "gateways.press", "gateways.carrier_rest", "gateways.sms", "gateways.carrier_simulator"}
HEAVY = {"sqlalchemy", "strawberry", "pymongo", "starlette", "rich", *OF_THE_APP, *OF_MIGRATIONS, *OF_THE_DEMO, *OUTSIDE}


def modules_after(*statements: str) -> set[str]:
    """What a fresh Python has loaded after these."""
    code = "; ".join([*statements, "import json, sys; print(json.dumps(list(sys.modules)))"])
    found = subprocess.run([sys.executable, "-P", "-c", code], env=clean_environment(), capture_output=True, text=True, check=True)
    return set(json.loads(found.stdout))


def test_the_list_says_of_each_command_what_the_command_says_of_itself() -> None:
    for name, (_, words) in COMMANDS.items():
        assert loaded(name).help == words, name


def test_every_module_of_commands_is_in_the_table() -> None:
    modules = {module.name for module in pkgutil.iter_modules(commands.__path__)}

    assert modules == {place.split(":")[0] for place, _ in COMMANDS.values()} | {"options", "console"}


def test_the_list_of_commands_loads_none_of_them() -> None:
    assert not modules_after("import api.cli") & HEAVY


@pytest.mark.parametrize(
    ("command", "needs", "does_without"),
    [
        ("serve", {"strawberry", "uvicorn", "beanie"}, OUTSIDE | OF_MIGRATIONS | OF_THE_DEMO | OF_THE_APP | {"api.worker"}),
        ("worker", {"typst", "beanie"}, OF_MIGRATIONS | OF_THE_DEMO | OF_THE_APP | {"strawberry", "api.graphql"}),
        ("migrate", {"alembic"}, OUTSIDE | OF_THE_DEMO | OF_THE_APP | {"strawberry", "uvicorn", "pymongo"}),
        ("schema", {"strawberry"}, OUTSIDE | OF_MIGRATIONS | OF_THE_DEMO | OF_THE_APP | {"uvicorn"}),
        ("run", {"strawberry", "typst", "alembic", "seeds.demo"}, OF_THE_APP),
    ],
)
def test_a_command_loads_what_it_needs(command: str, needs: set[str], does_without: set[str]) -> None:
    found = modules_after("from api.cli import loaded", f"loaded({command!r})")

    assert needs <= found
    assert not does_without & found
