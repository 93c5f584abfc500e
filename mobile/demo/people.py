"""Signing in to the demo company: codes, passwords, sessions, and who holds a role."""

from typing import Any

from mobile.demo.company import Company
from mobile.demo.ground import CODE, PASSWORD


class People(Company):
    """One person with a code, a password and three sessions."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.is_proof_old = True
        self.is_totp_needed = False
        self.access = "access-0"
        self.refresh = "refresh-0"
        self.refreshes = 0
        self.tries = 5
        self.password = PASSWORD
        self.ended: set[str] = set()
        self.locale = ""
        self.members_a_page = 50

    def _challenge(self, methods: list[str]) -> dict[str, Any]:
        return {
            "id": "challenge",
            "methods": methods,
            "codeLength": 6,
            "expiresAt": self._at(seconds=-120),
            "resendAt": self._at(seconds=-60),
        }

    def _OtpRequest(self, input: dict[str, Any]) -> dict[str, Any]:
        method = "OTP_SMS" if input["channel"] == "SMS" else "OTP_EMAIL"
        return {"otpRequest": {"__typename": "OtpRequestPayload", "challenge": self._challenge([method])}}

    def _tokens(self) -> dict[str, Any]:
        self.refreshes += 1
        self.access, self.refresh = f"access-{self.refreshes}", f"refresh-{self.refreshes}"
        return {
            "accessToken": self.access,
            "accessExpiresAt": self._at(minutes=-15),
            "refreshToken": self.refresh,
            "refreshExpiresAt": self._at(days=-30),
        }

    def _wrong(self) -> dict[str, Any]:
        self.tries -= 1
        return {
            "__typename": "InvalidSecret",
            "code": "INVALID_SECRET",
            "message": self._name("wrong"),
            "field": None,
            "triesLeft": self.tries,
        }

    def _SessionCreate(self, input: dict[str, Any]) -> dict[str, Any]:
        (proof,) = input["proof"].items()
        if proof[0] == "password" and proof[1]["password"] != self.password:
            return {"sessionCreate": self._wrong() | {"message": self._name("wrong_password"), "triesLeft": None}}
        if proof[0] != "password" and proof[1]["code"] != CODE:
            return {"sessionCreate": self._wrong()}
        if self.is_totp_needed and proof[0] != "totp":
            return {
                "sessionCreate": {
                    "__typename": "SecondFactorRequired",
                    "code": "SECOND_FACTOR_REQUIRED",
                    "message": self._name("proof"),
                    "field": None,
                    "challenge": self._challenge(["TOTP"]),
                }
            }
        self.is_ended = False
        viewer = self._viewer()
        memberships = [
            {
                "role": one["role"],
                "account": {key: one["account"][key] for key in ("id", "name")},
                "organization": {key: one["organization"][key] for key in ("id", "name")},
            }
            for one in viewer["memberships"]
        ]
        known = {"locale": viewer["locale"], "permissions": viewer["permissions"], "memberships": memberships}
        return {"sessionCreate": {"__typename": "SessionCreatePayload", "tokens": self._tokens(), "viewer": known}}

    def _PasswordSet(self, input: dict[str, Any]) -> dict[str, Any]:
        if input["proof"]["code"] != CODE:
            return {"passwordSet": self._wrong()}
        if input["password"].startswith("password"):
            problem = {"__typename": "Problem", "code": "INVALID_INPUT", "message": self._name("leaked"), "field": ["password"]}
            return {"passwordSet": problem}
        self.password = input["password"]
        return {"passwordSet": {"__typename": "PasswordSetPayload", "session": None}}

    def _ViewerUpdate(self, input: dict[str, Any]) -> dict[str, Any]:
        self.locale = input["locale"]
        return {"viewerUpdate": {"viewer": {"locale": self.locale}}}

    def _Members(self, organization: str, after: str | None = None) -> dict[str, Any]:
        rows = (
            ("manager", "PROFILE_MANAGER", "group", "+989350001000", "manager@nikazin.example", None),
            ("maryam", "PROFILE_MANAGER", "group", "+989350000412", "maryam@nikazin.example", None),
            ("kaveh", "ACCOUNT_MANAGER", "logistics", "+989350000418", None, -200),
            ("pouya", "ACCOUNT_MANAGER", "sales", "+989370000091", "pouya@nikazin.example", None),
        )
        edges = [
            {
                "node": {
                    "id": f"membership-{name}",
                    "role": role,
                    "person": {"id": f"person-{name}", "name": self._name(name), "mobile": mobile, "email": email},
                    "account": {key: self._account(account)[key] for key in ("id", "name", "number")},
                    "validFor": {"startsAt": self._at(days=400 - 60 * at), "endsAt": self._at(days=ends) if ends else None},
                }
            }
            for at, (name, role, account, mobile, email, ends) in enumerate(rows)
        ]
        split = len(edges) if after else self.members_a_page
        page = {"hasNextPage": not after and split < len(edges), "endCursor": "more" if edges else None}
        shown = edges[self.members_a_page :] if after else edges[:split]
        connection = {"totalCount": len(edges), "pageInfo": page, "edges": shown}
        return {"viewer": {"actor": {"person": {"id": "person-manager"}}}, "organization": {"memberships": connection}}

    def _SessionRefresh(self, input: dict[str, Any]) -> dict[str, Any]:
        if input["refreshToken"] != self.refresh or self.is_ended:
            return {"sessionRefresh": {"code": "INVALID_SECRET", "message": self._name("wrong")}}
        return {"sessionRefresh": {"tokens": self._tokens()}}

    def _StepUp(self, input: dict[str, Any]) -> dict[str, Any]:
        (proof,) = input["proof"].values()
        if proof["code"] != CODE:
            wrong = self._wrong()
            return {"sessionStepUp": {key: wrong[key] for key in ("code", "message", "triesLeft")}}
        self.is_proof_old = False
        return {"sessionStepUp": {"session": {"id": "session-1", "provenAt": self._at()}}}

    def _Sessions(self) -> dict[str, Any]:
        rows = (
            ("session-1", "Simurgh app/0.1", "5.22.10.4", 0.1, True),
            ("session-2", "Firefox 144 · Windows", "5.22.10.9", 26.0, False),
            ("session-3", "Simurgh app/0.1", "91.98.4.20", 71.0, False),
        )
        sessions = [
            {
                "id": id,
                "userAgent": agent,
                "address": address,
                "createdAt": self._at(days=9),
                "lastUsedAt": self._at(hours=hours),
                "isCurrent": mine,
                "ticket": None,
            }
            for id, agent, address, hours, mine in rows
            if id not in self.ended
        ]
        return {"viewer": {"hasTotp": True, "sessions": sessions}}

    def _SessionRevoke(self, input: dict[str, Any]) -> dict[str, Any]:
        ended = input["sessionIds"] or ["session-1"]
        self.ended |= set(ended) - {"session-1"}
        return {"sessionRevoke": {"sessions": [{"id": one} for one in ended]}}
