"""What happens to the bundles of a line: granted, and taking their turn at a start, a first use, an end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select

from domain.bundles import rules
from domain.bundles.tables import Bucket, BucketStatus, Product, ProductStatus
from domain.catalogue.tables import ActivationMode, Offering, OfferingCategory
from domain.kernel.ids import uuid7
from domain.kernel.quantity import FigureSource
from domain.sims.tables import Sim
from store import outbox
from store.session import Session

TURN = "bundle_turn"
"""Outbox work: a product starts or ends now, or its line may have been used (`take_turn`)."""
RENEW = "bundle_renew"
"""Outbox work: a product that buys itself again comes to its end (`domain.orders.renewing`)."""
RENEWED_BEFORE = timedelta(hours=1)
"""How long before its end a product buys itself again, where another may wait behind it: that one takes over without a gap."""
LOOK_FOR_USE = timedelta(hours=1)
"""How often a product that waits for the first use looks for traffic; it starts at the latest traffic then, so at most this late."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a line gets: one offering, from when, and the order item behind it."""

    organization_id: UUID
    sim_id: UUID
    offering_id: UUID
    activation: ActivationMode
    activate_at: datetime | None = None
    is_renewing: bool = False
    order_id: UUID | None = None
    order_item_id: UUID | None = None


async def grant(session: Session, grant: Grant, *, at: datetime) -> UUID:
    """Gives a line a product with its buckets and returns the product's id; the same order item twice gets the same product.

    While the same offering runs the new one waits behind it.
    """
    await _lock(session, grant.sim_id)
    if grant.order_item_id is not None:
        made = (await session.scalars(select(Product.id).where(Product.order_item_id == grant.order_item_id))).one_or_none()
        if made is not None:
            return made
    offering = await session.get_one(Offering, grant.offering_id)
    follows = await _last_end(session, grant, at)
    starts_at, ends_at = rules.period(grant.activation, grant.activate_at, offering.valid_days, at=at, follows=follows)
    product = Product(
        id=uuid7(), organization_id=grant.organization_id, sim_id=grant.sim_id, offering_id=grant.offering_id,
        order_item_id=grant.order_item_id, order_id=grant.order_id, starts_at=starts_at, ends_at=ends_at, is_renewing=grant.is_renewing,
        status=ProductStatus.PENDING_ACTIVE if starts_at is None else ProductStatus.ACTIVE, created_at=at,
    )  # fmt: skip
    session.add(product)
    await session.flush()
    session.add_all(_bucket(product, allowance, at) for allowance in offering.allowances)
    await session.flush()
    await _begin(session, product, offering, at)
    return product.id


async def take_turn(session: Session, product_id: UUID, *, at: datetime) -> datetime | None:
    """Does what a product's start or end brings and returns when to come again, null when its life is over; any number of times.

    A product that waits for its line's first use starts with the traffic seen since it was granted. A start takes over what is left of
    the same offering that ends just then, if it rolls over (M1-01).
    """
    product = await product_for_write(session, product_id)
    if product is None:
        return None
    offering = await session.get_one(Offering, product.offering_id)
    if product.status == ProductStatus.PENDING_ACTIVE and not await _used(session, product, offering):
        return at + LOOK_FOR_USE
    if rules.product_status(product.status, product.starts_at, product.ends_at, at) is ProductStatus.ACTIVE:
        await _start(session, product, offering)
    await put_in_order(session, [product.sim_id], at=at)
    renewed_at = _renewed_at(product, offering)
    if renewed_at is not None and renewed_at <= at:
        subject = f"renewal:{product.id}"
        await outbox.send(session, RENEW, {"product": product.id.hex}, subject=subject, at=at, organization_id=product.organization_id)
    return _next_turn(product, offering, at)


async def claim_renewal(session: Session, product_id: UUID) -> Product | None:
    """The product to buy again, to whoever asks first: it renews itself no more, as what is bought in its place does; else null."""
    product = await product_for_write(session, product_id)
    if product is None or not product.is_renewing:
        return None
    product.is_renewing = False
    await session.flush()
    return product


async def product_for_write(session: Session, product_id: UUID) -> Product | None:
    """A product, with its line locked; null for none."""
    product = await session.get(Product, product_id)
    if product is not None:
        await _lock(session, product.sim_id)
        await session.refresh(product)  # as it stands now that others wait
    return product


async def put_in_order(session: Session, sim_ids: Sequence[UUID], *, at: datetime) -> None:
    """Numbers the buckets of lines in order of use and keeps the two figures that cards are sorted and filtered by."""
    alive = col(Bucket.ends_at).is_(None) | (col(Bucket.ends_at) > at)
    found = (await session.scalars(select(Bucket).where(col(Bucket.sim_id).in_(sim_ids), alive))).all()
    for sim_id in sim_ids:
        ordered = rules.order_of_use(bucket for bucket in found if bucket.sim_id == sim_id)
        for priority, bucket in enumerate(ordered, 1):
            bucket.priority = priority
        figures = {"data_remaining": rules.data_remaining(ordered, at), "next_bucket_end_at": rules.next_end_at(ordered, at)}
        await session.execute(update(Sim).where(col(Sim.id) == sim_id).values(**figures))
    await session.flush()


async def _lock(session: Session, sim_id: UUID) -> None:
    """Makes writers on one line wait for each other."""
    await session.execute(select(Sim.id).where(Sim.id == sim_id).with_for_update())


