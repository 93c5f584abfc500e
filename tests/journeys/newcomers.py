"""Four newcomers do the main job over plain HTTP: a profile manager, an account manager, a partner and support.

Standard library only, nothing of the project imported: what they know is the address, what `run` printed, the app's documents and the
development inbox. `python tests/journeys/newcomers.py --base http://127.0.0.1:8000 --manager 0935… --account-manager …@… --support … SECRET`.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import struct
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "mobile" / "documents"
RUNBOOKS = ROOT / "web" / "runbooks"


def expect(condition: object, what: str) -> None:
    """Ends the story when something isn't as promised."""
    if not condition:
        raise SystemExit(f"not as promised: {what}")


def totp(secret: str) -> str:
    """The code an authenticator shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


class Client:
    """Somebody with an address and perhaps a token."""

    def __init__(self, base: str, token: str | None = None) -> None:
        self.base, self.token = base, token

    def get(self, path: str) -> tuple[int, bytes, str]:
        """Fetches a page or a file: status, content, media type."""
        url = path if path.startswith("http") else self.base + path
        request = urllib.request.Request(url, headers={"authorization": f"Bearer {self.token}"} if self.token else {})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read(), answer.headers.get_content_type()
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers.get_content_type()

    def ask(self, document: str, variables: dict[str, Any] | None = None, operation: str | None = None) -> dict[str, Any]:
        """Sends a document; returns the whole answer."""
        body = json.dumps({"query": document, "variables": variables or {}, "operationName": operation}).encode()
        headers = {"content-type": "application/json", "accept": "application/json", "accept-language": "en"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.base + "/graphql", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=70) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))

    def data(self, document: str, variables: dict[str, Any] | None = None, operation: str | None = None) -> dict[str, Any]:
        """Sends a document that has to succeed; returns its data."""
        answer = self.ask(document, variables, operation)
        expect("errors" not in answer, f"{operation or document[:60]}: {answer.get('errors')}")
        return dict(answer["data"])

    def app(self, file: str, operation: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Sends one of the app's own documents."""
        return self.data((DOCUMENTS / f"{file}.graphql").read_text(), variables, operation)

    def inbox(self, to: str) -> list[dict[str, Any]]:
        """Messages to an address, newest first."""
        _, content, _ = self.get(f"/dev/inbox.json?to={urllib.parse.quote(to)}")
        return list(json.loads(content)["messages"])

    def message(self, to: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Waits for a message."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for message in self.inbox(to):
                if wanted(message):
                    return message
            time.sleep(0.1)
        raise SystemExit(f"no such message to {to} in 20 s")

    def code(self, to: str, length: int, known: set[str]) -> str:
        """Waits for a one-time code that isn't one of the known messages."""
        text = str(self.message(to, lambda message: message["id"] not in known)["text"])
        found = re.search(rf"(?<!\d)\d{{{length}}}(?!\d)", text)
        expect(found, f"a code of {length} digits in: {text}")
        return found.group() if found else ""


def challenge(client: Client, identity: str, channel: str) -> tuple[str, str]:
    """Asks for a code and reads it: the challenge and the code."""
    known = {message["id"] for message in client.inbox(identity)}
    asked = client.app("01_sign_in", "OtpRequest", {"input": {"identity": identity, "channel": channel}})["otpRequest"]
    expect(asked["__typename"] == "OtpRequestPayload", f"a challenge, not {asked}")
    return asked["challenge"]["id"], client.code(identity, asked["challenge"]["codeLength"], known)


def sign_in(base: str, identity: str, channel: str = "SMS", secret: str | None = None) -> Client:
    """Signs in with a code, and with the authenticator where it is asked for."""
    client = Client(base)
    id, code = challenge(client, identity, channel)
    done = client.app("01_sign_in", "SessionCreate", {"input": {"proof": {"otp": {"challengeId": id, "code": code}}}})["sessionCreate"]
    if done["__typename"] == "SecondFactorRequired":
        expect(secret, "no second factor for somebody without an authenticator")
        proof = {"totp": {"challengeId": done["challenge"]["id"], "code": totp(secret or "")}}
        done = client.app("01_sign_in", "SessionCreate", {"input": {"proof": proof}})["sessionCreate"]
    expect(done["__typename"] == "SessionCreatePayload", f"signed in, not {done}")
    client.token = done["tokens"]["accessToken"]
    client.viewer = done["viewer"]  # type: ignore[attr-defined]
    return client


def walk(client: Client, account: str, most: int = 200) -> list[dict[str, Any]]:
    """The first page of a fleet, as the app reads it."""
    page = client.app("05_fleet_page", "Fleet", {"account": account, "first": most})["account"]["sims"]
    return [edge["node"] for edge in page["edges"]]


def profile_manager(base: str, identity: str) -> dict[str, Any]:
    """The app's story: code from the inbox, tree, SIM, PUK, plan, buy, mail, PDF."""
    client = sign_in(base, identity)
    home = client.app("03_home", "Home")["viewer"]["memberships"]
    membership = max(home, key=lambda membership: membership["account"]["counters"]["total"])
    organization, account = membership["organization"]["id"], membership["account"]["id"]
    tree = [edge["node"] for edge in client.app("04_account_tree", "AccountTree", {"organization": organization})["organization"]["accounts"]["edges"]]
    expect(max(node["depth"] for node in tree) >= 3 and tree[0]["counters"]["total"] > 100, "a tree four deep with many SIM cards")

    fleet = walk(client, account)
    expect(len(fleet) == 200, "a full page of 200 SIM cards")
    sim = next(sim for sim in fleet if sim["status"] == "ACTIVE" and sim["msisdn"])
    detail = client.app("06_sim_detail", "SimDetail", {"by": {"msisdn": sim["msisdn"]}})["sim"]
    expect(detail["id"] == sim["id"] and detail["figures"] and len(detail["recentUsage"]) <= 15, "the SIM card with its figures and usage")
    expect(client.app("07_sim_apns", "SimApns", {"id": sim["id"]})["sim"]["apns"] is not None, "access points")

    revealed = client.app("08_sim_puk_reveal", "PukReveal", {"input": {"simId": sim["id"], "reason": "A newcomer's journey"}})["simPukReveal"]
    expect(revealed["__typename"] == "SimPukRevealPayload", f"the PUK codes, not {revealed}")
    expect(len(revealed["puk"]["puk1"]) == 8 and revealed["puk"]["puk1"].isdigit(), "a PUK of 8 digits")

    offerings = [edge["node"] for edge in client.app("10_catalogue", "Catalogue", {"filter": {"simId": sim["id"]}})["offerings"]["edges"]]
    offering = next(offer for offer in offerings if offer["category"] == "BUNDLE" and "NOW" in offer["activations"])
    order: dict[str, Any] = {
        "accountId": account,
        "lines": [{"offeringId": offering["id"], "sims": {"ids": [sim["id"]]}, "activation": "NOW"}],
        "receiptEmails": ["accounts@example.com"],
        "locale": "FA",
        "memo": "A newcomer's journey",
        "idempotencyKey": str(uuid.uuid4()),
    }
    planned = client.app("11_order_place", "OrderPlace", {"input": {**order, "mode": "PLAN"}})["orderPlace"]
    expect(planned["__typename"] == "OrderPlacePayload" and planned["order"] is None, f"a plan, not {planned}")
    total = planned["plan"]["total"]
    expect(int(total["net"]["amount"]) + int(total["vat"]["amount"]) == int(total["gross"]["amount"]), "net + VAT = gross")
    apply = {"input": {**order, "mode": "APPLY", "planToken": planned["plan"]["token"]}}
    placed = client.app("11_order_place", "OrderPlace", apply)["orderPlace"]
    expect(placed["__typename"] == "OrderPlacePayload" and placed["order"], f"an order, not {placed}")
    again = client.app("11_order_place", "OrderPlace", apply)["orderPlace"]
    expect(again["order"]["id"] == placed["order"]["id"], "the same key gives the same order")

    number, until = placed["order"]["number"], time.monotonic() + 60
    while True:
        now = client.app("11_order_place", "OrderProgress", {"id": placed["order"]["id"]})["node"]
        if now["state"] in {"COMPLETED", "PARTIAL", "FAILED"} and now["receipt"]:
            break
        expect(time.monotonic() < until, f"the order ends within a minute, not {now['state']}")
        time.sleep(0.2)
    mail = client.message("accounts@example.com", lambda message: number in message["subject"] + message["text"])
    expect(mail["attachments"], "the receipt is attached to the mail")
    status, pdf, media_type = client.get(now["receipt"]["url"])
    expect((status, media_type, pdf[:5]) == (200, "application/pdf", b"%PDF-"), "the receipt is a PDF")
    expect(Client(base).get(now["receipt"]["url"].replace("/files/", "/files/x"))[0] in {403, 404}, "a forged link opens nothing")
    history = client.app("12_purchase_history", "PurchaseHistory", {"account": account})["account"]["orders"]
    expect(number in [edge["node"]["number"] for edge in history["edges"]], "the order is in the history at once")
    return {"client": client, "organization": organization, "account": account, "sim": sim, "order": number, "tree": tree, "offering": offering}


def account_manager(base: str, identity: str, whole: dict[str, Any]) -> dict[str, Any]:
    """Queries by e-mail sign-in: the subtree and nothing else."""
    client = sign_in(base, identity, "EMAIL")
    membership = client.viewer["memberships"][0]  # type: ignore[attr-defined]
    tree = client.app("04_account_tree", "AccountTree", {"organization": membership["organization"]["id"]})["organization"]["accounts"]["edges"]
    expect(0 < len(tree) < len(whole["tree"]), "a part of the tree")
    expect(tree[0]["node"]["parent"] is None, "nothing above the subtree")
    counters = client.data("query($id: ID!) { account(id: $id) { counters { total } } }", {"id": membership["account"]["id"]})["account"]["counters"]
    expect(0 < counters["total"] < whole["tree"][0]["counters"]["total"], "a part of the fleet")
    seen = {edge["node"]["id"] for edge in tree}
    foreign = next(node["id"] for node in whole["tree"] if node["id"] not in seen)
    expect(client.data("query($id: ID!) { node(id: $id) { id } }", {"id": foreign})["node"] is None, "an account outside is not found")
    refused = client.ask("query($id: ID!) { account(id: $id) { name } }", {"id": foreign})
    expect(refused["errors"][0]["extensions"]["code"] == "NOT_FOUND", "and asked by name neither")
    return {"client": client, "account": membership["account"]["id"]}


def partner(base: str, manager: dict[str, Any]) -> str:
    """A token made by the manager, used as Bearer on the same schema, and revoked."""
    owner: Client = manager["client"]
    create = """mutation($input: ApiTokenCreateInput!) { apiTokenCreate(input: $input) {
      __typename ... on ApiTokenCreatePayload { secret apiToken { id prefix } } ... on UserError { code message field } } }"""
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
    made = owner.data(create, {"input": {
        "name": "Newcomer's integration", "accountId": manager["account"], "permissions": ["ACCOUNT_READ", "SIM_READ", "ORDER_READ", "ORDER_PLACE", "WALLET_READ"],
        "networks": ["127.0.0.0/8", "::1/128"], "expiresAt": expires, "mode": "APPLY",
    }})["apiTokenCreate"]  # fmt: skip
    expect(made["__typename"] == "ApiTokenCreatePayload" and made["secret"].startswith("smg_"), f"a token, not {made}")
    client = Client(base, made["secret"])
    expect(len(walk(client, manager["account"], 50)) == 50, "a page of the fleet by token")
    order = {
        "accountId": manager["account"], "idempotencyKey": str(uuid.uuid4()), "externalReference": f"ERP-{uuid.uuid4().hex[:8]}",
        "lines": [{"offeringId": manager["offering"]["id"], "sims": {"ids": [manager["sim"]["id"]]}}],
    }  # fmt: skip
    first, second = (client.app("11_order_place", "OrderPlace", {"input": order})["orderPlace"] for _ in range(2))
    expect(first["order"] and first["order"]["id"] == second["order"]["id"], f"an idempotent order by token: {first}")
    found = client.data("query($r: String!) { order(reference: $r) { number } }", {"r": order["externalReference"]})["order"]
    expect(found["number"] == first["order"]["number"], "found again by the partner's own reference")
    reveal = (DOCUMENTS / "08_sim_puk_reveal.graphql").read_text()
    refused = client.ask(reveal, {"input": {"simId": manager["sim"]["id"], "reason": "try it"}}, "PukReveal")
    expect(refused.get("errors") and refused["errors"][0]["extensions"]["code"] == "FORBIDDEN", f"no PUK by token: {refused}")
    revoke = "mutation($input: ApiTokenRevokeInput!) { apiTokenRevoke(input: $input) { __typename } }"
    owner.data(revoke, {"input": {"apiTokenId": made["apiToken"]["id"]}})
    gone = client.ask("query($id: ID!) { account(id: $id) { name } }", {"id": manager["account"]})
    expect(gone["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED", "a revoked token is nobody")
    return str(made["secret"])


def support(base: str, identity: str, secret: str, manager: dict[str, Any]) -> str:
    """OTP and authenticator, a view of one customer on a ticket: masked, read-only, seen by the customer. Returns the ticket's number."""
    owner: Client = manager["client"]
    opened = owner.app("23_tickets", "TicketOpen", {"input": {
        "organizationId": manager["organization"], "title": "A line does not work", "text": "Please look at it.", "priority": "HIGH", "mode": "APPLY",
    }})["ticketOpen"]["ticket"]  # fmt: skip
    client = sign_in(base, identity, secret=secret)
    refused = client.ask("query($id: ID!) { organization(id: $id) { accounts(first: 1) { totalCount } } }", {"id": manager["organization"]})
    expect(refused.get("errors"), "no customer data without a view")
    view = """mutation($input: SupportSessionOpenInput!) { supportSessionOpen(input: $input) {
      __typename ... on SupportSessionOpenPayload { tokens { accessToken refreshToken } session { ticket { number } } } ... on UserError { code message } } }"""
    done = client.data(view, {"input": {"ticketId": opened["id"], "reason": "Customer asked by ticket"}})["supportSessionOpen"]
    expect(done["__typename"] == "SupportSessionOpenPayload" and done["tokens"]["refreshToken"] is None, f"a view, not {done}")
    looking = Client(base, done["tokens"]["accessToken"])
    runbook = next(RUNBOOKS.glob("01_*")).read_text()
    sim = looking.data(runbook, {"msisdn": manager["sim"]["msisdn"]})["sim"]
    expect(sim["status"] == "ACTIVE", "the runbook answers")
    holder = looking.data("query($m: MSISDN!) { sim(by: { msisdn: $m }) { holder { name } } }", {"m": manager["sim"]["msisdn"]})["sim"]["holder"]
    expect(holder is None or holder["name"] != manager["sim"]["holder"]["name"], "the holder's name is masked")
    blocked = looking.ask((DOCUMENTS / "09_sim_block.graphql").read_text(), {"input": {
        "sims": {"ids": [manager["sim"]["id"]]}, "reason": "REQUEST", "idempotencyKey": str(uuid.uuid4()),
    }}, "SimBlock")  # fmt: skip
    expect(blocked.get("errors") and blocked["errors"][0]["extensions"]["code"] == "FORBIDDEN", f"a view can't write: {blocked}")
    until = time.monotonic() + 6
    while True:
        log = owner.app("25_audit", "WhoDidWhat", {"organization": manager["organization"]})["organization"]["accessLog"]["edges"]
        looks = [edge["node"] for edge in log if (edge["node"]["by"]["ticket"] or {}).get("number") == opened["number"]]
        if looks:
            break
        expect(time.monotonic() < until, "the customer reads who looked within 5 s")
        time.sleep(0.3)
    return str(opened["number"])


def main() -> None:
    """Runs the four stories against a running system."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--base", required=True)
    ask.add_argument("--manager", required=True)
    ask.add_argument("--account-manager", required=True)
    ask.add_argument("--support", nargs=2, required=True, metavar=("IDENTITY", "SECRET"))
    asked = ask.parse_args()
    began = time.monotonic()
    manager = profile_manager(asked.base, asked.manager)
    print(f"profile manager: bought order {manager['order']} and held its receipt ({time.monotonic() - began:.1f} s)")
    account_manager(asked.base, asked.account_manager, manager)
    print(f"account manager: saw the subtree and nothing else ({time.monotonic() - began:.1f} s)")
    partner(asked.base, manager)
    print(f"partner: ordered once by token ({time.monotonic() - began:.1f} s)")
    ticket = support(asked.base, *asked.support, manager)
    print(f"support: looked on ticket {ticket}, masked and seen ({time.monotonic() - began:.1f} s)")


if __name__ == "__main__":
    main()
