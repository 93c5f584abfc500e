"""The product as `simurgh serve` starts it, but for one number: nobody runs out of their query budget, though every check of it runs."""

import sys

from api import budget

budget.CAPACITY = 10**15  # before the endpoint reads it; a load test would spend any real one in a second

from api.run import serve, to_the_end  # noqa: E402
from api.settings import read_settings  # noqa: E402

if __name__ == "__main__":
    to_the_end(serve(read_settings(port=int(sys.argv[1]))))
