"""What measurements come to: medians, and ratios against the reference measured in the same round."""

from collections.abc import Mapping, Sequence
from statistics import median

import msgspec
from rich.table import Table

from bench.measuring import Sample

REFERENCE = "raw-dict"


class Row(msgspec.Struct, frozen=True):
    """A server against the reference: more requests a second and less CPU a request are better."""

    server: str
    sims: int
    rps_ratio: float
    cpu_ratio: float


Rounds = Mapping[str, Sequence[Sample]]
"""The samples of each server by its name, round by round."""


def rows(measured: Mapping[int, Rounds]) -> list[Row]:
    """Each server at each size: the median over the rounds of its ratio to the reference in the same round."""
    return [
        Row(
            server,
            sims,
            round(median(one.rps / base.rps for one, base in zip(samples, rounds[REFERENCE], strict=True)), 3),
            round(median(one.cpu_ms / base.cpu_ms for one, base in zip(samples, rounds[REFERENCE], strict=True)), 3),
        )
        for sims, rounds in measured.items()
        for server, samples in rounds.items()
    ]


def table(sims: int, rounds: Rounds, ratios: Sequence[Row], megabytes: Mapping[str, float]) -> Table:
    """One size as a person reads it, the fastest server first; medians of the rounds, milliseconds of CPU a request."""
    shown = Table(title=f"Fleet page of {sims} SIM cards, against {REFERENCE}", title_justify="left")
    shown.add_column("server")
    for heading in ("requests/s", "ratio", "CPU ms", "ratio", "p50 ms", "SQL ms", "docs ms", "MB"):
        shown.add_column(heading, justify="right")
    of = {row.server: row for row in ratios if row.sims == sims}
    for server in sorted(rounds, key=lambda name: -of[name].rps_ratio):
        taken, row = rounds[server], of[server]
        shown.add_row(
            server,
            f"{median(one.rps for one in taken):,.1f}",
            f"{row.rps_ratio:.2f}",
            f"{median(one.cpu_ms for one in taken):.3f}",
            f"{row.cpu_ratio:.2f}",
            f"{median(one.p50_ms for one in taken):.1f}",
            f"{median(one.postgresql_ms for one in taken):.3f}",
            f"{median(one.documents_ms for one in taken):.3f}",
            f"{megabytes[server]:.0f}",
        )
    return shown
