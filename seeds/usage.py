"""A company's traffic: records as the network counted them, taken from the buckets that were there, or charged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from domain.bundles import rules
from domain.bundles.tables import BucketStatus
from domain.kernel.calendar import JalaliMonth
from domain.kernel.quantity import FigureSource, UsageType
from seeds.dice import id_at
from seeds.lines import Line
from seeds.purchases import Granted

Record = dict[str, Any]

MEGABYTE = 1024 * 1024
OFTEN, SELDOM = (16, 34), (1, 3)
"""Fewest and most records of a line whose records are kept, and of one that only leaves its figures behind."""
IDLE_SHARE = 0.03
HEAVY_SHARE = 0.12
VOICE_RATE, SMS_RATE, DATA_RATE, ROAMING_RATE = 50, 1_420, 90, 7_100
"""Rials without tax: a second, a part, a megabyte, a megabyte abroad."""
KINDS = (("DATA", 52), ("CALL", 20), ("CALLED", 12), ("SMS", 12), ("ROAMING", 3), ("TEXTED", 4))
ABROAD = ("TR", "AE", "OM", "GE", "QA")
HOME = "IR"
RECORDED_AFTER = timedelta(minutes=4)
"""Records come in so long after what they are of."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What traffic left behind on a card."""

    last_usage_at: datetime | None
    current_charge: int
    data_remaining: int
    next_bucket_end_at: datetime | None


class Traffic:
    """Draws the traffic of one line after another."""

    def __init__(self, draw: Random, others: Sequence[str], *, since: timedelta, at: datetime) -> None:
        self._draw = draw
        self._others = others
        self._since = at - since
        self._at = at
        self._month = JalaliMonth.of(at).starts_at

    def of(self, line: Line, buckets: list[Granted], fewest: int, most: int) -> tuple[list[Record], Figures]:
        """The records of a line in the order of time, and its figures; takes what is included out of the buckets."""
        size = 4 if self._draw.random() < HEAVY_SHARE else 1
        records = [self._record(line, moment, buckets, size) for moment in self._moments(line, fewest, most)]
        for priority, bucket in enumerate(rules.order_of_use(buckets), 1):
            bucket.priority = priority
        charge = line.plan_fee + sum(record["charge"] for record in records if record["started_at"] >= self._month)
        last = records[-1]["started_at"] if records else None
        return records, Figures(last, charge, rules.data_remaining(buckets, self._at), rules.next_end_at(buckets, self._at))

    def _moments(self, line: Line, fewest: int, most: int) -> list[datetime]:
        """Dense lately, thin before; nothing while a card wasn't in use."""
        if line.activated_at is None:
            return []
        until = line.used_until(self._at) - timedelta(minutes=self._draw.choice((3, 9, 26, 70, 200, 900, 2900)))
        if self._draw.random() < IDLE_SHARE:
            until -= timedelta(days=70)
        since = max(line.activated_at, self._since)
        if until <= since:
            return []
        count = self._draw.randint(fewest, most)
        moments = sorted({self._by_day(until - (until - since) * self._draw.random() ** 3) for _ in range(count - 1)} | {until})
        return [moment for moment in moments if since <= moment <= until]

    def _by_day(self, moment: datetime) -> datetime:
        """People sleep: what falls into the small hours of Tehran moves to the morning before."""
        return moment - timedelta(hours=9) if moment.hour >= 20 or moment.hour < 3 else moment

    def _record(self, line: Line, moment: datetime, buckets: Sequence[Granted], size: int) -> Record:
        draw = self._draw
        kind = draw.choices([name for name, _ in KINDS], [weight for _, weight in KINDS])[0]
        record: Record = {
            "_id": id_at(draw, moment), "organization_id": line.organization_id, "sim_id": line.id, "path": line.path, "service": "",
            "direction": "INCOMING" if kind in ("CALLED", "TEXTED") else "OUTGOING", "other_party": None, "destination": HOME,
            "is_roaming": kind == "ROAMING", "started_at": moment.replace(microsecond=0), "duration_seconds": None, "quantity": 0,
            "charge": 0, "is_included": False, "bucket_id": None, "as_of": min(moment + RECORDED_AFTER, self._at),
            "source": FigureSource.CARRIER.value,
        }  # fmt: skip
        if kind in ("DATA", "ROAMING"):
            megabytes = min(4_000.0, draw.lognormvariate(3.0, 0.9) if kind == "ROAMING" else draw.lognormvariate(5.9, 0.9) * size)
            record |= {"service": UsageType.DATA, "quantity": int(megabytes * MEGABYTE), "duration_seconds": draw.randint(40, 5_400)}
            rate = ROAMING_RATE if kind == "ROAMING" else DATA_RATE
            if kind == "ROAMING":
                record["destination"] = draw.choice(ABROAD)
            self._take(record, int(megabytes * rate), buckets)
        elif kind in ("CALL", "CALLED"):
            seconds = max(4, int(draw.lognormvariate(4.4, 0.9)))
            record |= {
                "service": UsageType.VOICE,
                "quantity": seconds,
                "duration_seconds": seconds,
                "other_party": draw.choice(self._others),
            }
            self._take(record, seconds * VOICE_RATE, buckets)
        else:
            record |= {"service": UsageType.SMS, "quantity": draw.choice((1, 1, 2, 3)), "other_party": draw.choice(self._others)}
            self._take(record, record["quantity"] * SMS_RATE, buckets)
        record["service"] = record["service"].value
        return record

    def _take(self, record: Record, charge: int, buckets: Sequence[Granted]) -> None:
        """Takes it out of the first bucket, or charges it; what comes in is free. A warning ends sessions before a bucket runs dry."""
        if record["direction"] == "INCOMING":
            return
        moment, amount = record["started_at"], record["quantity"]
        able = [
            bucket
            for bucket in buckets
            if bucket.usage_type == record["service"]
            and bucket.remaining > 0
            and bucket.is_restricted is record["is_roaming"]
            and rules.bucket_status(bucket.status, bucket.starts_at, bucket.ends_at, moment) is BucketStatus.ACTIVE
        ]
        if not able:
            record["charge"] = charge
            return
        bucket = rules.order_of_use(able)[0]
        amount = record["quantity"] = min(amount, bucket.remaining * 49 // 50 or 1)
        if record["service"] == UsageType.VOICE:
            record["duration_seconds"] = amount
        bucket.remaining -= amount
        record["is_included"], record["bucket_id"] = True, bucket.id


def updates(figures: Iterator[tuple[Line, Figures]]) -> Iterator[dict[str, Any]]:
    """Figures as parameters of one update of many cards; a prepaid line has no running charge."""
    for line, left in figures:
        yield {
            "card": line.id, "used": left.last_usage_at, "charge": left.current_charge if line.payment_mode == "POSTPAID" else None,
            "data": left.data_remaining, "ends": left.next_bucket_end_at,
        }  # fmt: skip
