"""The commands: one module each, one line here."""

import signal

import typer

from bench import app as mobile_app
from bench import backup, bills, compression, faults, files, fleet, fuzz, jobs, pages, start

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.command("app")(mobile_app.app)
app.command("backup")(backup.backup)
app.command("faults")(faults.faults)
app.command("files")(files.files)
app.command("fleet")(fleet.fleet)
app.command("compression")(compression.compression)
app.command("fuzz")(fuzz.fuzz)
app.command("bills")(bills.bills)
app.command("jobs")(jobs.jobs)
app.command("pages")(pages.pages)
app.command("start")(start.start)


@app.callback()
def bench() -> None:
    """Benchmarks: each prints tables and can write its figures as JSON."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends this ends the servers it started: their blocks are left
