"""What signing in stands on, put together once: the store, the master key, the signing keys, our own name, the threads for passwords."""

from dataclasses import dataclass

from auth.access_tokens import Reader
from auth.hashing import Hasher
from auth.keys import KeyRing
from auth.policy import stays_out
from domain.kernel.permissions import Role
from domain.kernel.sealing import Sealer
from store.session import Database


@dataclass(frozen=True, slots=True)
class Auth:
    """The parts every service of this package needs; `issuer` is the public URL, `environment` the middle of API tokens.

    `out` is the role that lets nobody in.
   """

    database: Database
    sealer: Sealer
    keys: KeyRing
    tokens: Reader
    hasher: Hasher
    issuer: str
    environment: str
    out: str = Role.GROUP_MANAGER

    @classmethod
    def on(
        cls, database: Database, sealer: Sealer, *, issuer: str, environment: str = "dev", admits_group_managers: bool = False
    ) -> "Auth":
        """Puts the parts together on a store."""
        keys = KeyRing(database, sealer)
        out = stays_out(admits_group_managers=admits_group_managers)
        return cls(database, sealer, keys, Reader(keys, issuer), Hasher(), issuer, environment, out)

    def close(self) -> None:
        """Lets the threads go."""
        self.hasher.close()
