"""Names of people and things in three scripts."""

from collections.abc import Mapping
from enum import StrEnum
from random import Random

from domain.kernel.text import digits_persian


class Script(StrEnum):
    """How a name is written."""

    PERSIAN = "PERSIAN"
    LATIN = "LATIN"
    CYRILLIC = "CYRILLIC"


GIVEN: Mapping[Script, tuple[str, ...]] = {
    Script.PERSIAN: (
        "مریم", "کاوه", "پویا", "نیلوفر", "آرش", "سمیرا", "بهرام", "فاطمه", "محمدرضا", "زهرا", "امیرحسین", "نرگس", "سیاوش", "لیلا", "کیوان",
        "الهام", "حمید", "شقایق", "رضا", "مهسا", "علی", "پریسا", "داریوش", "سپیده", "یاسمن", "هوشنگ", "گلنار", "ایرج",
    ),
    Script.LATIN: ("Olga", "Daniel", "Leyla", "Marco", "Aisha", "Peter", "Elif", "Tomas", "Hannah", "Karim", "Sofia", "Noah", "Ines"),
    Script.CYRILLIC: ("Георги", "Елена", "Иван", "Мария", "Николай", "Татьяна", "Димитър", "Ольга", "Стоян", "Анна", "Павел", "Радка"),
}  # fmt: skip
FAMILY: Mapping[Script, tuple[str, ...]] = {
    Script.PERSIAN: (
        "رستگار", "بهرامی", "نیک‌منش", "صادقی", "کریمی", "حسینی‌نژاد", "رحیمی", "موسوی", "اکبری", "جعفری", "نوری", "شریفی", "قاسمی",
        "عباسی", "یزدان‌پناه", "کاظمی", "طاهری", "فرهادی", "میرزایی", "سلیمانی", "پورمحمدی", "گل‌محمدی", "ایزدی", "خسروی",
    ),
    Script.LATIN: ("Marinova", "Novak", "Aydin", "Rossi", "Haddad", "Larsen", "Yılmaz", "Horvat", "Klein", "Nasser", "Silva", "Petersen"),
    Script.CYRILLIC: ("Ильин", "Маринова", "Стоянов", "Димитрова", "Петров", "Кузнецова", "Георгиев", "Тодорова", "Волков", "Николова"),
}  # fmt: skip
LONG = (
    "سیدمحمدامین حسینی‌نژاد یزدان‌پناه اصفهانی (جانشین سرپرست ناوگان شبانه)",
    "Alexandra Konstantinopoulou-Papadimitriou von Hohenstein",
    "Александра Константиновна Преображенская-Серебрякова",
)
MIXED = ("مریم Klein رستگار", "کاوه بهرامی (Night shift)", "Olga Марино́ва نیک‌منش")
THINGS: Mapping[Script, tuple[str, ...]] = {
    Script.PERSIAN: ("خودرو {n}", "کارت‌خوان {n}", "دوربین انبار {n}", "ردیاب {n}", "حسگر دما {n}"),
    Script.LATIN: ("Truck {n}", "Sensor {n}", "Gate {n}"),
    Script.CYRILLIC: ("Камион {n}", "Датчик {n}"),
}


def person(dice: Random, script: Script) -> str:
    """Somebody's name."""
    return f"{dice.choice(GIVEN[script])} {dice.choice(FAMILY[script])}"


def thing(dice: Random, script: Script) -> str:
    """What carries a card instead of a person."""
    number = str(dice.randint(1, 480))
    return dice.choice(THINGS[script]).format(n=digits_persian(number) if script is Script.PERSIAN else number)
