"""The words of jobs: what they do and how far they are."""

from enum import StrEnum


class JobKind(StrEnum):
    """What a job does."""

    SIM_STATUS = "SIM_STATUS"
    SIM_CHANGE = "SIM_CHANGE"
    ORDER = "ORDER"
    EXPORT = "EXPORT"
    IMPORT = "IMPORT"


class JobState(StrEnum):
    """State of a job."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class JobRowState(StrEnum):
    """State of a row."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


OPEN = frozenset({JobState.QUEUED, JobState.RUNNING})
"""States of a job that still has rows to do."""
