"""The account tree: how paths are built and in which order they read."""

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
WIDTH = 4


def segment(number: int) -> str:
    """The path segment of the n-th account of an organization: base 36, four characters and a dot, so that text order is number order."""
    text = ""
    for _ in range(WIDTH):
        number, digit = divmod(number, len(DIGITS))
        text = DIGITS[digit] + text
    if number:
        raise ValueError("more than 1,679,615 accounts in one organization")
    return text + "."


def ancestors(path: str) -> list[str]:
    """The paths from the root down to the path itself."""
    step = WIDTH + 1
    return [path[:end] for end in range(step, len(path) + 1, step)]
