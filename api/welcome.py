"""What `simurgh run` tells a newcomer once the system answers."""

from api.settings import Settings


def welcome(settings: Settings) -> str:
    """Where everything is, a line each."""
    lines = [
        ("Simurgh", f"{settings.public_url}   all state is in {settings.data_dir}   Ctrl-C stops it"),
        ("Explorer", f"{settings.public_url}/graphiql"),
    ]
    if not settings.production:
        lines += [
            ("Inbox", f"{settings.public_url}/dev/inbox   codes and mail arrive here instead of being sent"),
            ("App", f"python3 x.py app   (its server address: {settings.public_url})"),
        ]
    return "".join(f"{name:<10}{line}\n" for name, line in lines)
