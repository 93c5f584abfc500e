"""What signing in stands on, put together once: the store, the master key, the signing keys, our own name, the threads for passwords."""

from dataclasses import dataclass

from auth.access_tokens import Reader
from auth.hashing import Hasher
from auth.keys import KeyRing
from domain.kernel.sealing import Sealer
from store.session import Database


@dataclass(frozen=True, slots=True)
class Auth:
    """The parts every service of this package needs; `issuer` is the public URL, `environment` the middle of API tokens."""

    database: Database
    sealer: Sealer
    keys: KeyRing
    tokens: Reader
    hasher: Hasher
    issuer: str
    environment: str

    @classmethod
    def on(cls, database: Database, sealer: Sealer, *, issuer: str, environment: str = "dev") -> "Auth":
        """Puts the parts together on a store."""
        keys = KeyRing(database, sealer)
        return cls(database, sealer, keys, Reader(keys, issuer), Hasher(), issuer, environment)

    def close(self) -> None:
        """Lets the threads go."""
        self.hasher.close()
