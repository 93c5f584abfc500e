"""`python -m bench WHAT`; `x.py bench WHAT` sets up first."""

from bench.cli import app

app(prog_name="x.py bench")
