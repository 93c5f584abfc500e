"""How automatic payments are said: what a rule does, and what became of its last run."""

from datetime import datetime
from typing import Any

from mobile.state.groups import last_run
from mobile.widgets.look import look


def said(rule: dict[str, Any]) -> str:
    """The rule in a sentence."""
    say = look.say
    if rule["__typename"] == "AutoTopUpRule":
        return say("policy.top_up", below=say.volume_text(rule["triggerBelow"]), amount=say.money(rule["amount"]))
    cycle = say("policy.current" if rule["isCurrentCycle"] else "policy.previous")
    when = []
    if rule["dayOfMonth"]:
        when.append(say("policy.on_day", day=say.number(rule["dayOfMonth"])))
    if rule["threshold"]:
        when.append(say("policy.above", amount=say.money(rule["threshold"])))
    return f"{cycle} · {' · '.join(when)}"


def outcome(policy: dict[str, Any], now: datetime) -> tuple[str, str, str]:
    """Icon, tone and words of where it stands: off, failed and when, done and when, or not run yet."""
    say, run = look.say, last_run(policy)
    if not policy["isActive"]:
        return "pause-circle-outline", "neutral", say("policy.off")
    if run is None:
        return "refresh", "neutral", say("policy.no_runs")
    if run["failure"]:
        return "alert-circle-outline", "error", f"{run['failure']['message']} · {say.ago(run['at'], now)}"
    return "refresh", "ok", say("policy.last_run", ago=say.ago(run["at"], now))
