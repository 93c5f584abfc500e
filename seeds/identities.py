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
ZAGROS, ARVAND = "10862145730", "10102886150"

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
LEILA = Identity("لیلا شریفی", "+989350000007", "leila@zagros.example", Locale.FA, Role.PROFILE_MANAGER, ((ZAGROS, "1"),))
HAMID = Identity("حمید طاهری", "+989350000008", "hamid@zagros.example", Locale.FA, Role.ACCOUNT_MANAGER, ((ZAGROS, "12"),))
YASAMAN = Identity("یاسمن نوری", "+989350000009", "yasaman@arvand.example", Locale.FA, Role.PROFILE_MANAGER, ((ARVAND, "1"),))

EVERYBODY: Sequence[Identity] = (SARA, OMID, VERA, NORA, MARIYA, LEILA, HAMID, YASAMAN)
"""Who is there depends on the size of the world: managers of companies that it hasn't got are not."""
GROWN: Sequence[Identity] = (LEILA, HAMID, YASAMAN)
SHOWN: Sequence[Identity] = (SARA, OMID, VERA, NORA)
