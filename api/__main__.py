"""`python -m api` is the console script, for when nothing is installed."""

from api.cli import main

main()
