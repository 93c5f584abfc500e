"""The SIM cards of the demo company: the fleet, one card, its usage, its APNs and its PUK."""

from typing import Any

from mobile.demo.people import People

GIB = 1024**3
MIB = 1024**2
# number, holder, status, reason, data left and granted in GB, payable in rials
FIRST_SIMS: tuple[tuple[str, str, str, str | None, float | None, float, int], ...] = (
    ("+989350000412", "maryam", "ACTIVE", None, 6.2, 10, 1_240_000),
    ("+989350000418", "kaveh", "ACTIVE", None, 0.18, 10, 860_000),
    ("+989360001107", "vehicle", "BLOCKED", "LOST", None, 10, 2_315_000),
    ("+989020002236", "Olga Marinova", "ACTIVE", None, 12.4, 20, 3_080_000),
    ("+989350000533", "terminal", "READY_TO_ACTIVATE", None, None, 10, 0),
    ("+989370000091", "pouya", "CAP_EXCEEDED", None, None, 10, 1_950_000),
    ("+989300007715", "Георгий Ильин", "ACTIVE", None, 3.7, 5, 640_000),
    ("+989010004470", "camera", "IMEI_MISMATCH", None, None, 10, 410_000),
    ("+989030006120", "maryam", "ACTIVE", None, 8.9, 10, 720_000),
)