async def _used(session: Session, product: Product, offering: Offering) -> bool:
    """Starts a product with its line's traffic since it was granted; whether there was any."""
    used_at = (await session.execute(select(Sim.last_usage_at).where(Sim.id == product.sim_id))).scalar_one()
    if used_at is None or used_at <= product.created_at:
        return False
    follows = await _last_end(session, product, used_at)
    starts_at, ends_at = rules.period(ActivationMode.NOW, None, offering.valid_days, at=used_at, follows=follows)
    product.status, product.starts_at, product.ends_at = ProductStatus.ACTIVE, starts_at, ends_at
    dates = {"status": BucketStatus.ACTIVE, "starts_at": starts_at, "ends_at": ends_at}
    await session.execute(update(Bucket).where(col(Bucket.product_id) == product.id).values(**dates))
    await session.flush()
    return True


async def _last_end(session: Session, of: Grant | Product, at: datetime) -> datetime | None:
    """When the last of the same offering on the line ends, null if none runs or waits with an end."""
    same = select(func.max(Product.ends_at)).where(
        Product.organization_id == of.organization_id, Product.sim_id == of.sim_id, Product.offering_id == of.offering_id,
        col(Product.ends_at) > at,
    )  # fmt: skip
    return (await session.execute(same)).scalar_one()


def _bucket(product: Product, allowance: dict[str, Any], at: datetime) -> Bucket:
    waits = product.starts_at is None
    return Bucket(
        id=uuid7(), organization_id=product.organization_id, sim_id=product.sim_id, product_id=product.id, offering_id=product.offering_id,
        usage_type=allowance["usage_type"], priority=0, status=BucketStatus.QUEUED if waits else BucketStatus.ACTIVE,
        total=allowance["amount"], remaining=allowance["amount"], starts_at=product.starts_at or at, ends_at=product.ends_at, as_of=at,
        source=FigureSource.CHARGING,
    )  # fmt: skip


async def _begin(session: Session, product: Product, offering: Offering, at: datetime) -> None:
    """Starts a product whose time has come, and sees to its later turns."""
    if rules.product_status(product.status, product.starts_at, product.ends_at, at) is ProductStatus.ACTIVE:
        await _start(session, product, offering)
    await put_in_order(session, [product.sim_id], at=at)
    if (turn := _next_turn(product, offering, at)) is not None:
        await outbox.send(
            session, TURN, {"product": product.id.hex}, subject=f"product:{product.id}", at=turn, organization_id=product.organization_id,
            key=f"turn:{product.id}",
        )  # fmt: skip


def _next_turn(product: Product, offering: Offering, at: datetime) -> datetime | None:
    if product.status == ProductStatus.PENDING_ACTIVE:
        return at + LOOK_FOR_USE
    turns: Iterable[datetime | None] = (product.starts_at, _renewed_at(product, offering), product.ends_at)
    return min((turn for turn in turns if turn is not None and turn > at), default=None)


def _renewed_at(product: Product, offering: Offering) -> datetime | None:
    """When a product buys itself again: an hour before its end, or at its end where nothing may wait behind it; null if it doesn't."""
    if not product.is_renewing or product.ends_at is None or product.starts_at is None or product.status != ProductStatus.ACTIVE:
        return None
    return max(product.ends_at - RENEWED_BEFORE, product.starts_at) if offering.max_queued else product.ends_at


async def _start(session: Session, product: Product, offering: Offering) -> None:
    """What a start brings beyond its dates: the leftover of the one before, a line's new tariff plan instead of its old one."""
    if offering.is_rolled_over:
        await _roll_over(session, product)
    if offering.category == OfferingCategory.PLAN:
        await _end_other_plans(session, product)
        await session.execute(update(Sim).where(col(Sim.id) == product.sim_id).values(plan_id=offering.id))


async def _end_other_plans(session: Session, product: Product) -> None:
    plans = select(Offering.id).where(Offering.category == OfferingCategory.PLAN)
    others = select(Product.id).where(
        Product.organization_id == product.organization_id, Product.sim_id == product.sim_id, Product.id != product.id,
        col(Product.offering_id).in_(plans), col(Product.starts_at) <= product.starts_at,
        col(Product.ends_at).is_(None) | (col(Product.ends_at) > product.starts_at),
    )  # fmt: skip
    ended = (await session.scalars(others)).all()
    await session.execute(update(Bucket).where(col(Bucket.product_id).in_(ended)).values(ends_at=product.starts_at))
    await session.execute(
        update(Product).where(col(Product.id).in_(ended)).values(ends_at=product.starts_at, status=ProductStatus.TERMINATED)
    )


async def _roll_over(session: Session, product: Product) -> None:
    before = select(Product.id).where(
        Product.organization_id == product.organization_id, Product.sim_id == product.sim_id, Product.offering_id == product.offering_id,
        Product.ends_at == product.starts_at,
    )  # fmt: skip
    left = (await session.scalars(select(Bucket).where(col(Bucket.product_id).in_(before), col(Bucket.remaining) > 0))).all()
    own = {bucket.usage_type: bucket for bucket in await session.scalars(select(Bucket).where(Bucket.product_id == product.id))}
    for old in left:
        if (new := own.get(old.usage_type)) is not None:
            new.total, new.remaining, old.remaining = new.total + old.remaining, new.remaining + old.remaining, 0
    await session.flush()
