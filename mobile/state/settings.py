"""The person's choices on this device: server, language, theme, money unit, text size."""

import json
import pathlib
from typing import Any

from mobile.state.observe import Observable

DEFAULTS: dict[str, Any] = {
    "server": "http://127.0.0.1:8000",
    "language": "fa",
    "theme": "light",
    "shows_toman": True,
    "text_scale": 1.0,
    "identity": "",
}
LOOPBACK = ("127.", "localhost", "[::1]")
THEMES = ("light", "dark")
TEXT_SCALES = (1.0, 1.15, 1.3)


class Settings(Observable):
    """Reads and writes one JSON file; without a path it only lives in memory."""

    def __init__(self, path: pathlib.Path | None = None, **given: Any) -> None:
        super().__init__()
        self._path = path
        self._values = DEFAULTS | _kept(path) | {key: value for key, value in given.items() if value is not None}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def put(self, **values: Any) -> None:
        """Changes some of them, writes the file and tells the watchers."""
        unknown = values.keys() - DEFAULTS.keys()
        if unknown:
            raise KeyError(*unknown)
        self._values |= values
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self._values, ensure_ascii=False, indent=1), encoding="utf-8")
        self.changed()


def _kept(path: pathlib.Path | None) -> dict[str, Any]:
    if path is None or not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return {key: value for key, value in kept.items() if key in DEFAULTS}


def clean_server(typed: str) -> str | None:
    """The address as it is used; without a scheme https, and http for this very machine; None when it can't be an address."""
    scheme, separator, rest = typed.strip().partition("://")
    if not separator:
        rest = scheme
        scheme = "http" if rest.startswith(LOOPBACK) else "https"
    host = rest.partition("/")[0]
    return f"{scheme}://{rest.rstrip('/')}" if scheme in ("http", "https") and host and " " not in host else None
