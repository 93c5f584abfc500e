"""A world with one of everything: whatever has a global id exists in the first company."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import update
from sqlmodel import col

from api.world import World
from auth.actor import Actor, Grant, grants_of
from auth.policy import RIGHTS
from domain.kernel.ids import Kind, decode, encode, uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.scope import ActorRef, Reach
from domain.orders.tables import Order
from domain.people.tables import Person
from tests.architecture.cases import CASES, done, job, slip_of
from tests.bills import issue_bill
from tests.world import NOW, TwoTenants, ask, operator_admin

IDS_BY_NAME = {
    "organizationId": "Organization", "accountId": "Account", "parentId": "Account", "simId": "Sim", "orderId": "Order", "walletId": "Wallet",
    "fromWalletId": "Wallet", "toWalletId": "Wallet",
    "ticketId": "Ticket", "apiTokenId": "ApiToken", "membershipId": "Membership", "offeringId": "ProductOffering",
    "jobId": "Job", "spareSimId": "Sim", "auditEntryId": "AuditEntry", "billId": "Bill",
    "withId": "Bill", "lineIds": "BillLine", "disputeId": "BillDispute",
    "toPersonId": "Person", "approverId": "Person", "approvalId": "Approval",
    "groupId": "Group", "policyId": "PaymentPolicy",
    "paymentId": "Payment", "notificationIds": "Notification",
}  # fmt: skip
VALUES: dict[str, Any] = {
    "String": "some text", "Int": 1, "Boolean": True, "DateTime": "2027-01-01T00:00:00Z", "UUID": str(uuid4()), "EmailAddress": "a@example.com",
    "MSISDN": "+989351112233", "Decimal": "1000", "Date": "2026-11-20", "URL": "https://example.com/back",
    "ICCID": "8998350000000000011", "IMSI": "432351234567890", "JalaliMonth": "1405-07",
}  # fmt: skip


@dataclass(frozen=True)
class Full:
    """Global ids by type, and an actor for each role."""

    ids: dict[str, str]
    actors: dict[str, Actor | None]
    reference: str

    def node(self, kind: str) -> str:
        """The id of one thing of a type."""
        return self.ids[kind]

    def value(self, kind: str, name: str) -> Any:
        """A value of a leaf type; ids by the name of their argument."""
        if kind == "ID":
            return self.ids[IDS_BY_NAME.get(name, "Account")]
        return self.reference if name == "reference" else VALUES[kind]


async def make_full(world: World, tenants: TwoTenants) -> Full:
    """Does one of everything as the first company's manager."""
    ids = {
        "Organization": tenants.one.gid,
        "Account": tenants.one.account("root"),
        "Sim": encode(Kind.SIM, tenants.one.sims[0].id),
        "Person": encode(Kind.PERSON, tenants.one.profile_manager.id),
    }
    token = await done(world, await CASES["apiTokenCreate"](world, tenants), "apiTokenCreate", "apiToken { id }")
    ids["ApiToken"] = token["apiToken"]["id"]
    granted = await done(world, await CASES["membershipGrant"](world, tenants), "membershipGrant", "membership { id }")
    ids["Membership"] = granted["membership"]["id"]
    ticket = await done(world, await CASES["ticketOpen"](world, tenants), "ticketOpen", "ticket { id }")
    ids["Ticket"] = ticket["ticket"]["id"]
    case = await CASES["orderPlace"](world, tenants)
    placed = await done(world, case, "orderPlace", "order { id number items(first: 1) { edges { node { id offering { id } } } } transfers { id entries { id } } }")
    order = placed["order"]
    item, transfer = order["items"]["edges"][0]["node"], order["transfers"][0]
    ids |= {
        "Order": order["id"], "OrderItem": item["id"], "ProductOffering": item["offering"]["id"], "LedgerTransfer": transfer["id"],
        "LedgerEntry": transfer["entries"][0]["id"],
    }  # fmt: skip
    policy = await done(world, await CASES["paymentPolicySave"](world, tenants), "paymentPolicySave", "policy { id group { id } }")
    ids |= {"PaymentPolicy": policy["policy"]["id"], "Group": policy["policy"]["group"]["id"]}
    ids["Job"] = await job(world, tenants)
    budget = await done(world, await CASES["budgetSet"](world, tenants), "budgetSet", "budget { id }")
    ids["Budget"] = budget["budget"]["id"]
    ids["Approval"] = (await CASES["approvalDecide"](world, tenants)).input["approvalId"]
    slip = await done(world, await slip_of(world, tenants, "4710"), "walletTopUp", "payment { id }")
    ids["Payment"] = slip["payment"]["id"]
    batch = await done(world, await CASES["voucherBatchCreate"](world, tenants), "voucherBatchCreate", "batch { id }")
    ids["VoucherBatch"] = batch["batch"]["id"]
    outage = await done(world, await CASES["incidentSave"](world, tenants), "incidentSave", "incident { id }")
    ids["Incident"] = outage["incident"]["id"]
    asked = await ask(
        world.database, tenants.one.as_profile_manager(),
        """query($o: ID!, $a: ID!) { account(id: $a) { wallet { id } } organization(id: $o) { auditTrail(first: 1) { edges { node { id } } } }
        viewer { notifications(first: 1) { edges { node { id } } } } }""",
        {"o": tenants.one.gid, "a": tenants.one.account("root")}, parts=world,
    )  # fmt: skip
    ids["Wallet"] = asked.data["account"]["wallet"]["id"]
    ids["AuditEntry"] = asked.data["organization"]["auditTrail"]["edges"][0]["node"]["id"]
    ids["Notification"] = asked.data["viewer"]["notifications"]["edges"][0]["node"]["id"]
    bill = await issue_bill(world.database, tenants.one.accounts["root"], tenants.one.sims[0])
    ids |= {"Bill": encode(Kind.BILL, bill.id), "BillLine": encode(Kind.BILL_LINE, bill.line_ids[0])}
    disputed = await done(world, await CASES["billDispute"](world, tenants), "billDispute", "dispute { id }")
    ids["BillDispute"] = disputed["dispute"]["id"]
    async with world.database.write() as session:
        operators = [Person(id=uuid7(), name=name, name_fold=name.lower(), created_at=NOW) for name in ("Support", "Operator")]
        session.add_all(operators)
    supporter = ActorRef(operators[0].id, "Support", person_id=operators[0].id, is_operator=True)
    reader = ActorRef(uuid7(), "ERP", person_id=tenants.one.profile_manager.id, api_token_id=uuid7())
    helper, group_id = tenants.one.account_manager.id, decode(ids["Group"]).id
    async with world.database.write() as session:  # the order was the group's
        await session.execute(update(Order).where(col(Order.id) == decode(ids["Order"]).id).values(group_id=group_id))
    delegated = grants_of(Role.GROUP_MANAGER, tenants.one.id, tenants.one.accounts["root"].path, group_id=group_id)
    actors: dict[str, Actor | None] = {
        "stranger": None,
        "profile manager": tenants.one.as_profile_manager(),
        "account manager": tenants.one.as_account_manager(),
        "group manager": Actor(ActorRef(helper, "Delegate", person_id=helper), tuple(delegated), session_id=uuid7(), proven_at=NOW),
        "support": Actor(supporter, (Grant(RIGHTS[Role.SUPPORT], Reach(None)),), session_id=uuid7(), proven_at=NOW, is_masked=True),
        "support in a view": replace(tenants.one.as_support(), ref=replace(supporter, ticket_id=tenants.one.as_support().ref.ticket_id)),
        "operator administrator": replace(operator_admin(), ref=ActorRef(operators[1].id, "Operator", operators[1].id, is_operator=True)),
        "token that reads SIM cards": Actor(reader, (Grant(frozenset({Permission.ACCOUNT_READ, Permission.SIM_READ}), Reach(tenants.one.id)),)),
    }
    return Full(ids, actors, order["number"])
