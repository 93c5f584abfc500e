"""What the start made is never looked through again; each case in a process of its own, as the collector is the whole process's."""

import json
import subprocess
import sys
from pathlib import Path

from tests.tooling.process_tree import clean_environment, free_port


def told(program: str) -> list[object]:
    """What a program prints as JSON."""
    done = subprocess.run([sys.executable, "-P", "-c", program], env=clean_environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1]))


def test_what_is_made_in_the_block_is_kept_and_collecting_goes_on_whatever_happened() -> None:
    enabled_inside, enabled, frozen = told(
        """
import gc, json
from api import collecting
try:
    with collecting.keeping():
        inside = gc.isenabled()
        kept = [[] for _ in range(1000)]
        raise ValueError
except ValueError:
    print(json.dumps([inside, gc.isenabled(), gc.get_freeze_count()]))
"""
    )

    assert (enabled_inside, enabled) == (False, True)
    assert frozen > 1000


def test_garbage_of_the_start_goes_and_the_rest_stays() -> None:
    is_gone, enabled, frozen, threshold = told(
        """
import gc, json, weakref
from api import collecting
class Ring:
    pass
ring = Ring(); ring.self = ring
gone = weakref.ref(ring); del ring
kept = [[] for _ in range(1000)]
collecting.settle()
print(json.dumps([gone() is None, gc.isenabled(), gc.get_freeze_count(), gc.get_threshold()]))
"""
    )

    assert is_gone
    assert enabled
    assert frozen > 1000
    assert threshold[0] > 700  # Python's own


def test_a_serving_process_has_settled_when_it_answers(tmp_path: Path) -> None:
    enabled, frozen, threshold = told(
        f"""
import asyncio, gc, json, pathlib, threading, urllib.request
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from api.listening import listening
from api.serving import serve_http
from api.settings import read_settings
from api.stopping import stoppable

async def state(_):
    return JSONResponse([gc.isenabled(), gc.get_freeze_count(), gc.get_threshold()])

async def main():
    settings = read_settings({{}}, port={free_port()}, data_dir=pathlib.Path({str(tmp_path)!r}))
    with listening(settings.host, settings.port) as door:
        async with stoppable() as stop:
            serving = asyncio.create_task(serve_http(Starlette(routes=[Route("/", state)]), settings, door, stop))
            answer = await asyncio.to_thread(asked, settings.public_url)
            stop()
            await serving
    print(answer)

def asked(url):
    while True:
        try:
            return urllib.request.urlopen(url, timeout=5).read().decode()
        except OSError:
            pass

asyncio.run(main())
"""
    )

    assert enabled
    assert frozen > 10_000
    assert threshold[0] > 700
