"""A double of Zarinpal's REST interface, version 4, on loopback: pages, payers, and the moods of a bad day."""

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MERCHANT = "1344b5d4-0048-11e8-94db-005056a205be"


@dataclass
class Session:
    """One page of the double: its money and where it stands, in the words of `inquiry`."""

    asked: dict[str, Any]
    status: str = "IN_BANK"


@dataclass
class Moods:
    """What goes wrong today: an answer for everything, one for a method, or what happens only to the answer."""

    raw: tuple[int, bytes] | None = None
    errors: dict[str, int] = field(default_factory=dict)
    loses: set[str] = field(default_factory=set)


class Zarinpal(ThreadingHTTPServer):
    """The double; `pay` and `give_up` are what payers do."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sessions: dict[str, Session] = {}
        self.moods = Moods()
        self.got: list[tuple[str, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        """As a terminal of the settings names it."""
        return f"http://{MERCHANT}@127.0.0.1:{self.server_address[1]}/pg"

    def pay(self, authority: str) -> None:
        """The payer pays."""
        self.sessions[authority].status = "PAID"

    def give_up(self, authority: str) -> None:
        """The payer doesn't."""
        self.sessions[authority].status = "FAILED"

    def answer(self, path: str, sent: dict[str, Any]) -> dict[str, Any]:
        """What the interface says."""
        method = path.removeprefix("/pg/v4/payment/").removesuffix(".json")
        self.got.append((method, sent))
        if method in self.moods.errors:
            return _error(self.moods.errors[method], "today not")
        if sent.get("merchant_id") != MERCHANT:
            return _error(-10, "Terminal is not valid, please check merchant_id or ip address.")
        if method == "request":
            if not sent["amount"] >= 1_000 or not sent["callback_url"] or not sent["description"]:
                return _error(-9, "The input params invalid, validation error.")
            authority = f"A{len(self.sessions) + 1:035}"
            self.sessions[authority] = Session(sent)
            return {"data": {"code": 100, "message": "Success", "authority": authority, "fee_type": "Merchant", "fee": 100}, "errors": []}
        session = self.sessions.get(sent["authority"])
        if session is None:
            return _error(-54, "Invalid authority.")
        return {"verify": self._verify, "inquiry": self._inquire, "reverse": self._reverse}[method](session, sent)

    def _verify(self, session: Session, sent: dict[str, Any]) -> dict[str, Any]:
        if session.asked["amount"] != sent["amount"]:
            return _error(-50, "Session is not valid, amounts values is not the same.")
        if session.status not in ("PAID", "VERIFIED"):
            return _error(-51, "Session is not valid, session is not active paid try.")
        code = 101 if session.status == "VERIFIED" else 100
        session.status = "VERIFIED"
        told = {"code": code, "message": "Verified", "card_hash": "1EBE3EBEBE35C7EC", "card_pan": "502229******5995", "ref_id": 201}
        return {"data": told | {"fee_type": "Merchant", "fee": 0}, "errors": []}

    def _inquire(self, session: Session, sent: dict[str, Any]) -> dict[str, Any]:
        return {"data": {"status": session.status, "code": 100, "message": "Success"}, "errors": []}

    def _reverse(self, session: Session, sent: dict[str, Any]) -> dict[str, Any]:
        if session.status != "VERIFIED":
            return _error(-61, "Session is not in success status.")
        session.status = "REVERSED"
        return {"data": {"code": 100, "message": "Reversed"}, "errors": []}


def _error(code: int, message: str) -> dict[str, Any]:
    return {"data": [], "errors": {"code": code, "message": message, "validations": []}}


class Handler(BaseHTTPRequestHandler):
    """HTTP around it; refusals come with a status of their own."""

    server: Zarinpal

    def do_POST(self) -> None:
        """One call."""
        sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        told = self.server.answer(self.path, sent)
        if self.path.split("/")[-1].removesuffix(".json") in self.server.moods.loses:
            self.close_connection = True  # it was done, and nobody hears of it
            return
        status, body = self.server.moods.raw or (200 if told["data"] else 422, json.dumps(told).encode())
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""
