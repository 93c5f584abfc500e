"""What an operator may set: one frozen object read once from the environment (prefix SIMURGH_), strict in production."""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import msgspec

from api.faults import CannotStart
from domain.billing.seller import REMINDER_DAYS, Seller
from domain.files.rules import MEGABYTE, Limits
from domain.kernel.errors import InvalidInput
from domain.kernel.identifiers import parse_economic_code, parse_legal_id
from domain.kernel.retention import PERIODS, Kept
from domain.kernel.sealing import Sealer
from domain.kernel.tax_numbers import is_memory_id
from domain.kernel.webhooks import is_secret
from seeds.size import Size

PREFIX = "SIMURGH_"
SHORTEST_SECRET = 32
LONGEST_DRAIN = 300
SHORTEST_RETENTION, LONGEST_RETENTION = 30, 36_500
MOST_UPLOAD_MEGABYTES = 500
NO_TERMINALS: Mapping[str, str] = MappingProxyType({})
LONGEST_REMINDER = 365
DEMO_SELLER = Seller("Simurgh", "10380284790", "411111111111", "A11216")
NO_DEMO = "none"
PLACEHOLDER = "change-me"  # how example files spell a secret that is still to be set


class Environment(StrEnum):
    """Whether this is somebody's desk or the real thing."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class DocumentPolicy(StrEnum):
    """Which GraphQL documents run: any text, or only registered ones."""

    ALLOWED = "allowed"
    REQUIRED = "required"


class LogFormat(StrEnum):
    """For whom the log is written."""

    CONSOLE = "console"
    JSON = "json"


class BadSettings(CannotStart):
    """The environment can't be started from; `faults` has one sentence for each offending variable."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting; None means the part that is embedded in this process tree."""

    environment: Environment = Environment.DEVELOPMENT
    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path("var")
    database_url: str  # sqlite+aiosqlite:///… or postgresql+asyncpg://…
    mongodb_url: str | None = None
    redis_url: str | None = None
    secret_key: str  # the master key: every other key is derived from it
    other_secret_keys: tuple[str, ...] = ()  # master keys that secrets at rest may be sealed under besides, while the key is changed
    digest_key: str | None = None  # what keyed digests go on being made with once the master key was changed: the first one
    smtp_url: str | None = None  # smtps://user:password@host:port?from=address (gateways/mail.py)
    sms_url: str | None = None  # https://token@host/path?from=sender (gateways/sms.py)
    sms_hook_secret: str | None = None  # whsec_<base64>, shared with the gateway that brings SMS in; without it none come in
    carrier_url: str | None = None
    payment_terminals: Mapping[str, str] = NO_TERMINALS  # `name=https://merchant@host/pg …`; the first one for what has none of its name
    clamd_url: str | None = None  # clamd://host:port or clamd:///path, which looks into uploads (gateways/scanning.py)
    upload_limits: Limits = Limits()  # SIMURGH_UPLOAD_MEGABYTES: of a table to import
    public_url: str  # how people reach this server; links in mail start with it
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    trusted_documents: DocumentPolicy = DocumentPolicy.ALLOWED
    log_format: LogFormat = LogFormat.CONSOLE  # json where not said otherwise in production
    metrics_port: int | None = None  # where this process shows /metrics, /livez and /readyz; nowhere without it
    drain_seconds: int = 0  # how long a process that was told to stop still answers while it says that it goes; 5 in production
    traces_url: str | None = None  # an OTLP/HTTP collector's address for traces; none are made without it
    traces_share: float = 0.01  # of requests that are traced
    retention_days: Mapping[Kept, int] = PERIODS  # SIMURGH_RETENTION_DAYS: `access_log=730 usage=400 …`, those not named as they are
    seller: Seller = DEMO_SELLER  # SIMURGH_SELLER_NAME, _LEGAL_ID, _ECONOMIC_CODE and SIMURGH_TAX_MEMORY_ID: who issues bills
    group_managers_sign_in: bool = False  # SIMURGH_GROUP_MANAGERS_SIGN_IN=yes: they see their group's cards and buy for them
    reminder_days: tuple[int, ...] = REMINDER_DAYS  # SIMURGH_REMINDER_DAYS: days after a bill was due, before it if negative
    demo: Size | None = Size.DEMO  # what `run` puts into a development system that holds nothing yet

    def __repr__(self) -> str:
        """Names the place only: URLs and keys hold secrets and must not reach a log."""
        return f"Settings({self.environment.value}, data_dir={str(self.data_dir)!r})"

    @property
    def production(self) -> bool:
        """Whether embedded parts and development pages are out of the question."""
        return self.environment is Environment.PRODUCTION


