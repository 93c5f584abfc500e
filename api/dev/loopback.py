"""The guard of development pages: to anybody but a browser on this machine they don't exist (DESIGN 9)."""

from ipaddress import ip_address

from starlette.exceptions import HTTPException
from starlette.requests import Request

_HOSTS = {"localhost", "127.0.0.1", "[::1]"}
# A reverse proxy on this machine has a loopback address too; it gives itself away by what it adds.
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def only_from_here(request: Request) -> None:
    """Raises 404 unless peer and Host are loopback and nothing was forwarded; the Host check stops DNS rebinding."""
    if not (is_loopback(request.client.host if request.client else "") and _host(request) in _HOSTS):
        raise HTTPException(404)
    if any(name in request.headers for name in _PROXY_HEADERS):
        raise HTTPException(404)


def is_loopback(address: str) -> bool:
    """Whether an IP address belongs to this machine alone; IPv4 inside IPv6 too."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback


def _host(request: Request) -> str:
    host = request.headers.get("host", "").lower()
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
