"""The commands of the console script, a module each: `api/cli.py` loads the one that is called."""
