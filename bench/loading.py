"""What it costs a process of its own to load something: CPU and time until it is there, the most memory held on the way."""

import re
import subprocess
import sys
from collections import Counter
from time import monotonic

import msgspec

from bench.ground import ROOT, environment
from bench.measuring import Faulty

TELL = """
import sys, time
with open("/proc/self/status") as status:
    most = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
sys.stderr.write(f"\\n[{time.process_time()}, {time.monotonic()}, {most}]\\n")
"""
"""The peak is the process's own word: what the kernel reports of a child begins with what its parent held."""
OWN_TIME = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\w+)", re.MULTILINE)


class Loaded(msgspec.Struct, frozen=True):
    """Seconds of CPU and of the clock from the start of the interpreter on; megabytes at the peak."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def load(program: str) -> Loaded:
    """Runs a program in a fresh interpreter; raises `Faulty` when it fails."""
    start = monotonic()
    cpu, end, kilobytes = msgspec.json.decode(_run(program + TELL).splitlines()[-1], type=tuple[float, float, int])
    return Loaded(cpu, end - start, kilobytes * 1024 / 1e6)


def own_times(program: str) -> Counter[str]:
    """Microseconds that the modules of each top-level package take by themselves when the program is loaded."""
    found: Counter[str] = Counter()
    for microseconds, package in OWN_TIME.findall(_run(program, "-X", "importtime")):
        found[package] += int(microseconds)
    return found


def _run(program: str, *options: str) -> str:
    """What it writes to stderr."""
    done = subprocess.run([sys.executable, "-P", *options, "-c", program], env=environment(), cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise Faulty(done.stderr[-1000:])
    return done.stderr
