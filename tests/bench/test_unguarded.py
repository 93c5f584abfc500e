"""What the profile takes away from the product is what guards it: named as it is named now, and only in the process that asks for it."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from api.budget import Budget
from bench import profiling
from bench.ground import ROOT
from bench.measuring import Sample
from bench.servers import unguarded
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.kernel.context import Context


def test_every_guard_exists_and_is_in_place_here() -> None:
    for owner, name, instead in unguarded.GUARDS:
        assert getattr(owner, name) is not instead, name
    assert (Budget, "take") in {(owner, name) for owner, name, _ in unguarded.GUARDS}


def test_without_guards_everything_is_in_scope() -> None:
    code = """
from bench.servers import unguarded
unguarded.take_away()
from schema.kernel import limits
from schema.kernel.context import Context
from domain.kernel.permissions import Permission
scope = Context.scope(None, Permission.SIM_READ)
print(scope.shape, limits.cost(None, {}))
"""
    told = subprocess.run([sys.executable, "-P", "-c", code], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)

    assert told.stdout.split() == ["None", "1"]
    assert isinstance(unguarded._EVERYTHING[Permission.SIM_READ], Scope) and Context.scope is not unguarded._any_scope


def test_the_share_of_guards_is_taken_within_a_round() -> None:
    whole = [Sample(1, cpu_ms, 1, 1, 0) for cpu_ms in (10, 20, 40)]
    bare = [Sample(1, cpu_ms, 1, 1, 0) for cpu_ms in (9, 16, 36)]

    assert round(profiling.share({"product": whole, "product-unguarded": bare}), 3) == 0.1


def test_samples_count_once_a_function_however_often_it_is_on_the_stack(tmp_path: Path) -> None:
    library, ours = f"{profiling.PACKAGES}orjson/__init__.py", f"{profiling.OURS}api/graphql.py"
    stacks = [[[[library, "dumps"], [ours, "sent"], [ours, "sent"]], 3], [[[ours, "asked"]], 1]]
    (tmp_path / "samples.json").write_text(json.dumps(stacks))

    samples = profiling.read_samples(tmp_path / "samples.json")

    assert profiling.by_package(samples) == Counter({"orjson": 3, "api": 1})
    assert profiling.by_function(samples) == Counter({"api/graphql.py sent": 3, "api/graphql.py asked": 1})


def test_a_process_samples_itself_by_the_cpu_it_uses(tmp_path: Path) -> None:
    code = f"""
import os, signal, time
from pathlib import Path
from bench.sampling import Sampler
def busy():
    end = time.process_time() + 0.5
    while time.process_time() < end: pass
sampler = Sampler()
sampler.wait_for_signal()
os.kill(os.getpid(), signal.SIGUSR2)
busy()
time.sleep(0.3)
sampler.write(Path({str(tmp_path / "samples.json")!r}))
"""
    subprocess.run([sys.executable, "-P", "-c", code], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True)

    samples = profiling.read_samples(tmp_path / "samples.json")

    assert samples.total() >= 20
    assert sum(count for stack, count in samples.items() if any(name == "busy" for _, name in stack)) >= samples.total() * 0.9
