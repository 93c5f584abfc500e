"""Side-by-side benchmarks: the product against hand-written endpoints and peers, on the same PostgreSQL and data."""

import warnings

warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")  # the PostgreSQL of the wheel asks for a folder it can do without
