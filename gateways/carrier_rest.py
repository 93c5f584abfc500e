"""The carrier's REST interface, shaped like TMF622 (product ordering) and TMF639 (resource inventory).

An order item is a product order with one item and our id as `externalId`:
`POST <base>/productOrder` orders it, `GET <base>/productOrder?externalId=<id>` tells what became of it. A line's state, its device
lock and the card under its number are `PATCH <base>/resource/<iccid>`. All writes carry `Idempotency-Key`. Only an order in state
`rejected`, `failed` or `cancelled`, or 422 with a TMF `Error`, is a refusal; any other status, a broken body and silence conclude
nothing.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx

from domain.orders.ports import CarrierAnswer, CarrierSilent, Outcome, Provision
from domain.sims.ports import NetworkRefused, NetworkSilent
from domain.sims.states import Barring, SimStatus

TIMEOUT_SECONDS = 20.0
_REFUSED = 422
_OUTCOMES: Mapping[str, Outcome] = {
    "acknowledged": Outcome.ACCEPTED,
    "pending": Outcome.ACCEPTED,
    "held": Outcome.ACCEPTED,
    "inProgress": Outcome.ACCEPTED,
    "completed": Outcome.COMPLETED,
    "rejected": Outcome.REFUSED,
    "failed": Outcome.REFUSED,
    "cancelled": Outcome.REFUSED,
}


class RestCarrier:
    """The carrier at a URL `https://token@host/base`; `close()` when done.

    Plain http is for a carrier on this machine; a wrong URL is a `ValueError` that doesn't repeat the token.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        given = httpx.URL(url)
        is_safe = given.scheme == "https" or (given.scheme == "http" and given.host in ("127.0.0.1", "localhost", "::1"))
        if not (is_safe and given.host and given.username):
            raise ValueError("a carrier is https://token@host/base")
        base = given.copy_with(username="", password="")
        headers = {"Authorization": f"Bearer {given.username}"}
        self._client = httpx.AsyncClient(base_url=base, headers=headers, timeout=timeout, follow_redirects=False, trust_env=False)

    async def provision(self, item: Provision) -> CarrierAnswer:
        """Orders an item."""
        try:
            response = await self._client.post("productOrder", json=_order(item), headers={"Idempotency-Key": str(item.item_id)})
        except httpx.HTTPError as error:
            raise CarrierSilent(f"the carrier can't be reached ({type(error).__name__})") from error
        if response.status_code == _REFUSED and (reason := _reason(response)):
            return CarrierAnswer(Outcome.REFUSED, reason)
        return _answer(_body(response))

    async def progress(self, item_id: UUID) -> CarrierAnswer:
        """Asks what became of an item."""
        try:
            response = await self._client.get("productOrder", params={"externalId": str(item_id)})
        except httpx.HTTPError as error:
            raise CarrierSilent(f"the carrier can't be reached ({type(error).__name__})") from error
        found = _body(response)
        if not isinstance(found, list):
            raise CarrierSilent("the carrier's answer is no list")
        return _answer(found[0]) if found else CarrierAnswer(Outcome.UNKNOWN)

    async def set_state(self, command_id: UUID, iccid: str, status: SimStatus, barring: Barring) -> None:
        """Puts a line into a state."""
        await self._change(command_id, iccid, _state(status, barring))

    async def lock_device(self, command_id: UUID, iccid: str, imei: str | None) -> None:
        """Ties a card to a device, or frees it."""
        await self._change(command_id, iccid, {"resourceCharacteristic": [{"name": "lockedImei", "value": imei}]})

    async def replace_card(
        self, command_id: UUID, iccid: str, was_iccid: str, msisdn: str, status: SimStatus, barring: Barring
    ) -> None:
        """Puts a number on another card; the resource asked to change is the number's new card, related to the one it replaces."""
        related = [
            {"relationshipType": "replaces", "resource": {"id": was_iccid}},
            {"relationshipType": "bears", "resource": {"id": msisdn}},
        ]
        await self._change(command_id, iccid, _state(status, barring) | {"resourceRelationship": related})

    async def _change(self, command_id: UUID, iccid: str, body: Mapping[str, Any]) -> None:
        """Changes a card's resource; the same command id does it once."""
        try:
            response = await self._client.patch(f"resource/{iccid}", json=body, headers={"Idempotency-Key": str(command_id)})
        except httpx.HTTPError as error:
            raise NetworkSilent(f"the carrier can't be reached ({type(error).__name__})") from error
        if response.status_code == _REFUSED and (reason := _reason(response)):
            raise NetworkRefused(reason)
        if not response.is_success:
            raise NetworkSilent(f"the carrier answers {response.status_code}")

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def _state(status: SimStatus, barring: Barring) -> dict[str, Any]:
    """A line's state as a TMF639 resource has it."""
    return {
        "administrativeState": "unlocked" if status is SimStatus.ACTIVE else "locked",
        "resourceCharacteristic": [{"name": "barring", "value": barring.value}],
    }


def _order(item: Provision) -> dict[str, Any]:
    """An item as a TMF622 product order."""
    named = {"msisdn": item.msisdn, "iccid": item.iccid, "activation": item.activation.value}
    granted = [{"name": f"allowance.{grant.usage_type}", "value": grant.amount} for grant in item.allowances]
    characteristics = [{"name": name, "value": value} for name, value in named.items()] + granted
    order: dict[str, Any] = {
        "@type": "ProductOrder",
        "externalId": str(item.item_id),
        "description": item.order_number,
        "productOrderItem": [
            {
                "id": "1",
                "action": "add",
                "productOffering": {"id": item.offering_code},
                "product": {"@type": "Product", "productCharacteristic": characteristics},
            }
        ],
    }
    return order if item.activate_at is None else order | {"requestedStartDate": item.activate_at.isoformat()}


def _body(response: httpx.Response) -> Any:
    if not response.is_success:
        raise CarrierSilent(f"the carrier answers {response.status_code}")
    try:
        return response.json()
    except ValueError as error:
        raise CarrierSilent("the carrier's answer is no JSON") from error


def _answer(order: Any) -> CarrierAnswer:
    """What a product order's state means; one that we don't know means nothing."""
    state = order.get("state") if isinstance(order, dict) else None
    outcome = _OUTCOMES.get(str(state))
    if outcome is None:
        raise CarrierSilent(f"the carrier tells the unknown state {state!r}")
    reason = order.get("stateReason") or order.get("statusChangeReason") or state
    return CarrierAnswer(outcome, str(reason) if outcome is Outcome.REFUSED else None)


def _reason(response: httpx.Response) -> str | None:
    """The words of a TMF `Error`: its reason, else its code; null for a body that isn't one, which is no refusal to rely on."""
    try:
        told = response.json()
        return str(told.get("reason") or told["code"])
    except (ValueError, KeyError, AttributeError):
        return None
