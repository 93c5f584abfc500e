"""The people of the demo company whom one can sign in as. They exist in demo worlds only: production refuses to be seeded."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.kernel.locale import Locale
from domain.kernel.permissions import Role


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody to sign in as; `places` are (legal id, account number) and empty for the operator's own people, who have a TOTP secret."""

    name: str
    mobile: str
    email: str
    locale: Locale
    role: Role
    places: tuple[tuple[str, str], ...] = ()
    totp_secret: str | None = None


NIKAZIN, ALBORZ, BALKAN = "10104321877", "10261049133", "14100786526"

SARA = Identity(
    "سارا نیک‌آذین", "+989350000001", "sara@nikazin.example", Locale.FA, Role.PROFILE_MANAGER, ((NIKAZIN, "100"), (ALBORZ, "A-1"))
)
OMID = Identity("امید رستگار", "+989350000002", "omid@nikazin.example", Locale.FA, Role.ACCOUNT_MANAGER, ((NIKAZIN, "110"),))
MARIYA = Identity("Мария Иванова", "+989350000005", "mariya@balkan.example", Locale.BG, Role.PROFILE_MANAGER, ((BALKAN, "B-1"),))
VERA = Identity(
    "Вера Соколова", "+989350000003", "vera@operator.example", Locale.RU, Role.SUPPORT, totp_secret="VERASUPPORTDEMOSECRETSIMURGH2345"
)
NORA = Identity(
    "Nora Adams", "+989350000004", "nora@operator.example", Locale.EN, Role.OPERATOR_ADMIN, totp_secret="NORAADMINDEMOSECRETSIMURGHWXYZ67"
)

EVERYBODY: Sequence[Identity] = (SARA, OMID, VERA, NORA, MARIYA)
SHOWN: Sequence[Identity] = (SARA, OMID, VERA, NORA)
