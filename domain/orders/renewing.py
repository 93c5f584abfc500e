"""What buys itself again at its end: once, in the name of who bought it, from the wallet it was bought from (decision 0121)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account, Organization
from domain.audit.writing import Command, Result, Work, carry_out
from domain.bundles.service import RENEWED_BEFORE, claim_renewal, product_for_write
from domain.bundles.tables import Product, ProductStatus
from domain.catalogue.queries import in_language
from domain.catalogue.tables import ActivationMode, Offering
from domain.kernel.calendar import day_of
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError, InsufficientFunds, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy, MutationMode
from domain.kernel.scope import ActorRef, Reach, Scope, system_scope
from domain.notifications.feed import tell
from domain.orders import rules
from domain.orders.rules import Line
from domain.orders.service import PlaceOrder, email_of_buyer, place
from domain.orders.tables import Order
from domain.people.queries import managers_of
from domain.sims.tables import Sim
from store.outbox import Handler, Task
from store.session import Database, Session

COMMAND = Command("orderRenew", MutationMode.APPLY, "")


@dataclass(frozen=True, slots=True)
class _Bought:
    """A product with what it was bought by, and for which line."""

    product: Product
    order: Order
    account: Account
    line: Sim


def renew_handler(database: Database, clock: Clock) -> Handler:
    """Buys a product's successor, with all that the same order brought and that is due as well, or has managers told why not.

    The outbox may call again: what others bought meanwhile is left alone.
    """

    async def renew(task: Task) -> None:
        product_id, at = UUID(task.payload["product"]), clock.now()
        async with database.read() as session:
            found = await _found(session, await session.get(Product, product_id))
            if found is None or not found.product.is_renewing:
                return
            together = await _due_with(session, found.product, at)
        buyer = replace(ActorRef.from_json(found.order.by), approval_id=None)
        scope = Scope(buyer, Permission.ORDER_PLACE, (Reach(found.order.organization_id, found.account.path),), at)
        for ids in (together, [product_id]):  # where there is too little money for all of them, one by one
            try:
                await carry_out(database, scope, COMMAND, partial(_buy_again, ids), at=at)
                return
            except DomainError as error:
                refused = error
        await carry_out(database, system_scope(Permission.ORDER_PLACE, at), COMMAND, partial(_give_up, product_id, refused), at=at)

    return renew


async def set_renewing(work: Work, product_id: UUID, is_renewing: bool) -> Result:
    """Turns buying again at the end on or off; returns `product`.

    Raises `NotFound` for a product out of scope, `NotEligible` for one that has ended, never ends or wasn't bought, or that an account
    out of scope paid.
    """
    product = await product_for_write(work.sql, product_id)
    line = await work.sql.get(Sim, product.sim_id) if product is not None else None
    if product is None or line is None or not work.scope.covers(line.organization_id, line.path):
        raise NotFound(field=("productId",))
    work.within(line.organization_id, line.path, line.id)
    if product.status == ProductStatus.TERMINATED or (product.ends_at is not None and product.ends_at <= work.at):
        raise NotEligible("orders.has_ended", field=("productId",))
    found = await _found(work.sql, product)
    if found is None or (product.starts_at is not None and product.ends_at is None):
        raise NotEligible("orders.not_renewed", field=("productId",))
    if not work.scope.covers(found.order.organization_id, found.account.path):
        raise NotEligible("orders.pays_another", field=("productId",))
    if product.is_renewing != is_renewing:
        work.changed(Ref(Kind.PRODUCT, product.id), line.msisdn or line.iccid, "isRenewing", product.is_renewing, is_renewing)
        product.is_renewing = is_renewing
    return {"product": product.id}


async def _due_with(session: Session, product: Product, at: datetime) -> Sequence[UUID]:
    """A product and what else of its order and offering is as good as due, at most as many as an order may have."""
    offering = await session.get_one(Offering, product.offering_id)
    soon = max(product.ends_at or at, at) + RENEWED_BEFORE if offering.max_queued else at
    same = select(Product.id).where(
        Product.organization_id == product.organization_id, Product.order_id == product.order_id, Product.id != product.id,
        Product.offering_id == product.offering_id, Product.status == ProductStatus.ACTIVE, col(Product.is_renewing),
        col(Product.ends_at) <= soon,
    )  # fmt: skip
    others = (await session.scalars(same.order_by(col(Product.id)).limit(rules.MOST_TARGETS - 1))).all()
    return [product.id, *others]


async def _buy_again(product_ids: Sequence[UUID], work: Work) -> Result:
    """Places the same order for the lines of products that still renew themselves, at today's price; a line that may not is told of."""
    lines = select(Product.id).where(col(Product.id).in_(product_ids)).order_by(col(Product.sim_id))  # locked as by all who lock many
    claimed = [product for id in (await work.sql.scalars(lines)).all() if (product := await claim_renewal(work.sql, id)) is not None]
    found = await _found(work.sql, claimed[0] if claimed else None)
    if found is None:
        return {}
    order, offering = found.order, await work.sql.get_one(Offering, found.product.offering_id)
    activation = ActivationMode.NOW if ActivationMode.NOW in offering.activations else ActivationMode.FIRST_USE
    buyer = await email_of_buyer(work)
    others = [email for email in order.receipt_emails if email != buyer][: rules.MOST_EMAILS - 1]
    line = Line(offering.id, [product.sim_id for product in claimed], activation, is_renewing=True)
    request = PlaceOrder(
        order.account_id, [line], Locale(order.locale), others, purchase_order_number=order.purchase_order_number, memo=order.memo,
        policy=BulkErrorPolicy.SKIP_FAILED,
    )  # fmt: skip
    result = await place(work, request)
    for left in work.exclusions[:1]:
        await _tell(work, found, left.label, "renewal_failed")
    return result


async def _give_up(product_id: UUID, error: DomainError, work: Work) -> Result:
    """Ends the renewing of one line, and tells why."""
    found = await _found(work.sql, await claim_renewal(work.sql, product_id))
    if found is None:
        return {}
    label = found.line.msisdn or found.line.iccid
    work.within(found.line.organization_id, found.line.path, found.line.id)
    work.changed(Ref(Kind.PRODUCT, product_id), label, "isRenewing", True, False)
    await _tell(work, found, label, "renewal_funds" if isinstance(error, InsufficientFunds) else "renewal_failed")
    return {}


async def _tell(work: Work, found: _Bought, label: str, event: str) -> None:
    """Tells the managers of the account that pays, once a day of each order: its thousand lines may have one empty wallet."""
    offering = await work.sql.get_one(Offering, found.product.offering_id)
    locale = select(Organization.locale).where(col(Organization.id) == found.account.organization_id)
    name = in_language(offering.names, Locale((await work.sql.execute(locale)).scalar_one()))
    people = await managers_of(work.sql, found.account.organization_id, found.account.path, at=work.at)
    about, once = Ref(Kind.ORDER, found.order.id), f"renewal:{found.order.id}:{event}:{day_of(work.at)}"
    words = {"line": label, "offering": name}
    await tell(work.sql, found.account.organization_id, people, f"orders.notice.{event}", words, about, at=work.at, once=once)


async def _found(session: Session, product: Product | None) -> _Bought | None:
    """A product with its order; null without one, as that of a product that came otherwise."""
    if product is None or product.order_id is None:
        return None
    order = await session.get_one(Order, product.order_id)
    return _Bought(product, order, await session.get_one(Account, order.account_id), await session.get_one(Sim, product.sim_id))
