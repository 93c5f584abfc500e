"""`x.py bench fleet --profile`: what guarding a read costs, and in whose functions the product's time goes."""

import json
import os
import signal
import sysconfig
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from rich.table import Table

from bench.ground import ROOT
from bench.lineup import SAMPLED, SAMPLES, UNGUARDED
from bench.measuring import Sample
from bench.running import Running

PRODUCT = "product"
WANTED = 0.15
"""The share of a page's CPU that limits, cost, scope and access log may have together."""
SMALLEST_SHARE = 0.01
OURS = str(ROOT) + os.sep
PACKAGES = sysconfig.get_path("purelib") + os.sep


def begin(server: Running) -> None:
    """Has the sampled product count from now on, if it is the one and doesn't yet."""
    if server.server is SAMPLED:
        os.kill(server.pid, signal.SIGUSR2)


def share(rounds: Mapping[str, Sequence[Sample]]) -> float:
    """The part of the product's CPU a request that its guards take: the median over the rounds."""
    pairs = zip(rounds[PRODUCT], rounds[UNGUARDED.name], strict=True)
    return median(1 - bare.cpu_ms / whole.cpu_ms for whole, bare in pairs)


def guards(measured: Mapping[int, Mapping[str, Sequence[Sample]]]) -> Table:
    """What guarding a read costs at each size."""
    shown = Table(title="Limits, cost, scope and access log, together", title_justify="left")
    for heading in ("SIM cards", "CPU ms with", "CPU ms without", "share", f"below {WANTED:.0%}"):
        shown.add_column(heading, justify="right")
    for count, rounds in measured.items():
        whole, bare = (median(one.cpu_ms for one in rounds[name]) for name in (PRODUCT, UNGUARDED.name))
        part = share(rounds)
        shown.add_row(str(count), f"{whole:.3f}", f"{bare:.3f}", f"{part:.1%}", "yes" if part < WANTED else "no")
    return shown


Stack = Sequence[tuple[str, str]]
"""Functions as (file, qualified name), the innermost first."""


def read_samples(path: Path = SAMPLES) -> Counter[Stack]:
    """What the sampled product left."""
    return Counter({tuple((file, name) for file, name in stack): count for stack, count in json.loads(path.read_text())})


def by_package(samples: Counter[Stack]) -> Counter[str]:
    """Samples by the package whose function was running; C functions count for whoever called them."""
    return _summed((package_of(stack[0][0]), count) for stack, count in samples.items())


def by_function(samples: Counter[Stack]) -> Counter[str]:
    """Samples of our own functions with all they called."""
    return _summed(
        (f"{file.removeprefix(OURS)} {name}", count)
        for stack, count in samples.items()
        for file, name in set(stack)
        if file.startswith(OURS) and not file.startswith(PACKAGES)
    )


def package_of(file: str) -> str:
    """The package of a file: ours by their first two folders, others by the distribution's."""
    if file.startswith(PACKAGES):
        return file.removeprefix(PACKAGES).partition(os.sep)[0].removesuffix(".py")
    if file.startswith(OURS):
        return os.sep.join(file.removeprefix(OURS).split(os.sep)[:-1]) or "."
    return "compiled plans" if file.startswith("<") else "standard library"


def time_goes(samples: Counter[Stack]) -> list[Table]:
    """Where the time goes: by package alone, and by our functions with all they called."""
    total = samples.total()
    tables = []
    for title, counted in (("by package, itself", by_package(samples)), ("by our function, with all it calls", by_function(samples))):
        shown = Table(title=f"CPU of the product {title} ({total:,} samples)", title_justify="left", min_width=70)
        shown.add_column("share", justify="right")
        shown.add_column("where")
        for where, count in counted.most_common():
            if count >= total * SMALLEST_SHARE:
                shown.add_row(f"{count / total:.1%}", where)
        tables.append(shown)
    return tables


def _summed(counts: Iterable[tuple[str, int]]) -> Counter[str]:
    summed: Counter[str] = Counter()
    for key, count in counts:
        summed[key] += count
    return summed
