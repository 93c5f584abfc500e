"""The product as `simurgh serve` starts it, but for one number: nobody runs out of their query budget, though every check of it runs.

Arguments: the port; `--unguarded` takes away what guards a read; `--sample FILE` leaves a profile there at the end.
"""

import sys
from pathlib import Path

from api import budget

budget.CAPACITY = 10**15  # a load test would spend any real one in a second

# These come after the number (E402), which they read when they are loaded.
from api.serving import serve  # noqa: E402
from api.settings import read_settings  # noqa: E402
from api.stopping import to_the_end  # noqa: E402
from bench.sampling import Sampler  # noqa: E402
from bench.servers import unguarded  # noqa: E402

if __name__ == "__main__":
    port, *options = sys.argv[1:]
    if "--unguarded" in options:
        unguarded.take_away()
    sampler = Sampler()
    if "--sample" in options:
        sampler.wait_for_signal()
    to_the_end(serve(read_settings(port=int(port))))
    if "--sample" in options:
        sampler.write(Path(options[-1]))
