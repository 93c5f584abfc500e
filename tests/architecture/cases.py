"""For each business mutation a case whose plan succeeds with at least one change."""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

from sqlmodel import select

from api.world import World
from auth.actor import Actor
from domain.bundles.service import Grant, grant
from domain.catalogue.tables import ActivationMode, Offering, VatRate
from domain.files import rules
from domain.files.uploads import Offer, take
from domain.kernel.calendar import JalaliMonth
from domain.kernel.ids import Kind, decode, encode
from schema.kernel.scalars import written
from tests.domain.billing.debts import owed
from tests.offerings import make_offering, sell
from tests.spares import make_spare
from tests.world import NOW, TwoTenants, ask, operator_admin


@dataclass(frozen=True)
class Case:
    """Who asks for what; `other_content` turns a repeated key into a conflict."""

    actor: Actor
    input: dict[str, Any]
    other_content: dict[str, Any] = field(default_factory=dict)


Maker = Callable[[World, TwoTenants], Awaitable[Case]]
CASES: dict[str, Maker] = {}


def case(name: str) -> Callable[[Maker], Maker]:
    """Registers a mutation's case."""

    def register(maker: Maker) -> Maker:
        CASES[name] = maker
        return maker

    return register


async def done(world: World, case: Case, name: str, selection: str) -> Any:
    """Applies a mutation as a step towards another's case."""
    kind = f"{name[0].upper()}{name[1:]}"
    document = f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ ... on {kind}Payload {{ {selection} }} ... on UserError {{ message }} }} }}"
    answer = await ask(world.database, case.actor, document, {"input": case.input}, at=world.clock.now(), parts=world)
    assert answer.errors == []
    return answer.data[name]


def sim(tenants: TwoTenants, index: int) -> str:
    """Global id of a card of the first company."""
    return encode(Kind.SIM, tenants.one.sims[index].id)


@case("simBlock")
async def sim_block(world: World, tenants: TwoTenants) -> Case:
    """Two active cards."""
    ids = [sim(tenants, 0), sim(tenants, 1)]
    return Case(
        tenants.one.as_profile_manager(), {"sims": {"ids": ids}, "reason": "LOST", "note": "left in a taxi", "idempotencyKey": str(uuid4())},
        {"reason": "REQUEST"},
    )  # fmt: skip


@case("simUnblock")
async def sim_unblock(world: World, tenants: TwoTenants) -> Case:
    """The card that the company blocked."""
    return Case(
        tenants.one.as_profile_manager(), {"sims": {"ids": [sim(tenants, 2)]}, "idempotencyKey": str(uuid4())}, {"note": "found again"}
    )


async def job(world: World, tenants: TwoTenants) -> str:
    """Global id of a job that waits: all active cards of the first company are to be blocked."""
    chosen = {"sims": {"filter": {"statuses": ["ACTIVE"]}}, "reason": "LOST", "idempotencyKey": str(uuid4())}
    begun = await done(world, Case(tenants.one.as_profile_manager(), chosen), "simBlock", "job { id }")
    return str(begun["job"]["id"])


@case("jobCancel")
async def job_cancel(world: World, tenants: TwoTenants) -> Case:
    """A job that waits."""
    return Case(tenants.one.as_profile_manager(), {"jobId": await job(world, tenants)})


@case("simActivate")
async def sim_activate(world: World, tenants: TwoTenants) -> Case:
    """The card that was never used."""
    return Case(
        tenants.one.as_profile_manager(), {"sims": {"ids": [sim(tenants, 6)]}, "idempotencyKey": str(uuid4())},
        {"sims": {"ids": [sim(tenants, 6), sim(tenants, 0)]}},
    )  # fmt: skip