def sealer_of(settings: Settings) -> Sealer:
    """What seals and opens secrets at rest."""
    return Sealer(settings.secret_key, *settings.other_secret_keys, digest_key=settings.digest_key)


def data_folder(environ: Mapping[str, str] = os.environ, *, data_dir: Path | None = None) -> Path:
    """Where all state lives: the argument, else SIMURGH_DATA_DIR, else `var`; nothing is created."""
    return (data_dir or Path(environ.get(f"{PREFIX}DATA_DIR", "").strip() or "var")).resolve()


def read_settings(
    environ: Mapping[str, str] = os.environ, *, host: str | None = None, port: int | None = None, data_dir: Path | None = None
) -> Settings:
    """The settings of the environment, arguments first; in development the master key is made on the first run and kept in the data folder.

    Raises BadSettings naming every offending variable at once.
    """
    given = {name.removeprefix(PREFIX).lower(): value.strip() for name, value in environ.items() if name.startswith(PREFIX)}
    given = {name: value for name, value in given.items() if value}
    faults: list[str] = []

    environment = _environment(given, faults)
    address = host or given.get("host", "127.0.0.1")
    number = port if port is not None else _port(given, faults)
    folder = data_folder(environ, data_dir=data_dir)
    proxies = _networks(given, faults)
    documents = _documents(given, faults)
    demo = _demo(given, faults)
    retention_days = _retention(given, faults)
    seller = _seller(given, environment, faults)
    reminder_days = _reminder_days(given, faults)
    admits_group_managers = _yes_or_no(given, faults, "group_managers_sign_in")
    log_format = _log_format(given, environment, faults)
    metrics_port = _port(given, faults, "metrics_port") if "metrics_port" in given else None
    traces_share = _share(given, faults)
    drain_seconds = _drain(given, environment, faults)
    hook_secret = _hook_secret(given, faults)
    clamd_url = _clamd_url(given, faults)
    upload_limits = _upload_limits(given, faults)
    terminals = _terminals(given, faults)
    if environment is Environment.PRODUCTION:
        faults += production_faults(given)
    if faults:
        raise BadSettings(faults)

    return Settings(
        environment=environment,
        host=address,
        port=number,
        data_dir=folder,
        database_url=given.get("database_url") or f"sqlite+aiosqlite:///{folder / 'simurgh.db'}",
        mongodb_url=given.get("mongodb_url"),
        redis_url=given.get("redis_url"),
        secret_key=given.get("secret_key") or _kept_secret(folder / "secret_key"),
        other_secret_keys=tuple(given.get("other_secret_keys", "").split()),
        digest_key=given.get("digest_key"),
        smtp_url=given.get("smtp_url"),
        sms_url=given.get("sms_url"),
        sms_hook_secret=hook_secret,
        carrier_url=given.get("carrier_url"),
        payment_terminals=terminals,
        clamd_url=clamd_url,
        upload_limits=upload_limits,
        public_url=given.get("public_url", f"http://{_linkable(address)}:{number}").rstrip("/"),
        trusted_proxies=proxies,
        trusted_documents=documents,
        log_format=log_format,
        metrics_port=metrics_port,
        drain_seconds=drain_seconds,
        traces_url=given.get("traces_url"),
        traces_share=traces_share,
        retention_days=retention_days,
        seller=seller,
        group_managers_sign_in=admits_group_managers,
        reminder_days=reminder_days,
        demo=demo,
    )


