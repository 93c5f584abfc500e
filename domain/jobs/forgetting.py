"""Deletes jobs that ended long ago: their rows hold numbers, and the audit trail has what they changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from domain.jobs.tables import Job, JobRow
from store.session import Session


async def forget(session: Session, organization_id: UUID, before: datetime, *, most: int) -> int:
    """Deletes rows of jobs that ended before an instant, some at a time, and a job with its last row; returns how many of both."""
    ended = (col(Job.organization_id) == organization_id, col(Job.finished_at) < before)
    count = 0
    for job_id in (await session.scalars(select(col(Job.id)).where(*ended).order_by(col(Job.id)).limit(most))).all():
        rows = (col(JobRow.organization_id) == organization_id, col(JobRow.job_id) == job_id)
        places = (await session.scalars(select(col(JobRow.index)).where(*rows).order_by(col(JobRow.index)).limit(most - count))).all()
        if places:
            await session.execute(delete(JobRow).where(*rows, col(JobRow.index) <= places[-1]))
            count += len(places)
        if count >= most:
            return count
        await session.execute(delete(Job).where(col(Job.id) == job_id))
        count += 1
    return count
