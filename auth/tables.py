"""What signing in has to remember; secrets are hashed or sealed, never readable."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from store.types import Json, UtcDateTime


class ChallengeKind(StrEnum):
    """Which question is open: the code that was sent, the authenticator after it, or the code that sets a password and nothing else."""

    CODE = "CODE"
    SECOND_FACTOR = "SECOND_FACTOR"
    PASSWORD = "PASSWORD"


class Challenge(SQLModel, table=True):
    """An open question to a person; without a person for identities nobody has, so that both look alike.

    `identity` is a keyed digest; `is_withheld` says that no SMS went out because the line changed hands lately.
    """

    __tablename__ = "auth_challenges"
    __table_args__ = (Index("ix_auth_challenges_expiry", "expires_at"),)

    id: UUID = Field(primary_key=True)
    kind: str
    identity: str
    person_id: UUID | None = Field(default=None, foreign_key="persons.id")
    channel: str
    code_hash: str
    is_withheld: bool = False
    tries: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class LimitWindow(SQLModel, table=True):
    """The latest hits under a limit, as milliseconds since the epoch; the row is also the lock that counts them one by one."""

    __tablename__ = "auth_limit_windows"
    __table_args__ = (Index("ix_auth_limit_windows_expiry", "expires_at"),)

    key: str = Field(primary_key=True)
    hits: list[int] = Field(sa_type=Json)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class SignInSession(SQLModel, table=True):
    """One signed-in client; with a ticket it is a support view of that organization, opened out of the session `parent_id`."""

    __tablename__ = "auth_sessions"
    __table_args__ = (
        Index("ix_auth_sessions_person", "person_id", "created_at"),
        Index("ix_auth_sessions_view", "organization_id", "expires_at"),
        Index("ix_auth_sessions_parent", "parent_id"),
    )

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="persons.id")
    user_agent: str | None = None
    address: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime = Field(sa_type=UtcDateTime)
    proven_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    organization_id: UUID | None = Field(default=None, foreign_key="organizations.id")
    ticket_id: UUID | None = Field(default=None, foreign_key="tickets.id")
    parent_id: UUID | None = Field(default=None, foreign_key="auth_sessions.id")


class RefreshToken(SQLModel, table=True):
    """A single-use refresh token by its SHA-256; all tokens of a session are one family."""

    __tablename__ = "auth_refresh_tokens"
    __table_args__ = (Index("ix_auth_refresh_tokens_session", "session_id"), Index("ix_auth_refresh_tokens_expiry", "expires_at"))

    hash: str = Field(primary_key=True)
    session_id: UUID = Field(foreign_key="auth_sessions.id", ondelete="CASCADE")
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Totp(SQLModel, table=True):
    """A person's authenticator secret, sealed; `pending` waits for its first code, `last_step` is the newest time step used."""

    __tablename__ = "auth_totps"

    person_id: UUID = Field(primary_key=True, foreign_key="persons.id")
    key_id: str | None = None
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    last_step: int = 0
    pending_key_id: str | None = None
    pending: bytes | None = Field(default=None, sa_type=LargeBinary)


class Password(SQLModel, table=True):
    """A person's permanent password by its Argon2id hash, sealed: the table alone leaves nothing to guess at."""

    __tablename__ = "auth_passwords"

    person_id: UUID = Field(primary_key=True, foreign_key="persons.id")
    key_id: str
    sealed: bytes = Field(sa_type=LargeBinary)
    set_at: datetime = Field(sa_type=UtcDateTime)


class RecoveryCode(SQLModel, table=True):
    """A code that stands in for the authenticator once, by its keyed digest."""

    __tablename__ = "auth_recovery_codes"

    person_id: UUID = Field(primary_key=True, foreign_key="persons.id")
    hash: str = Field(primary_key=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ApiToken(SQLModel, table=True):
    """A key for programs by its SHA-256; holds at most what its maker may do at the moment of use."""

    __tablename__ = "auth_api_tokens"
    __table_args__ = (Index("ix_auth_api_tokens_list", "organization_id", "created_at", "id"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    account_id: UUID = Field(foreign_key="accounts.id")
    person_id: UUID = Field(foreign_key="persons.id")
    name: str
    prefix: str
    hash: str = Field(unique=True)
    permissions: list[str] = Field(sa_type=Json)
    networks: list[str] = Field(sa_type=Json)
    by: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SigningKey(SQLModel, table=True):
    """A key that signs access tokens from `signs_at` on, its private half sealed; `seq` lets two processes agree on the next one."""

    __tablename__ = "auth_signing_keys"

    kid: str = Field(primary_key=True)
    seq: int = Field(unique=True)
    key_id: str
    sealed: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcDateTime)
    signs_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # null of keys made before there was such an instant
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


TABLES: tuple[type[SQLModel], ...] = (
    Challenge, LimitWindow, SignInSession, RefreshToken, Totp, Password, RecoveryCode, ApiToken, SigningKey,
)  # fmt: skip