def production_faults(given: Mapping[str, str]) -> list[str]:
    """Why these variables (lower case, without prefix) are not fit for production: embedded parts and default secrets, by name."""
    faults = []
    database = given.get("database_url", "")
    if not database.startswith("postgresql+asyncpg://"):
        faults.append("SIMURGH_DATABASE_URL must name a PostgreSQL (postgresql+asyncpg://…): the embedded SQLite is for development")
    for name, scheme, embedded in (
        ("mongodb_url", "mongodb", "document server"),
        ("redis_url", "redis", "limits and fan-out of one process"),
        ("smtp_url", "smtp", "inbox"),
        ("sms_url", "", "inbox"),
        ("carrier_url", "http", "carrier simulator"),
        ("clamd_url", "clamd", "scanner that knows but a test virus"),
    ):
        if not given.get(name, "").startswith(scheme) or not given.get(name):
            example = f" ({scheme}://…)" if scheme else ""
            faults.append(f"{PREFIX}{name.upper()} must be set{example}: the embedded {embedded} is for development")
    if not given.get("public_url", "").startswith("https://"):
        faults.append("SIMURGH_PUBLIC_URL must be set to the https:// address people use: the default points at this machine")
    secret = given.get("secret_key", "")
    if len(secret) < SHORTEST_SECRET or PLACEHOLDER in secret:
        faults.append(f"SIMURGH_SECRET_KEY must be a secret of your own, {SHORTEST_SECRET} characters or more")
    if any(len(key) < SHORTEST_SECRET for key in given.get("other_secret_keys", "").split()):
        faults.append(f"SIMURGH_OTHER_SECRET_KEYS must be master keys of {SHORTEST_SECRET} characters or more, with spaces between them")
    return faults


def _environment(given: Mapping[str, str], faults: list[str]) -> Environment:
    try:
        return Environment(given.get("environment", Environment.DEVELOPMENT))
    except ValueError:
        faults.append("SIMURGH_ENVIRONMENT must be development or production")
        return Environment.DEVELOPMENT


def _port(given: Mapping[str, str], faults: list[str], name: str = "port") -> int:
    text = given.get(name, "8000")
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    faults.append(f"{PREFIX}{name.upper()} must be a number from 1 to 65535")
    return 0


def _yes_or_no(given: Mapping[str, str], faults: list[str], name: str) -> bool:
    text = given.get(name, "no").casefold()
    if text not in ("yes", "no"):
        faults.append(f"{PREFIX}{name.upper()} must be yes or no")
    return text == "yes"


def _share(given: Mapping[str, str], faults: list[str]) -> float:
    try:
        share = float(given.get("traces_share", "0.01"))
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        faults.append("SIMURGH_TRACES_SHARE must be a number from 0 to 1")
    return share


def _drain(given: Mapping[str, str], environment: Environment, faults: list[str]) -> int:
    text = given.get("drain_seconds", "5" if environment is Environment.PRODUCTION else "0")
    if text.isascii() and text.isdigit() and int(text) <= LONGEST_DRAIN:
        return int(text)
    faults.append(f"SIMURGH_DRAIN_SECONDS must be a number from 0 to {LONGEST_DRAIN}")
    return 0


def _log_format(given: Mapping[str, str], environment: Environment, faults: list[str]) -> LogFormat:
    try:
        return LogFormat(given.get("log_format", LogFormat.JSON if environment is Environment.PRODUCTION else LogFormat.CONSOLE))
    except ValueError:
        faults.append("SIMURGH_LOG_FORMAT must be console or json")
        return LogFormat.CONSOLE


def _networks(given: Mapping[str, str], faults: list[str]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part) for part in given.get("trusted_proxies", "").replace(",", " ").split())
    except ValueError as fault:
        faults.append(f"SIMURGH_TRUSTED_PROXIES must be a list of networks such as 10.0.0.0/8: {fault}")
        return ()


def _hook_secret(given: Mapping[str, str], faults: list[str]) -> str | None:
    secret = given.get("sms_hook_secret")
    if secret is not None and not is_secret(secret):
        faults.append("SIMURGH_SMS_HOOK_SECRET must be whsec_ and 24 to 64 random bytes in base64, as Standard Webhooks has it")
    return secret


def _clamd_url(given: Mapping[str, str], faults: list[str]) -> str | None:
    url = given.get("clamd_url")
    if url is not None and not (url.startswith("clamd://") and len(url) > len("clamd://")):
        faults.append("SIMURGH_CLAMD_URL must be clamd://host:port or clamd:///path/of/its/socket")
    return url


