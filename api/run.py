"""The process tree of `simurgh run`: the document server as a child, the API and the worker in this process."""

import shutil
import sys
from pathlib import Path

from api import logs
from api.app import build
from api.listening import listening
from api.seeding import seed_first_run
from api.serving import serve_http
from api.settings import LogFormat, Settings
from api.stopping import stoppable
from api.watching import watching
from api.welcome import welcome
from api.worker import working
from api.workshop import open_workshop
from store import migrate


async def run(settings: Settings) -> None:
    """Runs the whole system until SIGTERM or SIGINT; another signal a second later doesn't wait for open requests."""
    logs.configure(is_json=settings.log_format is LogFormat.JSON)
    with listening(settings.host, settings.port) as door:
        async with stoppable() as stop:
            await migrate.upgrade(settings.database_url)
            async with open_workshop(settings, owns_documents=True) as workshop:
                has_demo = await seed_first_run(workshop)
                async with working(workshop), watching(workshop, stop):
                    await serve_http(build(workshop), settings, door, stop, greeting=welcome(settings, has_demo=has_demo))


def forget(data_dir: Path) -> None:
    """Deletes the state of an earlier run, and refuses a folder that holds something else."""
    if not data_dir.exists():
        return
    if any(data_dir.iterdir()) and not (data_dir / "secret_key").exists():
        sys.exit(f"{data_dir} does not look like a data folder of Simurgh; --fresh deletes only those.")
    shutil.rmtree(data_dir)
