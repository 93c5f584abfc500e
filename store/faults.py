"""What can go wrong with the SQL store through nobody's fault, told apart from bugs."""

WAIT_SECONDS = 10
GAVE_WAY = {"40P01", "40001", "55P03"}
"""PostgreSQL's states of a transaction that was undone for another's sake: deadlock, serialization, lock not available."""
LOST = ("08", "57P")
"""How PostgreSQL's states of a connection that ended begin."""


class StoreBusy(Exception):
    """Another writer held the store for too long, or no connection was free; nothing was done."""


class StoreLost(OSError):
    """The connection broke in the middle: what was under way is undone, or done if it had come to its last step; the same key tells."""
