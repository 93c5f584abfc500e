"""What `simurgh run` tells a newcomer once the system answers."""

from collections.abc import Iterable, Sequence

from api.settings import Settings
from seeds.identities import SHOWN, Identity


def welcome(settings: Settings, *, has_demo: bool) -> str:
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
    if has_demo:
        lines.append(("Sign in", "as one of the demo's people; the code comes to the inbox"))
    return _listed(lines) + (sign_ins(SHOWN) if has_demo else "")


def sign_ins(people: Sequence[Identity]) -> str:
    """As whom one may sign in and how, a line each."""
    return _listed((f"  {one.role.replace('_', ' ').lower()}", _how(one)) for one in people)


def _listed(lines: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{name:<18}{line}\n" for name, line in lines)


def _how(one: Identity) -> str:
    """How somebody signs in; staff with the six digits that this secret gives to an authenticator besides."""
    secret = f"   authenticator secret {one.totp_secret}" if one.totp_secret else ""
    return f"{one.name}   0{one.mobile[3:]} or {one.email}{secret}"
