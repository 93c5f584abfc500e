"""What is done to SIM cards of the demo company: blocking, moving, editing, at once or by a job."""

from typing import Any

from mobile.demo.cards import Cards


class Acts(Cards):
    """Writes with a plan."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.jobs: dict[str, dict[str, Any]] = {}
        self.rows_a_look = 60

    def _exclusion(self, sim: dict[str, Any], why: str) -> dict[str, Any]:
        reason = {"code": "NOT_ELIGIBLE", "message": self._name(why)}
        return {"label": sim["msisdn"], "line": None, "reason": reason}

    def _not_sold(self, sim: dict[str, Any], why: str) -> dict[str, Any]:
        exclusion = self._exclusion(sim, why)
        return {key: exclusion[key] for key in ("label", "reason")}

    def _SimBlock(self, input: dict[str, Any]) -> dict[str, Any]:
        return {"simBlock": self._bar(input, "SimBlockPayload", "BLOCKED", "already")}

    def _SimUnblock(self, input: dict[str, Any]) -> dict[str, Any]:
        return {"simUnblock": self._bar(input, "SimUnblockPayload", "ACTIVE", "not_blocked")}

    def _bar(self, input: dict[str, Any], payload: str, state: str, why: str) -> dict[str, Any]:
        chosen = self._chosen(input["sims"])
        done = [sim for sim in chosen if (sim["status"] == "BLOCKED") != (state == "BLOCKED")]
        changes = [{"label": sim["msisdn"], "field": "status", "before": sim["status"], "after": state, "money": None} for sim in done]
        plan = self._plan(changes, [self._exclusion(sim, why) for sim in chosen if sim not in done], None)
        if input["mode"] == "PLAN":
            return {"__typename": payload, "plan": plan, "sims": [], "job": None}
        if self.is_plan_stale:
            return self._stale(plan)
        if len(chosen) > 100 or "ids" not in input["sims"]:
            job = self._begin(chosen, {sim["id"] for sim in done}, state, why)
            known = ("id", "state", "total") if state == "BLOCKED" else ("id", "state")
            return {"__typename": payload, "plan": plan | {"token": None}, "sims": [], "job": {key: job[key] for key in known}}
        for sim in done:
            sim["status"], sim["reason"] = state, input.get("reason")
        rows: list[dict[str, Any]] = [{"id": sim["id"], "status": sim["status"]} for sim in done]
        if state == "BLOCKED":
            more = {"statusReason": input["reason"], "barring": input["barring"], "resumesAt": None, "viewerCan": ["SIM_BLOCK"]}
            rows = [row | more for row in rows]
        return {"__typename": payload, "plan": plan | {"token": None}, "sims": rows, "job": None}

    def _chosen(self, selection: dict[str, Any]) -> list[dict[str, Any]]:
        return [self._sim(one) for one in selection["ids"]] if "ids" in selection else self._found(selection["filter"], None)

    def _begin(self, chosen: list[dict[str, Any]], able: set[str], state: str | None, why: str) -> dict[str, Any]:
        job: dict[str, Any] = {
            "id": f"job-{len(self.jobs)}", "kind": "SIM_STATUS", "state": "RUNNING", "total": len(chosen), "succeeded": 0, "failed": 0,
            "createdAt": self._at(), "finishedAt": None, "expectedAt": self._at(minutes=-1),
        }  # fmt: skip
        self.jobs[job["id"]] = job | {"rows": chosen, "able": able, "to": state, "why": why, "failures": []}
        return job

    def _Job(self, id: str, after: str | None = None) -> dict[str, Any]:
        job = self.jobs[id]
        done = job["succeeded"] + job["failed"]
        for index, sim in enumerate(job["rows"][done : done + self.rows_a_look] if job["state"] == "RUNNING" else [], done + 1):
            if sim["id"] in job["able"]:
                sim["status"] = job["to"] or sim["status"]
                job["succeeded"] += 1
            else:
                reason = self._exclusion(sim, job["why"])["reason"]
                job["failures"].append({"index": index, "label": sim["msisdn"], "state": "FAILED", "failure": reason})
                job["failed"] += 1
        if job["state"] == "RUNNING" and job["succeeded"] + job["failed"] == job["total"]:
            job["state"], job["finishedAt"], job["expectedAt"] = "FINISHED", self._at(), None
        page = {"hasNextPage": False, "endCursor": None}
        return {"node": self._job_view(job) | {"rows": {"pageInfo": page, "edges": [{"node": row} for row in job["failures"]]}}}

    def _Jobs(self) -> dict[str, Any]:
        return {"viewer": {"jobs": {"edges": [{"node": self._job_view(job)} for job in reversed(self.jobs.values())]}}}

    def _SimMove(self, input: dict[str, Any]) -> dict[str, Any]:
        chosen, target = self._chosen(input["sims"]), input["accountId"]
        able = [sim for sim in chosen if sim.get("account") != target]
        name = self._name(target.removeprefix("account-"))
        was = self._name("sales")
        changes = [{"label": sim["msisdn"], "field": "account", "before": was, "after": name, "money": None} for sim in able]
        plan = self._plan(changes, [self._exclusion(sim, "there") for sim in chosen if sim not in able], None)
        if input["mode"] == "APPLY":
            for sim in able:
                sim["account"] = target
            plan["token"] = None
        done = able if input["mode"] == "APPLY" else []
        return {"simMove": {"__typename": "SimMovePayload", "plan": plan, "sims": [{"id": sim["id"]} for sim in done], "job": None}}

    def _SimUpdate(self, input: dict[str, Any]) -> dict[str, Any]:
        chosen, gone = self._chosen(input["sims"]), set(input.get("removeTags") or ())
        after: dict[str, dict[str, Any]] = {}
        changes = []
        for sim in chosen:
            new = {"tags": [tag for tag in dict.fromkeys((*sim["tags"], *(input.get("addTags") or ()))) if tag not in gone]}
            if "holder" in input:
                holder = input["holder"] or {"name": None, "employeeNumber": None}
                new |= {"holder": holder["name"], "employee": holder["employeeNumber"]}
            if "costCentreCode" in input:
                new["centre"] = input["costCentreCode"]
            after[sim["id"]] = new
            for field, shown in (("holder", "holder"), ("employee", "holder.employeeNumber"), ("centre", "costCentre"), ("tags", "tags")):
                told = [self._told(one[field]) for one in (sim, sim | new)]
                if told[0] != told[1]:
                    changes.append({"label": sim["msisdn"], "field": shown, "before": told[0], "after": told[1], "money": None})
        plan = self._plan(changes, [], None)
        if input["mode"] == "PLAN":
            return {"simUpdate": {"__typename": "SimUpdatePayload", "plan": plan, "sims": [], "job": None}}
        if self.is_plan_stale:
            return {"simUpdate": self._stale(plan)}
        for sim in chosen:
            sim.update(after[sim["id"]])
        sims = [{"id": sim["id"]} for sim in chosen]
        return {"simUpdate": {"__typename": "SimUpdatePayload", "plan": plan | {"token": None}, "sims": sims, "job": None}}

    def _told(self, value: Any) -> str | None:
        return ", ".join(value) or None if isinstance(value, list) else value and self._name(value)

    def _job_view(self, job: dict[str, Any]) -> dict[str, Any]:
        names = ("id", "kind", "state", "total", "succeeded", "failed", "createdAt", "finishedAt", "expectedAt")
        return {name: job[name] for name in names}

    def _JobCancel(self, input: dict[str, Any]) -> dict[str, Any]:
        job = self.jobs[input["jobId"]]
        plan = self._plan([{"label": job["id"], "field": "state", "before": job["state"], "after": "CANCELLED", "money": None}], [], None)
        if input["mode"] == "APPLY":
            job["state"], job["finishedAt"], job["expectedAt"] = "CANCELLED", self._at(), None
            plan["token"] = None
        return {"jobCancel": {"__typename": "JobCancelPayload", "plan": plan, "job": self._job_view(job)}}
