"""What buys itself again at its end: once, in the name of who bought it, from the wallet it was bought from (decision 0121)."""

from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account, Organization
from domain.audit.writing import Command, Result, Work, carry_out
from domain.bundles.service import claim_renewal, product_for_write
from domain.bundles.tables import Product, ProductStatus
from domain.catalogue.queries import in_language
from domain.catalogue.tables import ActivationMode, Offering
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError, InsufficientFunds, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
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
    """Buys a product's successor, or has its managers told why not; the outbox may call again."""

    async def renew(task: Task) -> None:
        product_id, at = UUID(task.payload["product"]), clock.now()
        async with database.read() as session:
            found = await _found(session, await session.get(Product, product_id))
        if found is None:
            return
        buyer = replace(ActorRef.from_json(found.order.by), approval_id=None)
        scope = Scope(buyer, Permission.ORDER_PLACE, (Reach(found.order.organization_id, found.account.path),), at)
        try:
            await carry_out(database, scope, COMMAND, partial(_buy_again, product_id), at=at)
        except DomainError as error:
            about = system_scope(Permission.ORDER_PLACE, at)
            await carry_out(database, about, COMMAND, partial(_give_up, product_id, error), at=at)

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


async def _buy_again(product_id: UUID, work: Work) -> Result:
    """Places the same order for this one line, at today's price."""
    found = await _found(work.sql, await claim_renewal(work.sql, product_id))
    if found is None:
        return {}
    order, offering = found.order, await work.sql.get_one(Offering, found.product.offering_id)
    activation = ActivationMode.NOW if ActivationMode.NOW in offering.activations else ActivationMode.FIRST_USE
    buyer = await email_of_buyer(work)
    others = [email for email in order.receipt_emails if email != buyer][: rules.MOST_EMAILS - 1]
    request = PlaceOrder(
        order.account_id, [Line(offering.id, [found.line.id], activation, None, True)], Locale(order.locale), others,
        purchase_order_number=order.purchase_order_number, memo=order.memo,
    )  # fmt: skip
    return await place(work, request)


async def _give_up(product_id: UUID, error: DomainError, work: Work) -> Result:
    """Ends the renewing and tells the managers of the account that pays, once."""
    found = await _found(work.sql, await claim_renewal(work.sql, product_id))
    if found is None:
        return {}
    line, account = found.line, found.account
    label = line.msisdn or line.iccid
    work.within(line.organization_id, line.path, line.id)
    work.changed(Ref(Kind.PRODUCT, product_id), label, "isRenewing", True, False)
    offering = await work.sql.get_one(Offering, found.product.offering_id)
    locale = (await work.sql.execute(select(Organization.locale).where(col(Organization.id) == line.organization_id))).scalar_one()
    people = await managers_of(work.sql, account.organization_id, account.path, at=work.at)
    event = "renewal_funds" if isinstance(error, InsufficientFunds) else "renewal_failed"
    words = {"line": label, "offering": in_language(offering.names, Locale(locale))}
    about, once = Ref(Kind.SIM, line.id), f"renewal:{product_id}"
    await tell(work.sql, line.organization_id, people, f"orders.notice.{event}", words, about, at=work.at, once=once)
    return {}


async def _found(session: Session, product: Product | None) -> _Bought | None:
    """A product with its order; null without one, as that of a product that came otherwise."""
    if product is None or product.order_id is None:
        return None
    order = await session.get_one(Order, product.order_id)
    return _Bought(product, order, await session.get_one(Account, order.account_id), await session.get_one(Sim, product.sim_id))
