"""Support and a partner use the explorer of the real system in a real browser."""

import hashlib
import json
import re
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from tests.journeys.newcomers import Client, sign_in
from tests.tooling.process_tree import clean_environment, running
from tests.web.explorer import WEB, node

TOKEN = """mutation($input: ApiTokenCreateInput!) { apiTokenCreate(input: $input) {
  ... on ApiTokenCreatePayload { secret } ... on UserError { code message field } } }"""
SIMS = "query($id: ID!) { account(id: $id) { sims(first: 1, filter: {statuses: [ACTIVE]}) { edges { node { id msisdn iccid } } } } }"
PARTNER = "An integration of the explorer's story"


def ticket(manager: Client, organization: str) -> dict[str, str]:
    content = {"organizationId": organization, "title": "خط مدیر فروش قطع است", "text": "Since noon.", "mode": "APPLY"}
    opened = manager.app("23_tickets", "TicketOpen", {"input": content})["ticketOpen"]["ticket"]
    return {"id": opened["id"], "number": opened["number"]}


def api_token(manager: Client, account: str) -> str:
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
    wish = {"name": PARTNER, "accountId": account, "permissions": ["ACCOUNT_READ", "SIM_READ"], "expiresAt": expires, "mode": "APPLY"}
    return str(manager.data(TOKEN, {"input": wish})["apiTokenCreate"]["secret"])


def document_id(runbook: str) -> str:
    """The id under which a runbook is sent."""
    return f"sha256:{hashlib.sha256((WEB / 'runbooks' / f'{runbook}.graphql').read_bytes()).hexdigest()}"


def story_of(manager: Client, support: re.Match[str], screenshots: Path) -> dict[str, Any]:
    """What the browser is to do, on things that the customer has made."""
    membership = manager.viewer["memberships"][0]  # type: ignore[attr-defined]
    organization, account = membership["organization"]["id"], membership["account"]["id"]
    sim = manager.data(SIMS, {"id": account})["account"]["sims"]["edges"][0]["node"]
    block = f'{{sims: {{ids: ["{sim["id"]}"]}}, reason: REQUEST, idempotencyKey: "{uuid.uuid4()}"}}'
    return {
        "base": manager.base,
        "screenshots": str(screenshots),
        "support": {"identity": support[1], "totpSecret": support[2]},
        "customer": {"organization": organization, "token": manager.token},
        "tickets": [ticket(manager, organization) for _ in range(2)],
        "runbooks": [
            {"name": name, "id": document_id(name), "variables": {"msisdn": sim["msisdn"]}, "expect": expect}
            for name, expect in (("01_why_is_the_line_dead", '"ACTIVE"'), ("08_puk_locked", sim["iccid"]))
        ],
        "mutation": f"mutation Block {{ simBlock(input: {block}) {{ __typename }} }}",
        "partner": {
            "token": api_token(manager, account),
            "name": PARTNER,
            "query": f'query Fleet {{ sim(by: {{ id: "{sim["id"]}" }}) {{ iccid status account {{ name }} }} }}',
            "expect": sim["iccid"],
        },
    }


def test_support_and_partner_in_a_real_browser(tmp_path: Path) -> None:
    program, data = node(), tmp_path / "data"
    seed = [sys.executable, "-P", "-m", "api", "seed", "--size", "small", "--data", str(data)]
    subprocess.run(seed, env=clean_environment(), check=True, timeout=120)
    with running(data) as tree:
        said = tree.output.read_text()
        manager = re.search(r"profile manager .*?(09\d{9})", said)
        support = re.search(r"support .*?(09\d{9}).*authenticator secret (\S+)", said)
        assert manager and support, said
        story = story_of(sign_in(tree.url, manager[1]), support, tmp_path / "screenshots")

        done = subprocess.run([program, "e2e/explorer.mjs", json.dumps(story)], cwd=WEB, capture_output=True, text=True, timeout=240)

        assert done.returncode == 0, done.stdout + done.stderr + tree.output.read_text()
        assert done.stdout.splitlines()[-1] == "the whole story"
        assert "Traceback" not in tree.output.read_text()
