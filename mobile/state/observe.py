"""Lets a screen be told when a view model changed."""

from collections.abc import Callable

Seen = Callable[[], None]


class Observable:
    """Tells its watchers after each change; they read what they need."""

    def __init__(self) -> None:
        self._watchers: list[Seen] = []

    def watch(self, seen: Seen) -> Callable[[], None]:
        """Calls `seen` after each change until the returned function is called."""
        self._watchers.append(seen)
        return lambda: self._watchers.remove(seen) if seen in self._watchers else None

    def changed(self) -> None:
        """Tells every watcher."""
        for seen in [*self._watchers]:
            seen()