class Cards(People):
    """Sixty-four cards, the first nine of them each in another state."""

    def __init__(self, sims: int = 64, **given: Any) -> None:
        super().__init__(**given)
        self.reveals_left = 2
        self.sims = [self._seed(index) for index in range(sims)]

    def _seed(self, index: int) -> dict[str, Any]:
        if index < len(FIRST_SIMS):
            msisdn, holder, status, reason, left, granted, payable = FIRST_SIMS[index]
        else:
            msisdn, holder, status, reason = f"+98935{index:07d}", "maryam", "ACTIVE", None
            left, granted, payable = (index * 7 % 19) / 2 + 0.5, 10, 40_000 * (index % 23)
        return {
            "index": index,
            "id": f"sim-{index}",
            "msisdn": msisdn,
            "iccid": f"8998350000000{index:06d}",
            "holder": holder,
            "employee": "E-2041",
            "centre": "S-11",
            "tags": ["VIP", "roaming"],
            "status": status,
            "reason": reason,
            "left": left,
            "granted": granted,
            "payable": payable,
        }

    def _figures(self, sim: dict[str, Any]) -> dict[str, Any]:
        payable = sim["payable"]
        debt = payable * 21 // 62
        amounts = (3_760_000, 180_000, debt, payable - debt, payable)
        names = ("remainingCreditLimit", "balance", "debt", "currentCharge", "payable")
        figures: dict[str, Any] = {name: {"amount": str(amount), "currency": "IRR"} for name, amount in zip(names, amounts, strict=True)}
        return figures | {"asOf": self._at(), "source": "CARRIER"}

    def _bucket(self, sim: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": self._name("data10"),
            "remaining": {"amount": str(int(sim["left"] * GIB)), "unit": "BYTE"},
            "total": {"amount": str(int(sim["granted"] * GIB))},
            "validFor": {"endsAt": self._at(days=-12)},
        }

    def _row(self, sim: dict[str, Any]) -> dict[str, Any]:
        figures = self._figures(sim)
        slim = {key: {"amount": figures[key]["amount"]} for key in ("remainingCreditLimit", "balance", "debt", "currentCharge")}
        return {
            "id": sim["id"],
            "msisdn": sim["msisdn"],
            "iccid": sim["iccid"],
            "status": sim["status"],
            "statusReason": sim["reason"],
            "holder": {"name": self._name(sim["holder"])} if sim["holder"] else None,
            "plan": {"name": self._name("plan")},
            "lastUsageAt": self._at(hours=1),
            "figures": slim | {"payable": figures["payable"], "asOf": figures["asOf"], "source": figures["source"]},
            "buckets": [self._bucket(sim)] if sim["left"] is not None else [],
        }

    def _found(self, filter: dict[str, Any] | None, search: str | None) -> list[dict[str, Any]]:
        rules = filter or {}
        wanted = (search or "").replace(" ", "")
        return [
            sim
            for sim in self.sims
            if (not rules.get("statuses") or sim["status"] in rules["statuses"])
            and (not rules.get("hasDebt") or sim["payable"] > 0)
            and (not wanted or wanted in sim["msisdn"].replace("+98", "0") or wanted in self._name(sim["holder"] or "").replace(" ", ""))
        ]

    def _Fleet(
        self, account: str, first: int, after: str | None = None, filter: Any = None, sort: Any = None, search: str | None = None
    ) -> dict[str, Any]:
        found = self._found(filter, search)
        start = int(after or 0)
        page = found[start : start + first]
        more = {"hasNextPage": start + first < len(found), "endCursor": str(start + len(page)) if page else None}
        edges = [{"cursor": str(start + at + 1), "node": self._row(sim)} for at, sim in enumerate(page)]
        return {"account": {"id": account, "name": self._name("group"), "sims": {"pageInfo": more, "edges": edges}}}

    def _FleetCount(self, account: str, filter: Any = None, search: str | None = None) -> dict[str, Any]:
        return {"account": {"sims": {"totalCount": len(self._found(filter, search))}}}

    def _sim(self, sim_id: str) -> dict[str, Any]:
        return next(sim for sim in self.sims if sim["id"] == sim_id)

    def _SimDetail(self, by: dict[str, str]) -> dict[str, Any]:
        sim = self._sim(by["id"])
        figures = self._figures(sim)
        can = ["SIM_EDIT", "SIM_BLOCK", "PUK_REVEAL"]
        if sim["status"] != "BLOCKED":
            can.append("ORDER_PLACE")
        return {
            "sim": {
                "id": sim["id"],
                "msisdn": sim["msisdn"],
                "iccid": sim["iccid"],
                "imsi": f"43235{sim['index']:010d}",
                "imei": "356938035643809",
                "lockedImei": None,
                "status": sim["status"],
                "statusReason": sim["reason"],
                "statusSince": self._at(days=40),
                "resumesAt": None,
                "barring": "ALL" if sim["status"] == "BLOCKED" else "NONE",
                "paymentMode": "POSTPAID",
                "tags": sim["tags"],
                "pukRevealsLeft": self.reveals_left if "PUK_REVEAL" not in self.denied else None,
                "viewerCan": [right for right in can if right not in self.denied],
                "validity": {"activatedAt": self._at(days=600), "validUntil": self._at(days=-116), "graceUntil": self._at(days=-206)},
                "holder": {"name": self._name(sim["holder"]), "employeeNumber": sim["employee"]} if sim["holder"] else None,
                "costCentre": self._centre(sim["centre"]),
                "account": {"id": "account-sales", "name": self._name("sales")},
                "placements": [
                    {"account": {"name": self._name("sales")}, "validFor": {"startsAt": self._at(days=200), "endsAt": None}},
                    {
                        "account": {"name": self._name("north")},
                        "validFor": {"startsAt": self._at(days=600), "endsAt": self._at(days=200)},
                    },
                ],
                "plan": {"id": "plan-1", "name": self._name("plan")},
                "figures": figures if "figures" not in self.denied else None,
                "buckets": self._buckets(sim) if sim["left"] is not None else [],
                "products": [],
                "recentUsage": self._usage() if "USAGE_READ" not in self.denied else None,
            }
        }

    def _centre(self, code: str | None) -> dict[str, Any] | None:
        return {"id": f"cost-{code}", "code": code, "name": self._name("tehran") if code == "S-11" else code} if code else None

    def _buckets(self, sim: dict[str, Any]) -> list[dict[str, Any]]:
        def bucket(
            name: str, priority: int, status: str, total: float, left: float, held: float, overrun: int, days: int
        ) -> dict[str, Any]:
            def volume(amount: float) -> dict[str, Any]:
                return {"amount": str(int(amount)), "unit": "BYTE"}

            return {
                "id": f"bucket-{priority}",
                "name": self._name(name),
                "usageType": "DATA",
                "priority": priority,
                "status": status,
                "isShared": name == "share",
                "total": volume(total * GIB),
                "remaining": volume(left * GIB),
                "reserved": volume(held * GIB),
                "maxOverrun": volume(overrun * MIB),
                "validFor": {"startsAt": self._at(days=18 if status == "ACTIVE" else -13), "endsAt": self._at(days=-days)},
                "asOf": self._at(),
                "source": "CHARGING",
            }

        return [
            bucket("data10", 1, "ACTIVE", sim["granted"], sim["left"], 0.4, 0, 12),
            bucket("share", 2, "ACTIVE", 5, 1.9, 0, 20, 21),
            bucket("data10", 3, "QUEUED", 10, 10, 0, 0, 43),
        ]

    def _usage(self) -> list[dict[str, Any]]:
        rows: tuple[tuple[str, str, str | None, float, int | None, int, int, str | None], ...] = (
            ("DATA", "OUTGOING", None, 0.13, 2880, int(0.21 * GIB), 0, "data10"),
            ("VOICE", "OUTGOING", "0912••••31", 0.5, 372, 372, 18_600, None),
            ("SMS", "OUTGOING", "0919••••07", 0.7, None, 2, 2_840, None),
            ("VOICE", "INCOMING", "021••••4400", 1.02, 125, 125, 0, None),
            ("DATA", "OUTGOING", None, 1.87, 3720, int(0.46 * GIB), 0, "data10"),
            ("VOICE", "OUTGOING", "0935••••18", 20, 41, 41, 2_050, None),
            ("DATA", "OUTGOING", None, 22, 5400, int(1.12 * GIB), 0, "data10"),
            ("SMS", "INCOMING", "0912••••31", 26, None, 1, 0, None),
        )
        units = {"DATA": "BYTE", "VOICE": "SECOND", "SMS": "MESSAGE"}
        return [
            {
                "id": f"usage-{at}",
                "service": service,
                "direction": direction,
                "otherParty": other,
                "startedAt": self._at(hours=hours),
                "durationSeconds": seconds,
                "quantity": {"amount": str(amount), "unit": units[service]},
                "charge": {"amount": str(charge), "currency": "IRR"},
                "bucket": {"name": self._name(bucket)} if bucket else None,
                "asOf": self._at(),
                "source": "CHARGING",
            }
            for at, (service, direction, other, hours, seconds, amount, charge, bucket) in enumerate(rows)
        ]

    def _SimApns(self, id: str) -> dict[str, Any]:
        def apn(name: str, private: bool, allocation: str, address: str | None, auth: str) -> dict[str, Any]:
            return {
                "networkIdentifier": name,
                "operatorIdentifier": "mnc035.mcc432.gprs",
                "pdnType": "IPV4V6",
                "ipAllocation": allocation,
                "staticAddress": address,
                "qosClass": 8,
                "arp": 9,
                "ambrUplink": "20000000",
                "ambrDownlink": "50000000",
                "chargingCharacteristics": "0800",
                "isVisitedAllowed": not private,
                "isPrivate": private,
                "authType": auth,
                "isActive": True,
                "activatedAt": self._at(days=300),
                "asOf": self._at(),
                "source": "CARRIER",
            }

        rows = [apn("nikazin.corp", True, "STATIC", "10.20.4.12", "CHAP"), apn("mtnirancell", False, "DYNAMIC", None, "NONE")]
        return {"sim": {"msisdn": self._sim(id)["msisdn"], "apns": rows}}

    def _PukReveal(self, input: dict[str, Any]) -> dict[str, Any]:
        if self.is_proof_old:
            return {
                "simPukReveal": {
                    "__typename": "StepUpRequired",
                    "code": "STEP_UP_REQUIRED",
                    "message": self._name("proof"),
                    "maxAgeSeconds": 300,
                    "methods": ["OTP_SMS", "TOTP"],
                }
            }
        self.reveals_left -= 1
        puk = {
            "puk1": "04718263",
            "puk2": "59300417",
            "triesAllowed": 10,
            "hideAt": self._at(seconds=-60),
            "revealsLeft": self.reveals_left,
        }
        return {"simPukReveal": {"__typename": "SimPukRevealPayload", "puk": puk}}
