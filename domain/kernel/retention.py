"""How long personal data is kept, in days."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kept(StrEnum):
    """What is kept for a time only."""

    ACCESS_LOG = "access_log"  # who looked at what
    USAGE = "usage"  # calls, messages and data of each line
    SIGN_INS = "sign_ins"  # address and program of sessions that have ended
    NOTICES = "notices"  # what people were told, once they have read it
    JOBS = "jobs"  # which lines a job was over, and what became of each
    HOLDERS = "holders"  # names and numbers of people in the audit trail of cards


PERIODS: Final[Mapping[Kept, int]] = MappingProxyType(
    {Kept.ACCESS_LOG: 730, Kept.USAGE: 400, Kept.SIGN_INS: 180, Kept.NOTICES: 180, Kept.JOBS: 400, Kept.HOLDERS: 1825}
)
"""Days, where the operator says nothing."""
