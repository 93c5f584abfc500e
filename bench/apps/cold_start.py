"""One cold start: from the first line to the first frame that shows the dashboard's kept figures, then it ends."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from bench.apps.window import run


def ended_by_the_dashboard(app: Any, _: Any) -> None:
    """Writes when the frame was there, and what it took of the CPU by then, once it is the one."""
    page = app.shell.page
    wallet = page.model.account.get("wallet") if hasattr(page.model, "account") else None
    if wallet is None or page.opacity < 1:
        return
    figure = app.shell.say.amount(wallet["available"])
    if any(getattr(widget, "text", None) == figure and widget.texture for widget in page.walk(restrict=True)):
        print(json.dumps([time.monotonic(), time.process_time(), page.model.is_cached]))  # noqa: T201 - what the bench reads
        app.stop()


if __name__ == "__main__":
    run(Path(sys.argv[1]), ended_by_the_dashboard)
