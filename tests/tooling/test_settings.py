"""Settings come from the environment; production refuses embedded parts and default secrets, all at once and by name."""

import re
import stat
from pathlib import Path

import pytest

from api.settings import BadSettings, Environment, read_settings

PRODUCTION = {
    "SIMURGH_ENVIRONMENT": "production",
    "SIMURGH_DATABASE_URL": "postgresql+asyncpg://simurgh@database/simurgh",
    "SIMURGH_MONGODB_URL": "mongodb://documents/simurgh",
    "SIMURGH_REDIS_URL": "redis://cache",
    "SIMURGH_SECRET_KEY": "b3f1c2d4e5a69788" * 3,
    "SIMURGH_SMTP_URL": "smtps://mail",
    "SIMURGH_SMS_URL": "smpp://messages",
    "SIMURGH_CARRIER_URL": "https://carrier.example",
    "SIMURGH_CLAMD_URL": "clamd://scanner.example",
    "SIMURGH_PUBLIC_URL": "https://simurgh.example/",
}


def refused(environ: dict[str, str]) -> set[str]:
    """The variables production names when it refuses this environment."""
    with pytest.raises(BadSettings) as caught:
        read_settings(environ)
    return set(re.findall(r"^(SIMURGH_\w+) ", str(caught.value), re.MULTILINE))


def test_production_starts_when_nothing_is_embedded(tmp_path: Path) -> None:
    settings = read_settings({**PRODUCTION, "SIMURGH_DATA_DIR": str(tmp_path)})

    assert settings.production
    assert settings.public_url == "https://simurgh.example"
    assert list(tmp_path.iterdir()) == []


def test_production_names_every_embedded_part_and_default_secret_at_once() -> None:
    assert refused({"SIMURGH_ENVIRONMENT": "production"}) == PRODUCTION.keys() - {"SIMURGH_ENVIRONMENT"}


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"SIMURGH_ENVIRONMENT"}))
def test_production_names_the_one_part_that_is_missing(name: str) -> None:
    assert refused({**PRODUCTION, name: ""}) == {name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIMURGH_DATABASE_URL", "sqlite+aiosqlite:////var/lib/simurgh.db"),
        ("SIMURGH_SECRET_KEY", "short"),
        ("SIMURGH_SECRET_KEY", "change-me-" * 8),
        ("SIMURGH_PUBLIC_URL", "http://simurgh.example"),
        ("SIMURGH_PORT", "eighty"),
        ("SIMURGH_PORT", "70000"),
        ("SIMURGH_TRUSTED_PROXIES", "10.0.0.0/8, everyone"),
        ("SIMURGH_DEMO", "huge"),
        ("SIMURGH_CLAMD_URL", "http://scanner.example"),
        ("SIMURGH_UPLOAD_MEGABYTES", "4"),
        ("SIMURGH_UPLOAD_MEGABYTES", "plenty"),
        ("SIMURGH_TRUSTED_DOCUMENTS", "yes"),
        ("SIMURGH_METRICS_PORT", "metrics"),
        ("SIMURGH_TRACES_SHARE", "2"),
        ("SIMURGH_LOG_FORMAT", "xml"),
        ("SIMURGH_DRAIN_SECONDS", "-1"),
        ("SIMURGH_RETENTION_DAYS", "usage=1"),
        ("SIMURGH_RETENTION_DAYS", "names=400"),
        ("SIMURGH_OTHER_SECRET_KEYS", "short"),
        ("SIMURGH_PAYMENT_TERMINALS", "https://merchant@host/pg"),
        ("SIMURGH_PAYMENT_TERMINALS", "main=https://host/pg"),
        ("SIMURGH_PAYMENT_TERMINALS", "main=http://merchant@host/pg"),
        ("SIMURGH_PAYMENT_TERMINALS", "Main=https://merchant@host/pg"),
        ("SIMURGH_PAYMENT_TERMINALS", "main=https://a@host/pg main=https://b@host/pg"),
    ],
)
def test_production_names_the_value_it_can_not_accept(name: str, value: str) -> None:
    assert refused({**PRODUCTION, name: value}) == {name}


def test_terminals_are_read_in_their_order(tmp_path: Path) -> None:
    terminals = {"SIMURGH_PAYMENT_TERMINALS": "main=https://a@pay.example/pg bill=https://b@pay.example/pg"}

    assert list(read_settings({**PRODUCTION, **terminals}).payment_terminals.items()) == [
        ("main", "https://a@pay.example/pg"), ("bill", "https://b@pay.example/pg"),
    ]  # fmt: skip
    assert read_settings({**PRODUCTION}).payment_terminals == {}


def test_an_unknown_environment_is_refused_rather_than_taken_for_development() -> None:
    assert refused({"SIMURGH_ENVIRONMENT": "prod"}) == {"SIMURGH_ENVIRONMENT"}


def test_development_needs_nothing_and_keeps_its_own_secret(tmp_path: Path) -> None:
    first = read_settings({}, data_dir=tmp_path)

    second = read_settings({}, data_dir=tmp_path)

    assert first.environment is Environment.DEVELOPMENT
    assert first.mongodb_url is None
    assert first.database_url == f"sqlite+aiosqlite:///{tmp_path / 'simurgh.db'}"
    assert len(first.secret_key) >= 32
    assert first.secret_key == second.secret_key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_two_data_folders_never_share_a_secret(tmp_path: Path) -> None:
    assert read_settings({}, data_dir=tmp_path / "a").secret_key != read_settings({}, data_dir=tmp_path / "b").secret_key


def test_arguments_go_before_the_environment(tmp_path: Path) -> None:
    settings = read_settings({"SIMURGH_HOST": "0.0.0.0", "SIMURGH_PORT": "1"}, host="::1", port=2, data_dir=tmp_path)

    assert (settings.host, settings.port, settings.public_url) == ("::1", 2, "http://[::1]:2")


def test_settings_never_show_a_secret(tmp_path: Path) -> None:
    settings = read_settings({**PRODUCTION, "SIMURGH_DATABASE_URL": "postgresql+asyncpg://a:hidden@b/c"}, data_dir=tmp_path)

    assert "hidden" not in f"{settings!r} {settings}"
    assert settings.secret_key not in f"{settings!r} {settings}"


@pytest.mark.parametrize(("said", "lets_in"), [(None, False), ("no", False), ("YES", True)])
def test_group_managers_sign_in_only_where_it_is_said(said: str | None, lets_in: bool, tmp_path: Path) -> None:
    given = {"SIMURGH_DATA_DIR": str(tmp_path), **({"SIMURGH_GROUP_MANAGERS_SIGN_IN": said} if said else {})}

    assert read_settings(given).group_managers_sign_in is lets_in
    assert refused({**given, "SIMURGH_GROUP_MANAGERS_SIGN_IN": "perhaps"}) == {"SIMURGH_GROUP_MANAGERS_SIGN_IN"}