@case("organizationUpdate")
async def organization_update(world: World, tenants: TwoTenants) -> Case:
    """One contact, another language and a paper."""
    actor = tenants.one.as_profile_manager()
    offer = Offer(tenants.one.id, actor.ref.id, "register.pdf", rules.type_of("register.pdf", "application/pdf"))
    content = io.BytesIO(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")
    file = await take(world.database, world.scanner, offer, content, limits=rules.Limits(), at=world.clock.now())
    contact = {"name": "Sara Rahimi", "role": "BILLING", "email": "sara@example.com", "phone": "+989121112233"}
    return Case(
        actor,
        {"organizationId": tenants.one.gid, "contacts": [contact], "locale": "BG", "addUploadIds": [encode(Kind.UPLOAD, file.id)]},
    )


@case("accountCreate")
async def account_create(world: World, tenants: TwoTenants) -> Case:
    """One more below sales."""
    return Case(tenants.one.as_profile_manager(), {"parentId": tenants.one.account("sales"), "name": "Export", "paymentMode": "POSTPAID"})


@case("accountUpdate")
async def account_update(world: World, tenants: TwoTenants) -> Case:
    """Another name."""
    return Case(tenants.one.as_profile_manager(), {"accountId": tenants.one.account("sales"), "name": "Sales and export"})


@case("accountMove")
async def account_move(world: World, tenants: TwoTenants) -> Case:
    """From under sales to under the office."""
    return Case(
        tenants.one.as_profile_manager(), {"accountId": tenants.one.account("field"), "parentId": tenants.one.account("office")}
    )


@case("simMove")
async def sim_move(world: World, tenants: TwoTenants) -> Case:
    """Two cards of different accounts."""
    ids = [sim(tenants, 0), sim(tenants, 5)]
    return Case(tenants.one.as_profile_manager(), {"sims": {"ids": ids}, "accountId": tenants.one.account("office")})


@case("simUpdate")
async def sim_update(world: World, tenants: TwoTenants) -> Case:
    """Two cards go to somebody else, on a cost centre that is new."""
    return Case(
        tenants.one.as_profile_manager(),
        {
            "sims": {"ids": [sim(tenants, 0), sim(tenants, 1)]}, "holder": {"name": "Kaveh Bahrami", "employeeNumber": "4711"},
            "costCentreCode": "CC-9", "addTags": ["night shift"],
        },
    )  # fmt: skip


@case("simImeiLock")
async def sim_imei_lock(world: World, tenants: TwoTenants) -> Case:
    """A card tied to a till."""
    content = {"simId": sim(tenants, 0), "imei": "490154203237518", "idempotencyKey": str(uuid4())}
    return Case(tenants.one.as_profile_manager(), content, {"imei": "356938035643809"})


@case("simReplace")
async def sim_replace(world: World, tenants: TwoTenants) -> Case:
    """A lost card's number on a spare one."""
    spare = await make_spare(world.database, tenants.one, world.sealer)
    content = {"simId": sim(tenants, 0), "spareSimId": encode(Kind.SIM, spare.id), "reason": "LOST", "idempotencyKey": str(uuid4())}
    return Case(tenants.one.as_profile_manager(), content, {"reason": "REQUEST"})


@case("auditUndo")
async def audit_undo(world: World, tenants: TwoTenants) -> Case:
    """A block taken back, of two."""
    for index in (3, 4):
        blocked = Case(tenants.one.as_profile_manager(), {"sims": {"ids": [sim(tenants, index)]}, "reason": "LOST", "idempotencyKey": str(uuid4())})
        await done(world, blocked, "simBlock", "plan { changeCount }")
    trail = await ask(
        world.database, tenants.one.as_profile_manager(),
        "query($id: ID!) { organization(id: $id) { auditTrail(first: 2) { edges { node { id } } } } }", {"id": tenants.one.gid}, parts=world,
    )  # fmt: skip
    entry, other = (edge["node"]["id"] for edge in trail.data["organization"]["auditTrail"]["edges"])
    return Case(tenants.one.as_profile_manager(), {"auditEntryId": entry, "idempotencyKey": str(uuid4())}, {"auditEntryId": other})


@case("ticketOpen")
async def ticket_open(world: World, tenants: TwoTenants) -> Case:
    """A question."""
    return Case(tenants.one.as_profile_manager(), {"organizationId": tenants.one.gid, "title": "No signal", "text": "Since noon."})


@case("ticketReply")
async def ticket_reply(world: World, tenants: TwoTenants) -> Case:
    """More words to it."""
    opened = await done(world, await ticket_open(world, tenants), "ticketOpen", "ticket { id }")
    return Case(tenants.one.as_profile_manager(), {"ticketId": opened["ticket"]["id"], "text": "It works again."})


@case("apiTokenCreate")
async def api_token_create(world: World, tenants: TwoTenants) -> Case:
    """A key for a program of the company."""
    return Case(
        tenants.one.as_profile_manager(),
        {"name": "ERP", "accountId": tenants.one.account("root"), "permissions": ["SIM_READ"], "expiresAt": written(NOW + timedelta(days=30))},
    )


@case("apiTokenRevoke")
async def api_token_revoke(world: World, tenants: TwoTenants) -> Case:
    """The end of that key."""
    made = await done(world, await api_token_create(world, tenants), "apiTokenCreate", "apiToken { id }")
    return Case(tenants.one.as_profile_manager(), {"apiTokenId": made["apiToken"]["id"]})


@case("membershipGrant")
async def membership_grant(world: World, tenants: TwoTenants) -> Case:
    """Another account manager."""
    person = {"name": "Nasrin Ahmadi", "mobile": "+989351112233", "email": "nasrin@example.com"}
    return Case(
        operator_admin(),
        {"person": person, "role": "ACCOUNT_MANAGER", "organizationId": tenants.one.gid, "accountId": tenants.one.account("office")},
    )


@case("membershipRevoke")
async def membership_revoke(world: World, tenants: TwoTenants) -> Case:
    """The end of it."""
    made = await done(world, await membership_grant(world, tenants), "membershipGrant", "membership { id }")
    return Case(operator_admin(), {"membershipId": made["membership"]["id"]})


@case("walletTransfer")
async def wallet_transfer(world: World, tenants: TwoTenants) -> Case:
    """From the company's wallet to that of its sales."""
    await done(world, await wallet_adjust(world, tenants), "walletAdjust", "plan { changeCount }")
    content = {
        "fromWalletId": tenants.one.wallet("root"), "toWalletId": tenants.one.wallet("sales"), "amount": {"amount": "250000"},
        "memo": "November", "idempotencyKey": str(uuid4()),
    }  # fmt: skip
    return Case(tenants.one.as_profile_manager(), content, {"amount": {"amount": "250001"}})


@case("walletAdjust")
async def wallet_adjust(world: World, tenants: TwoTenants) -> Case:
    """Money comes in."""
    wallet = (
        await ask(
            world.database, tenants.one.as_profile_manager(), "query($id: ID!) { account(id: $id) { wallet { id } } }",
            {"id": tenants.one.account("root")}, parts=world,
        )
    ).data["account"]["wallet"]["id"]  # fmt: skip
    content = {"walletId": wallet, "amount": {"amount": "5000000"}, "reason": "Bank transfer 4711", "idempotencyKey": str(uuid4())}
    return Case(operator_admin(), content, {"amount": {"amount": "6000000"}})


@case("walletTopUp")
async def wallet_top_up(world: World, tenants: TwoTenants) -> Case:
    """On a gateway's page."""
    content = {
        "walletId": tenants.one.wallet("root"), "amount": {"amount": "5000000"}, "idempotencyKey": str(uuid4()),
        "method": {"gatewayReturnUrl": "https://company.example/back"},
    }  # fmt: skip
    return Case(tenants.one.as_profile_manager(), content, {"amount": {"amount": "6000000"}})


async def slip_of(world: World, tenants: TwoTenants, reference: str) -> Case:
    """A slip that was paid at a bank."""
    content = {
        "walletId": tenants.one.wallet("root"), "amount": {"amount": "5000000"}, "idempotencyKey": str(uuid4()),
        "method": {"offline": {"reference": reference, "paidOn": world.clock.now().date().isoformat()}},
    }  # fmt: skip
    return Case(tenants.one.as_profile_manager(), content)


@case("paymentResolve")
async def payment_resolve(world: World, tenants: TwoTenants) -> Case:
    """The money of a slip came."""
    begun = await done(world, await slip_of(world, tenants, "4711"), "walletTopUp", "payment { id }")
    content = {"paymentId": begun["payment"]["id"], "isReceived": True, "idempotencyKey": str(uuid4())}
    return Case(operator_admin(), content, {"isReceived": False})


@case("paymentRefund")
async def payment_refund(world: World, tenants: TwoTenants) -> Case:
    """Half of it goes back to the bank."""
    settled = await done(world, await payment_resolve(world, tenants), "paymentResolve", "payment { id }")
    half = {"amount": {"amount": "2500000"}, "isToWallet": False, "idempotencyKey": str(uuid4())}
    return Case(operator_admin(), {"paymentId": settled["payment"]["id"], **half}, {"amount": {"amount": "2500001"}})


@case("voucherBatchCreate")
async def voucher_batch_create(world: World, tenants: TwoTenants) -> Case:
    """Three vouchers."""
    content = {"count": 3, "amount": {"amount": "500000"}, "idempotencyKey": str(uuid4())}
    return Case(operator_admin(), content, {"count": 4})


@case("orderPlace")
async def order_place(world: World, tenants: TwoTenants) -> Case:
    """A bundle for two cards, with money for it."""
    await done(world, await wallet_adjust(world, tenants), "walletAdjust", "plan { changeCount }")
    actor, offering = tenants.one.as_profile_manager(), make_offering()
    await sell(world.database, offering)
    content = {
        "accountId": tenants.one.account("root"),
        "lines": [{"offeringId": encode(Kind.OFFERING, offering.id), "sims": {"ids": [sim(tenants, 0), sim(tenants, 1)]}}],
        "idempotencyKey": str(uuid4()),
    }
    return Case(actor, content, {"memo": "something else"})


@case("groupCreate")
async def group_create(world: World, tenants: TwoTenants) -> Case:
    """A group of the office's cards, with somebody who pays for it."""
    person = {"name": "Kaveh Amini", "mobile": "+989351112244"}
    content = {"accountId": tenants.one.account("root"), "name": "Vans", "manager": person, "add": {"ids": [sim(tenants, 0), sim(tenants, 1)]}}
    return Case(tenants.one.as_profile_manager(), content)


async def group(world: World, tenants: TwoTenants) -> str:
    """Global id of a group of two cards."""
    return str((await done(world, await group_create(world, tenants), "groupCreate", "group { id }"))["group"]["id"])


@case("groupUpdate")
async def group_update(world: World, tenants: TwoTenants) -> Case:
    """Another name, one card more and one less."""
    content = {"name": "Lorries", "add": {"ids": [sim(tenants, 3)]}, "remove": {"ids": [sim(tenants, 0)]}}
    return Case(tenants.one.as_profile_manager(), {"groupId": await group(world, tenants), **content}, {"name": "Cars"})


@case("groupDelete")
async def group_delete(world: World, tenants: TwoTenants) -> Case:
    """The end of it."""
    return Case(tenants.one.as_profile_manager(), {"groupId": await group(world, tenants)})


@case("paymentPolicySave")
async def payment_policy_save(world: World, tenants: TwoTenants) -> Case:
    """Recharges of a group's lines."""
    rule = {"autoTopUp": {"triggerBelow": {"amount": "10000", "unit": "RIAL"}, "amount": {"amount": "50000"}}}
    wallet = encode(Kind.WALLET, tenants.one.wallets["root"])
    content = {"groupId": await group(world, tenants), "rule": rule, "walletId": wallet, "notifyEmails": ["books@example.com"]}
    return Case(tenants.one.as_profile_manager(), content)


@case("paymentPolicyDelete")
async def payment_policy_delete(world: World, tenants: TwoTenants) -> Case:
    """The end of them."""
    made = await done(world, await payment_policy_save(world, tenants), "paymentPolicySave", "policy { id }")
    return Case(tenants.one.as_profile_manager(), {"policyId": made["policy"]["id"]})


@case("orderReceiptSend")
async def order_receipt_send(world: World, tenants: TwoTenants) -> Case:
    """Its receipt once more."""
    placed = await done(world, await order_place(world, tenants), "orderPlace", "order { id }")
    return Case(tenants.one.as_profile_manager(), {"orderId": placed["order"]["id"], "emails": ["books@example.com"]})


@case("billPay")
async def bill_pay(world: World, tenants: TwoTenants) -> Case:
    """A part of a bill by a slip."""
    bill = await owed(world.database, tenants.one.accounts["sales"], tenants.one.sims[0])
    slip = {"offline": {"reference": "4711", "paidOn": str(NOW.date())}}
    content = {"billId": encode(Kind.BILL, bill.id), "amount": {"amount": "5000"}, "method": slip, "idempotencyKey": str(uuid4())}
    return Case(tenants.one.as_profile_manager(), content, {"amount": {"amount": "6000"}})


@case("billDispute")
async def bill_dispute(world: World, tenants: TwoTenants) -> Case:
    """An objection to a line."""
    bill = await owed(world.database, tenants.one.accounts["office"], tenants.one.sims[8])
    lines = [encode(Kind.BILL_LINE, bill.line_ids[0])]
    return Case(tenants.one.as_profile_manager(), {"billId": encode(Kind.BILL, bill.id), "lineIds": lines, "reason": "Nobody called."})


@case("billDisputeResolve")
async def bill_dispute_resolve(world: World, tenants: TwoTenants) -> Case:
    """A part of it is given back."""
    opened = await done(world, await bill_dispute(world, tenants), "billDispute", "dispute { id }")
    content = {"disputeId": opened["dispute"]["id"], "credit": {"amount": "20000"}, "note": "Half of it.", "idempotencyKey": str(uuid4())}
    return Case(operator_admin(), content, {"note": "All of it."})


@case("incidentSave")
async def incident_save(world: World, tenants: TwoTenants) -> Case:
    """An outage."""
    words = {"title": "No data in Qom", "text": "A cable was cut.", "services": ["DATA", "SMS"]}
    return Case(operator_admin(), {**words, "period": {"endsAt": written(NOW + timedelta(hours=5))}})


@case("budgetSet")
async def budget_set(world: World, tenants: TwoTenants) -> Case:
    """What the whole company may spend in a month."""
    month = str(JalaliMonth.of(NOW))
    return Case(
        tenants.one.as_profile_manager(),
        {"subjectId": tenants.one.account("root"), "month": month, "limit": {"amount": "900000000"}, "thresholds": [75, 90, 100]},
    )


@case("approvalBandsSet")
async def approval_bands_set(world: World, tenants: TwoTenants) -> Case:
    """From a million rials on the profile manager's word."""
    band = {"from": {"amount": "1000000"}, "approverId": encode(Kind.PERSON, tenants.one.profile_manager.id)}
    return Case(tenants.one.as_profile_manager(), {"accountId": tenants.one.account("sales"), "bands": [band]})


@case("approvalDelegate")
async def approval_delegate(world: World, tenants: TwoTenants) -> Case:
    """A fortnight's leave."""
    held = {"endsAt": written(NOW + timedelta(days=14))}
    return Case(tenants.one.as_account_manager(), {"toPersonId": encode(Kind.PERSON, tenants.one.profile_manager.id), "validFor": held})


async def held(world: World, tenants: TwoTenants) -> dict[str, Any]:
    """An order of the account manager's that waits for the profile manager."""
    await done(world, await approval_bands_set(world, tenants), "approvalBandsSet", "plan { changeCount }")
    content = {"walletId": tenants.one.wallet("sales"), "amount": {"amount": "5000000"}, "reason": "Bank", "idempotencyKey": str(uuid4())}
    await done(world, Case(operator_admin(), content), "walletAdjust", "plan { changeCount }")
    async with world.database.read() as session:
        offering = (await session.scalars(select(Offering).limit(1))).one_or_none()
        is_taxed = (await session.scalars(select(VatRate).limit(1))).one_or_none() is not None
    if offering is None:
        offering = make_offering()
        if is_taxed:
            async with world.database.write() as session:
                session.add(offering)
        else:
            await sell(world.database, offering)
    line = {"offeringId": encode(Kind.OFFERING, offering.id), "sims": {"ids": [sim(tenants, 0)]}}
    wish = {"accountId": tenants.one.account("sales"), "lines": [line], "idempotencyKey": str(uuid4())}
    placed = await done(world, Case(tenants.one.as_account_manager(), wish), "orderPlace", "order { id approval { id } }")
    return cast(dict[str, Any], placed["order"])


@case("approvalDecide")
async def approval_decide(world: World, tenants: TwoTenants) -> Case:
    """Yes to an order."""
    order = await held(world, tenants)
    content = {"approvalId": order["approval"]["id"], "isGranted": True, "idempotencyKey": str(uuid4())}
    return Case(tenants.one.as_profile_manager(), content, {"note": "but not again"})


@case("orderCancel")
async def order_cancel(world: World, tenants: TwoTenants) -> Case:
    """An order that waits is withdrawn."""
    order = await held(world, tenants)
    content = {"orderId": order["id"], "idempotencyKey": str(uuid4())}
    return Case(tenants.one.as_account_manager(), content, {"itemIds": [encode(Kind.ORDER_ITEM, tenants.one.id)]})


@case("productUpdate")
async def product_update(world: World, tenants: TwoTenants) -> Case:
    """What an order brought buys itself again."""
    wish = await order_place(world, tenants)
    placed = await done(world, wish, "orderPlace", "order { id }")
    offering_id, order_id = (decode(id).id for id in (wish.input["lines"][0]["offeringId"], placed["order"]["id"]))
    granted = Grant(tenants.one.id, tenants.one.sims[0].id, offering_id, ActivationMode.NOW, order_id=order_id)
    async with world.database.write() as session:
        product_id = await grant(session, granted, at=world.clock.now())
    return Case(tenants.one.as_profile_manager(), {"productId": encode(Kind.PRODUCT, product_id), "isRenewing": True})


@case("exportCreate")
async def export_create(world: World, tenants: TwoTenants) -> Case:
    """All cards of the company."""
    return Case(tenants.one.as_profile_manager(), {"kind": "SIMS", "subjectId": tenants.one.gid})


@case("importCreate")
async def import_create(world: World, tenants: TwoTenants) -> Case:
    """A file of one holder."""
    actor = tenants.one.as_profile_manager()
    type = rules.type_of("holders.csv", "text/csv")
    content = f"msisdn,holder\n{tenants.one.sims[0].msisdn},Nima\n".encode()
    offer = Offer(tenants.one.id, actor.ref.id, "holders.csv", type)
    file = await take(world.database, world.scanner, offer, io.BytesIO(content), limits=rules.Limits(), at=world.clock.now())
    return Case(
        actor,
        {"kind": "HOLDERS", "organizationId": tenants.one.gid, "uploadId": encode(Kind.UPLOAD, file.id), "idempotencyKey": str(uuid4())},
        {"errorPolicy": "SKIP_FAILED"},
    )