def _terminals(given: Mapping[str, str], faults: list[str]) -> Mapping[str, str]:
    terminals = {}
    for word in given.get("payment_terminals", "").split():
        name, _, url = word.partition("=")
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"))
        if not (re.fullmatch(r"[a-z][a-z_]*", name) and is_safe and parts.hostname and parts.username) or name in terminals:
            faults.append("SIMURGH_PAYMENT_TERMINALS must be a list such as main=https://merchant@host/pg, each name once")
            break
        terminals[name] = url
    return terminals


def _upload_limits(given: Mapping[str, str], faults: list[str]) -> Limits:
    megabytes = given.get("upload_megabytes", str(Limits().table_bytes // MEGABYTE))
    if megabytes.isascii() and megabytes.isdigit() and 5 <= int(megabytes) <= MOST_UPLOAD_MEGABYTES:
        return Limits(table_bytes=int(megabytes) * MEGABYTE)
    faults.append(f"SIMURGH_UPLOAD_MEGABYTES must be a number from 5 to {MOST_UPLOAD_MEGABYTES}")
    return Limits()


def _documents(given: Mapping[str, str], faults: list[str]) -> DocumentPolicy:
    try:
        return DocumentPolicy(given.get("trusted_documents", DocumentPolicy.ALLOWED))
    except ValueError:
        faults.append("SIMURGH_TRUSTED_DOCUMENTS must be allowed or required")
        return DocumentPolicy.ALLOWED


def _retention(given: Mapping[str, str], faults: list[str]) -> Mapping[Kept, int]:
    periods = dict(PERIODS)
    for word in given.get("retention_days", "").replace(",", " ").split():
        name, _, days = word.partition("=")
        if name not in set(Kept) or not (days.isascii() and days.isdigit() and SHORTEST_RETENTION <= int(days) <= LONGEST_RETENTION):
            faults.append(
                f"SIMURGH_RETENTION_DAYS must be a list such as {Kept.USAGE}=400, of {', '.join(Kept)}, "
                f"from {SHORTEST_RETENTION} to {LONGEST_RETENTION} days"
            )
            break
        periods[Kept(name)] = int(days)
    return periods


def _seller(given: Mapping[str, str], environment: Environment, faults: list[str]) -> Seller:
    """Who issues bills: in development somebody made up, so that the demo's bills look like bills."""
    usual = DEMO_SELLER if environment is Environment.DEVELOPMENT else Seller(DEMO_SELLER.name)
    memory_id = given.get("tax_memory_id", usual.memory_id)
    if memory_id is not None and not is_memory_id(memory_id):
        faults.append("SIMURGH_TAX_MEMORY_ID must be the six capitals and digits by which the tax system knows the seller's memory")
    legal_id, economic_code = given.get("seller_legal_id", usual.legal_id), given.get("seller_economic_code", usual.economic_code)
    for name, value, parse in (("LEGAL_ID", legal_id, parse_legal_id), ("ECONOMIC_CODE", economic_code, parse_economic_code)):
        try:
            if value is not None:
                parse(value)
        except InvalidInput:
            faults.append(f"SIMURGH_SELLER_{name} isn't right: its digits don't fit")
    return Seller(given.get("seller_name", usual.name), legal_id, economic_code, memory_id)


def _reminder_days(given: Mapping[str, str], faults: list[str]) -> tuple[int, ...]:
    words = given.get("reminder_days", " ".join(map(str, REMINDER_DAYS))).replace(",", " ").split()
    try:
        days = tuple(sorted({int(word) for word in words}))
    except ValueError:
        days = (LONGEST_REMINDER + 1,)
    if any(abs(day) > LONGEST_REMINDER for day in days):
        faults.append(f"SIMURGH_REMINDER_DAYS must be a list such as -3 1 7, from -{LONGEST_REMINDER} to {LONGEST_REMINDER} days")
    return days


def _demo(given: Mapping[str, str], faults: list[str]) -> Size | None:
    name = given.get("demo", Size.DEMO)
    if name == NO_DEMO:
        return None
    try:
        return Size(name)
    except ValueError:
        faults.append(f"SIMURGH_DEMO must be one of {', '.join([*Size, NO_DEMO])}")
        return None


def _linkable(host: str) -> str:
    """An address a browser on this machine can open; "all interfaces" is none."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104  compared with, not bound to
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _kept_secret(path: Path) -> str:
    """The development master key of this data folder, made once and readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(file, "w") as writer:
        writer.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
