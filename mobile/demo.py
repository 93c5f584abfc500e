"""A small company in memory that answers the app's documents: for screenshots, for tests, and for a look without a server."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

NOW = datetime(2026, 11, 9, 6, 52, tzinfo=UTC)
CODE = "407126"
PASSWORD = "teapot granite 41 willow"
GIB = 1024**3
MIB = 1024**2

NAMES = {
    "group": ("گروه نیک‌آذین", "Nikazin Group", "Группа Никазин", "Група Никазин"),
    "logistics": ("نیک‌آذین لجستیک", "Nikazin Logistics", "Никазин Логистика", "Никазин Логистика"),
    "sales": ("نیک‌آذین فروش", "Nikazin Sales", "Никазин Продажи", "Никазин Продажби"),
    "energy": ("نیک‌آذین انرژی", "Nikazin Energy", "Никазин Энергия", "Никазин Енергия"),
    "north": ("ناوگان شمال", "Northern fleet", "Северный парк", "Северен парк"),
    "south": ("ناوگان جنوب", "Southern fleet", "Южный парк", "Южен парк"),
    "qom": ("انبار قم", "Qom depot", "Склад Кум", "Склад Кум"),
    "rasht": ("پایانه رشت", "Rasht terminal", "Терминал Решт", "Терминал Ращ"),
    "manager": ("مدیر پرونده نیک‌آذین", "Nikazin profile manager", "Менеджер профиля Никазин", "Мениджър на Никазин"),
    "maryam": ("مریم رستگار", "Maryam Rastgar", "Марьям Растгар", "Марям Растгар"),
    "kaveh": ("کاوه بهرامی", "Kaveh Bahrami", "Каве Бахрами", "Каве Бахрами"),
    "vehicle": ("خودرو ۲۱", "Vehicle 21", "Машина 21", "Кола 21"),
    "terminal": ("کارت‌خوان ۳۱۴", "POS terminal 314", "Терминал 314", "ПОС терминал 314"),
    "pouya": ("پویا نیک‌منش", "Pouya Nikmanesh", "Пуя Никманеш", "Пуя Никманеш"),
    "camera": ("دوربین انبار ۲", "Depot camera 2", "Камера склада 2", "Камера склад 2"),
    "tehran": ("فروش تهران", "Tehran sales", "Продажи, Тегеран", "Продажби Техеран"),
    "plan": ("طرح سازمانی", "Corporate plan", "Корпоративный", "Корпоративен"),
    "data10": ("اینترنت ماهانه ۱۰ گیگ", "Monthly data 10 GB", "Интернет 10 ГБ", "Интернет 10 GB"),
    "data20": ("اینترنت ماهانه ۲۰ گیگ", "Monthly data 20 GB", "Интернет 20 ГБ", "Интернет 20 GB"),
    "data5": ("اینترنت هفتگی ۵ گیگ", "Weekly data 5 GB", "Интернет 5 ГБ", "Интернет 5 GB"),
    "data40": ("اینترنت سه‌ماهه ۴۰ گیگ", "Quarterly data 40 GB", "Интернет 40 ГБ", "Интернет 40 GB"),
    "voice": ("مکالمه ۵۰۰ دقیقه", "500 minutes", "500 минут", "500 минути"),
    "mixed": ("ترکیبی ۵ گیگ و ۲۰۰ دقیقه", "5 GB and 200 minutes", "5 ГБ и 200 минут", "5 GB и 200 минути"),
    "share": ("سهم از سرشاخه فروش", "Share of head “Sales”", "Доля главного «Продажи»", "Дял от „Продажби“"),
    "slow": ("بسته اینترنت دیر فعال شد", "Bundle was activated late", "Пакет включился поздно", "Пакетът се активира късно"),
    "slow_text": (
        "بسته‌ای که دیروز خریدیم سه ساعت بعد فعال شد. لطفاً بررسی کنید.",
        "The bundle we bought yesterday started three hours late. Please look into it.",
        "Вчерашний пакет включился на три часа позже. Проверьте, пожалуйста.",
        "Вчерашният пакет се включи три часа по-късно. Моля, проверете.",
    ),
    "slow_answer": (
        "ممنون از پیام شما. تأخیر در شبکه بود و برطرف شد. شماره‌ای هست که هنوز مشکل داشته باشد؟",
        "Thank you. The network was late and is fine now. Is any number still affected?",
        "Спасибо. Сеть запаздывала, сейчас всё в порядке. Остались ли номера с проблемой?",
        "Благодарим. Мрежата закъсня, вече е наред. Има ли още засегнати номера?",
    ),
    "no_data": ("اینترنت انبار قم قطع است", "No data at the Qom depot", "Нет интернета на складе Кум", "Няма интернет в склада Кум"),
    "no_data_text": (
        "از دیروز هیچ‌کدام از خط‌های انبار اینترنت ندارند.",
        "Since yesterday none of the depot's lines has data.",
        "Со вчерашнего дня на линиях склада нет интернета.",
        "От вчера линиите на склада нямат интернет.",
    ),
    "invoice_name": ("نام شرکت روی رسید", "Company name on the receipt", "Название компании в квитанции", "Име на компанията в разписката"),
    "closed": (
        "این درخواست بسته شده است. درخواست تازه‌ای باز کنید.",
        "This ticket is closed. Please open a new one.",
        "Это обращение закрыто. Откройте новое.",
        "Тази заявка е затворена. Отворете нова.",
    ),
    "outage": (
        "کندی اینترنت در قم و کاشان", "Slow internet in Qom and Kashan",
        "Медленный интернет в Куме и Кашане", "Бавен интернет в Кум и Кашан",
    ),
    "outage_text": (
        "فیبر نوری در جادهٔ قم آسیب دیده است. تماس و پیامک کار می‌کند؛ گروه فنی در محل است.",
        "A fibre near Qom is damaged. Calls and SMS work; our engineers are on site.",
        "Повреждена оптика под Кумом. Звонки и SMS работают; бригада на месте.",
        "Повредена е оптична линия край Кум. Разговорите и SMS работят; екипът е на място.",
    ),
    "shelf_sign_in": ("ورود و امنیت", "Signing in and safety", "Вход и безопасность", "Вход и сигурност"),
    "shelf_cards": ("سیم‌کارت‌ها", "SIM cards", "SIM-карты", "SIM карти"),
    "help_code": ("چرا کد ورود نمی‌رسد؟", "Why doesn't my code arrive?", "Почему не приходит код?", "Защо кодът не идва?"),
    "help_code_text": (
        "1. شماره یا نشانی را دوباره نگاه کنید.\n2. کمی صبر کنید و کد تازه بخواهید؛ در هر ۱۵ دقیقه سه کد فرستاده می‌شود.",
        "1. Check the number or address.\n2. Wait a little, then ask again; up to three codes are sent in 15 minutes.",
        "1. Проверьте номер или адрес.\n2. Подождите и запросите код снова; за 15 минут отправляется не больше трёх.",
        "1. Проверете номера или адреса.\n2. Изчакайте и поискайте отново; за 15 минути се пращат най-много три кода.",
    ),
    "help_puk": ("کد PUK را از کجا بیاورم؟", "Where do I get the PUK code?", "Где взять код PUK?", "Откъде да взема PUK кода?"),
    "help_puk_text": (
        "سیم‌کارت را در برنامه باز کنید و «PUK» را بزنید. برای ۶۰ ثانیه می‌ماند.\n\n- هر سیم‌کارت روزی سه بار.\n- هر بار در سابقه می‌ماند.",
        "Open the SIM card and choose PUK. It is shown for 60 seconds.\n\n- Three times a day for a card.\n- Each time is kept.",
        "Откройте SIM-карту и выберите PUK. Он показывается 60 секунд.\n\n- Три раза в день для карты.\n- Каждый раз остаётся в журнале.",
        "Отворете SIM картата и изберете PUK. Показва се 60 секунди.\n\n- Три пъти на ден за карта.\n- Всеки път остава в дневника.",
    ),
    "link_phone": (
        "پشتیبانی سازمانی: ۰۲۱ ۰۰۰۰ ۰۲۰۰",
        "Business support: +98 21 0000 0200",
        "Поддержка: +98 21 0000 0200",
        "Поддръжка: +98 21 0000 0200",
    ),
    "link_telegram": ("کانال تلگرام", "Telegram channel", "Канал в Telegram", "Канал в Telegram"),
    "link_web": ("وبگاه خدمات سازمانی", "Website for businesses", "Сайт для бизнеса", "Сайт за бизнеса"),
    "sim_lost": ("سیم‌کارت گم‌شده راننده", "Driver lost a SIM", "Водитель потерял SIM", "Шофьор изгуби SIM"),
    "support": ("پشتیبانی سازمانی", "Enterprise support", "Корпоративная поддержка", "Корпоративна поддръжка"),
    "blocked": ("مسدود است (گم‌شده)", "blocked (lost)", "заблокирована (утеряна)", "блокирана (изгубена)"),
    "queued": ("دو بسته یکسان در صف دارد", "already has two of these queued", "два таких уже в очереди", "вече има два на опашка"),
    "wrong": ("رمز درست نیست.", "This code isn’t right.", "Код неверен.", "Кодът не е верен."),
    "wrong_password": (
        "شماره و گذرواژه با هم جور نیستند.",
        "This number and this password don’t go together.",
        "Номер и пароль не подходят друг к другу.",
        "Номерът и паролата не си съответстват.",
    ),
    "leaked": (
        "این گذرواژه در فهرست گذرواژه‌های لورفته است.",
        "This password is on lists of leaked ones.",
        "Этот пароль есть в списках утёкших.",
        "Тази парола е в списъци с изтекли.",
    ),
    "not_blocked": ("مسدود نیست", "is not blocked", "не заблокирована", "не е блокирана"),
    "already": ("از پیش مسدود است", "already blocked", "уже заблокирована", "вече е блокирана"),
    "there": ("همان‌جا است", "is there already", "уже там", "вече е там"),
    "poor": ("کیف پول کافی نیست.", "The wallet can’t pay this.", "В кошельке мало денег.", "В портфейла няма достатъчно."),
    "stale": ("چیزی عوض شد.", "Something changed.", "Что-то изменилось.", "Нещо се промени."),
    "proof": ("دوباره ثابت کنید که شمایید.", "Prove once more that it is you.", "Подтвердите себя ещё раз.", "Потвърдете се отново."),
}
LANGUAGES = ("fa", "en", "ru", "bg")

# number, holder, status, reason, data left and granted in GB, payable in rials
FIRST_SIMS: tuple[tuple[str, str, str, str | None, float | None, float, int], ...] = (
    ("+989350000412", "maryam", "ACTIVE", None, 6.2, 10, 1_240_000),
    ("+989350000418", "kaveh", "ACTIVE", None, 0.18, 10, 860_000),
    ("+989360001107", "vehicle", "BLOCKED", "LOST", None, 10, 2_315_000),
    ("+989020002236", "Olga Marinova", "ACTIVE", None, 12.4, 20, 3_080_000),
    ("+989350000533", "terminal", "READY_TO_ACTIVATE", None, None, 10, 0),
    ("+989370000091", "pouya", "CAP_EXCEEDED", None, None, 10, 1_950_000),
    ("+989300007715", "Георгий Ильин", "ACTIVE", None, 3.7, 5, 640_000),
    ("+989010004470", "camera", "IMEI_MISMATCH", None, None, 10, 410_000),
    ("+989030006120", "maryam", "ACTIVE", None, 8.9, 10, 720_000),
)
# key, parent, kind, mode, depth, total, active, ready, blocked
TREE = (
    ("group", None, "CORPORATE_GENERAL", "POSTPAID", 0, 1200, 1086, 73, 41),
    ("logistics", "group", "BILLING", "POSTPAID", 1, 412, 371, 26, 15),
    ("north", "logistics", "SUB", "POSTPAID", 2, 188, 170, 11, 7),
    ("qom", "north", "SUB", "PREPAID", 3, 36, 30, 4, 2),
    ("rasht", "north", "SUB", "PREPAID", 3, 29, 27, 2, 0),
    ("south", "logistics", "SUB", "POSTPAID", 2, 224, 201, 15, 8),
    ("sales", "group", "BILLING", "POSTPAID", 1, 561, 512, 30, 19),
    ("energy", "group", "BILLING", "PREPAID", 1, 227, 203, 17, 7),
)
# key, service allowances, days, net rials, activations
OFFERS: tuple[tuple[str, tuple[tuple[str, int, str], ...], int | None, int, tuple[str, ...]], ...] = (
    ("data10", (("DATA", 10 * GIB, "BYTE"),), 30, 1_250_000, ("NOW", "FIRST_USE", "LATER")),
    ("data20", (("DATA", 20 * GIB, "BYTE"),), 30, 2_180_000, ("NOW", "FIRST_USE", "LATER")),
    ("data5", (("DATA", 5 * GIB, "BYTE"),), 7, 690_000, ("NOW", "LATER")),
    ("data40", (("DATA", 40 * GIB, "BYTE"),), 90, 5_900_000, ("NOW", "FIRST_USE")),
    ("voice", (("VOICE", 500 * 60, "SECOND"),), 30, 900_000, ("NOW",)),
    ("mixed", (("DATA", 5 * GIB, "BYTE"), ("VOICE", 200 * 60, "SECOND")), 30, 1_100_000, ("NOW",)),
)
VAT_PERCENT = 10
ALL_RIGHTS = (
    "ACCOUNT_READ",
    "AUDIT_READ",
    "ORDER_PLACE",
    "ORDER_READ",
    "PUK_REVEAL",
    "SIM_BLOCK",
    "SIM_EDIT",
    "SIM_MOVE",
    "SIM_READ",
    "TICKET_READ",
    "TICKET_WRITE",
    "USAGE_READ",
    "WALLET_READ",
)


ARTICLES = (("shelf_sign_in", "help_code", "help_code_text"), ("shelf_cards", "help_puk", "help_puk_text"))
FOR_STRANGERS = ("OtpRequest", "SessionCreate", "SessionRefresh", "PasswordSet", "Help", "Incidents")


class DemoServer(httpx.AsyncBaseTransport):
    """Answers like the real server would, with switches for what can go wrong."""

    def __init__(self, now: Callable[[], datetime] = lambda: NOW, sims: int = 64) -> None:
        self.now = now
        self.asked: list[str] = []
        self.delay = 0.0
        self.is_offline = False
        self.is_ended = False
        self.is_broken = False
        self.is_proof_old = True
        self.is_totp_needed = False
        self.is_plan_stale = False
        self.denied: set[str] = set()
        self.wallet = 615_300_000
        self.reveals_left = 2
        self.access = "access-0"
        self.refresh = "refresh-0"
        self.refreshes = 0
        self.tries = 5
        self.password = PASSWORD
        self.ended: set[str] = set()
        self.locale = ""
        self.members_a_page = 50
        self.tickets: list[dict[str, Any]] = []
        self.has_outage = False
        self.sims = [self._seed(index) for index in range(sims)]
        self.orders: list[dict[str, Any]] = []
        self._applied: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.rows_a_look = 60
        self._language = "fa"

    def speak(self, language: str) -> None:
        """Names things in that language from now on, as the next request would."""
        self._language = language

    # ── the door ──

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One HTTP request."""
        await asyncio.sleep(self.delay)
        if self.is_offline:
            raise httpx.ConnectError("no network", request=request)
        if self.is_broken:
            return httpx.Response(500, headers={"x-request-id": "7c2e-41fa"}, request=request)
        if request.method == "GET" and request.url.path != "/graphql":
            return httpx.Response(200, content=b"%PDF-1.7 demo", request=request)
        if request.method == "GET":
            body = dict(request.url.params) | {"variables": json.loads(request.url.params["variables"])}
        else:
            body = json.loads(await request.aread())
        operation = body["operationName"]
        self.asked.append(operation)
        self._language = request.headers.get("accept-language", "fa")
        if operation not in FOR_STRANGERS and (
            self.is_ended or request.headers.get("authorization") != f"Bearer {self.access}"
        ):
            return self._refused("UNAUTHENTICATED", request)
        if operation in self.denied:
            return self._refused("FORBIDDEN", request)
        data = getattr(self, f"_{operation}")(**body["variables"])
        answer = httpx.Response(200, json={"data": data}, request=request)
        if request.method == "POST":
            return answer
        answer.headers["etag"] = f'"{hashlib.sha256(answer.content).hexdigest()}"'
        if request.headers.get("if-none-match") == answer.headers["etag"]:
            return httpx.Response(304, headers={"etag": answer.headers["etag"]}, request=request)
        return answer

    def _refused(self, code: str, request: httpx.Request) -> httpx.Response:
        error = {"message": code, "extensions": {"code": code, "requestId": "7c2e-41fa"}}
        return httpx.Response(200, json={"data": None, "errors": [error]}, request=request)

    def _name(self, key: str) -> str:
        return NAMES[key][LANGUAGES.index(self._language)] if key in NAMES else key

    def _at(self, **back: float) -> str:
        return (self.now() - timedelta(**back)).isoformat()

    # ── signing in ──

    def _challenge(self, methods: list[str]) -> dict[str, Any]:
        return {
            "id": "challenge",
            "methods": methods,
            "codeLength": 6,
            "expiresAt": self._at(seconds=-120),
            "resendAt": self._at(seconds=-60),
        }

    def _OtpRequest(self, input: dict[str, Any]) -> dict[str, Any]:
        method = "OTP_SMS" if input["channel"] == "SMS" else "OTP_EMAIL"
        return {"otpRequest": {"__typename": "OtpRequestPayload", "challenge": self._challenge([method])}}

    def _tokens(self) -> dict[str, Any]:
        self.refreshes += 1
        self.access, self.refresh = f"access-{self.refreshes}", f"refresh-{self.refreshes}"
        return {
            "accessToken": self.access,
            "accessExpiresAt": self._at(minutes=-15),
            "refreshToken": self.refresh,
            "refreshExpiresAt": self._at(days=-30),
        }

    def _wrong(self) -> dict[str, Any]:
        self.tries -= 1
        return {
            "__typename": "InvalidSecret",
            "code": "INVALID_SECRET",
            "message": self._name("wrong"),
            "field": None,
            "triesLeft": self.tries,
        }

    def _SessionCreate(self, input: dict[str, Any]) -> dict[str, Any]:
        (proof,) = input["proof"].items()
        if proof[0] == "password" and proof[1]["password"] != self.password:
            return {"sessionCreate": self._wrong() | {"message": self._name("wrong_password"), "triesLeft": None}}
        if proof[0] != "password" and proof[1]["code"] != CODE:
            return {"sessionCreate": self._wrong()}
        if self.is_totp_needed and proof[0] != "totp":
            return {
                "sessionCreate": {
                    "__typename": "SecondFactorRequired",
                    "code": "SECOND_FACTOR_REQUIRED",
                    "message": self._name("proof"),
                    "field": None,
                    "challenge": self._challenge(["TOTP"]),
                }
            }
        self.is_ended = False
        viewer = self._viewer()
        memberships = [
            {
                "role": one["role"],
                "account": {key: one["account"][key] for key in ("id", "name")},
                "organization": {key: one["organization"][key] for key in ("id", "name")},
            }
            for one in viewer["memberships"]
        ]
        known = {"locale": viewer["locale"], "permissions": viewer["permissions"], "memberships": memberships}
        return {"sessionCreate": {"__typename": "SessionCreatePayload", "tokens": self._tokens(), "viewer": known}}

    def _PasswordSet(self, input: dict[str, Any]) -> dict[str, Any]:
        if input["proof"]["code"] != CODE:
            return {"passwordSet": self._wrong()}
        if input["password"].startswith("password"):
            problem = {"__typename": "Problem", "code": "INVALID_INPUT", "message": self._name("leaked"), "field": ["password"]}
            return {"passwordSet": problem}
        self.password = input["password"]
        return {"passwordSet": {"__typename": "PasswordSetPayload", "session": None}}

    def _ViewerUpdate(self, input: dict[str, Any]) -> dict[str, Any]:
        self.locale = input["locale"]
        return {"viewerUpdate": {"viewer": {"locale": self.locale}}}

    def _Members(self, organization: str, after: str | None = None) -> dict[str, Any]:
        rows = (
            ("manager", "PROFILE_MANAGER", "group", "+989350001000", "manager@nikazin.example", None),
            ("maryam", "PROFILE_MANAGER", "group", "+989350000412", "maryam@nikazin.example", None),
            ("kaveh", "ACCOUNT_MANAGER", "logistics", "+989350000418", None, -200),
            ("pouya", "ACCOUNT_MANAGER", "sales", "+989370000091", "pouya@nikazin.example", None),
        )
        edges = [
            {
                "node": {
                    "id": f"membership-{name}",
                    "role": role,
                    "person": {"id": f"person-{name}", "name": self._name(name), "mobile": mobile, "email": email},
                    "account": {key: self._account(account)[key] for key in ("id", "name", "number")},
                    "validFor": {"startsAt": self._at(days=400 - 60 * at), "endsAt": self._at(days=ends) if ends else None},
                }
            }
            for at, (name, role, account, mobile, email, ends) in enumerate(rows)
        ]
        split = len(edges) if after else self.members_a_page
        page = {"hasNextPage": not after and split < len(edges), "endCursor": "more" if edges else None}
        shown = edges[self.members_a_page :] if after else edges[:split]
        connection = {"totalCount": len(edges), "pageInfo": page, "edges": shown}
        return {"viewer": {"actor": {"person": {"id": "person-manager"}}}, "organization": {"memberships": connection}}

    def _SessionRefresh(self, input: dict[str, Any]) -> dict[str, Any]:
        if input["refreshToken"] != self.refresh or self.is_ended:
            return {"sessionRefresh": {"code": "INVALID_SECRET", "message": self._name("wrong")}}
        return {"sessionRefresh": {"tokens": self._tokens()}}

    def _StepUp(self, input: dict[str, Any]) -> dict[str, Any]:
        (proof,) = input["proof"].values()
        if proof["code"] != CODE:
            wrong = self._wrong()
            return {"sessionStepUp": {key: wrong[key] for key in ("code", "message", "triesLeft")}}
        self.is_proof_old = False
        return {"sessionStepUp": {"session": {"id": "session-1", "provenAt": self._at()}}}

    def _Sessions(self) -> dict[str, Any]:
        rows = (
            ("session-1", "Simurgh app/0.1", "5.22.10.4", 0.1, True),
            ("session-2", "Firefox 144 · Windows", "5.22.10.9", 26.0, False),
            ("session-3", "Simurgh app/0.1", "91.98.4.20", 71.0, False),
        )
        sessions = [
            {
                "id": id,
                "userAgent": agent,
                "address": address,
                "createdAt": self._at(days=9),
                "lastUsedAt": self._at(hours=hours),
                "isCurrent": mine,
                "ticket": None,
            }
            for id, agent, address, hours, mine in rows
            if id not in self.ended
        ]
        return {"viewer": {"hasTotp": True, "sessions": sessions}}

    def _SessionRevoke(self, input: dict[str, Any]) -> dict[str, Any]:
        ended = input["sessionIds"] or ["session-1"]
        self.ended |= set(ended) - {"session-1"}
        return {"sessionRevoke": {"sessions": [{"id": one} for one in ended]}}

    # ── the company ──

    def _account(self, key: str) -> dict[str, Any]:
        row = next(one for one in TREE if one[0] == key)
        counters = dict(zip(("total", "active", "readyToActivate", "blocked"), row[5:], strict=True))
        wallet = {"available": {"amount": str(self.wallet), "currency": "IRR"}, "asOf": self._at(minutes=2)}
        return {
            "id": f"account-{key}",
            "number": f"CA-{1000 + TREE.index(row)}",
            "name": self._name(key),
            "kind": row[2],
            "paymentMode": row[3],
            "counters": counters | {"asOf": self._at(minutes=2), "source": "INVENTORY"},
            "wallet": wallet if "wallet" not in self.denied else None,
        }

    def _viewer(self) -> dict[str, Any]:
        children = [{"node": self._account(one[0])} for one in TREE if one[1] == "group"]
        account = self._account("group") | {"children": {"totalCount": len(children), "edges": children}}
        company = {"id": "organization-1", "name": self._name("group"), "legalId": "10103445671", "supportViews": []}
        return {
            "actor": {"label": self._name("manager")},
            "locale": self._language.upper(),
            "permissions": [right for right in ALL_RIGHTS if right not in self.denied],
            "memberships": [{"role": "PROFILE_MANAGER", "organization": company, "account": account}],
        }

    def _Home(self) -> dict[str, Any]:
        return {"viewer": self._viewer()}

    def _AccountTree(self, organization: str, asOf: str | None = None, after: str | None = None) -> dict[str, Any]:
        edges = []
        for row in TREE:
            node = self._account(row[0])
            kept = {key: node[key] for key in ("id", "name", "number", "kind", "paymentMode")}
            counters = {key: node["counters"][key] for key in ("total", "active", "blocked", "readyToActivate")}
            edges.append(
                {"node": kept | {"depth": row[4], "parent": {"id": f"account-{row[1]}"} if row[1] else None, "counters": counters}}
            )
        page = {"hasNextPage": False, "endCursor": None}
        return {"organization": {"name": self._name("group"), "accounts": {"pageInfo": page, "edges": edges}}}

    # ── SIM cards ──

    def _seed(self, index: int) -> dict[str, Any]:
        if index < len(FIRST_SIMS):
            msisdn, holder, status, reason, left, granted, payable = FIRST_SIMS[index]
        else:
            msisdn, holder, status, reason = f"+98935{index:07d}", "maryam", "ACTIVE", None
            left, granted, payable = (index * 7 % 19) / 2 + 0.5, 10, 40_000 * (index % 23)
        return {
            "index": index,
            "id": f"sim-{index}",
            "msisdn": msisdn,
            "iccid": f"8998350000000{index:06d}",
            "holder": holder,
            "employee": "E-2041",
            "centre": "S-11",
            "tags": ["VIP", "roaming"],
            "status": status,
            "reason": reason,
            "left": left,
            "granted": granted,
            "payable": payable,
        }

    def _figures(self, sim: dict[str, Any]) -> dict[str, Any]:
        payable = sim["payable"]
        debt = payable * 21 // 62
        amounts = (3_760_000, 180_000, debt, payable - debt, payable)
        names = ("remainingCreditLimit", "balance", "debt", "currentCharge", "payable")
        figures: dict[str, Any] = {name: {"amount": str(amount), "currency": "IRR"} for name, amount in zip(names, amounts, strict=True)}
        return figures | {"asOf": self._at(), "source": "CARRIER"}

    def _bucket(self, sim: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": self._name("data10"),
            "remaining": {"amount": str(int(sim["left"] * GIB)), "unit": "BYTE"},
            "total": {"amount": str(int(sim["granted"] * GIB))},
            "validFor": {"endsAt": self._at(days=-12)},
        }

    def _row(self, sim: dict[str, Any]) -> dict[str, Any]:
        figures = self._figures(sim)
        slim = {key: {"amount": figures[key]["amount"]} for key in ("remainingCreditLimit", "balance", "debt", "currentCharge")}
        return {
            "id": sim["id"],
            "msisdn": sim["msisdn"],
            "iccid": sim["iccid"],
            "status": sim["status"],
            "statusReason": sim["reason"],
            "holder": {"name": self._name(sim["holder"])} if sim["holder"] else None,
            "plan": {"name": self._name("plan")},
            "lastUsageAt": self._at(hours=1),
            "figures": slim | {"payable": figures["payable"], "asOf": figures["asOf"], "source": figures["source"]},
            "buckets": [self._bucket(sim)] if sim["left"] is not None else [],
        }

    def _found(self, filter: dict[str, Any] | None, search: str | None) -> list[dict[str, Any]]:
        rules = filter or {}
        wanted = (search or "").replace(" ", "")
        return [
            sim
            for sim in self.sims
            if (not rules.get("statuses") or sim["status"] in rules["statuses"])
            and (not rules.get("hasDebt") or sim["payable"] > 0)
            and (not wanted or wanted in sim["msisdn"].replace("+98", "0") or wanted in self._name(sim["holder"] or "").replace(" ", ""))
        ]

    def _Fleet(
        self, account: str, first: int, after: str | None = None, filter: Any = None, sort: Any = None, search: str | None = None
    ) -> dict[str, Any]:
        found = self._found(filter, search)
        start = int(after or 0)
        page = found[start : start + first]
        more = {"hasNextPage": start + first < len(found), "endCursor": str(start + len(page)) if page else None}
        edges = [{"cursor": str(start + at + 1), "node": self._row(sim)} for at, sim in enumerate(page)]
        return {"account": {"id": account, "name": self._name("group"), "sims": {"pageInfo": more, "edges": edges}}}

    def _FleetCount(self, account: str, filter: Any = None, search: str | None = None) -> dict[str, Any]:
        return {"account": {"sims": {"totalCount": len(self._found(filter, search))}}}

    def _sim(self, sim_id: str) -> dict[str, Any]:
        return next(sim for sim in self.sims if sim["id"] == sim_id)

    def _SimDetail(self, by: dict[str, str]) -> dict[str, Any]:
        sim = self._sim(by["id"])
        figures = self._figures(sim)
        can = ["SIM_EDIT", "SIM_BLOCK", "PUK_REVEAL"]
        if sim["status"] != "BLOCKED":
            can.append("ORDER_PLACE")
        return {
            "sim": {
                "id": sim["id"],
                "msisdn": sim["msisdn"],
                "iccid": sim["iccid"],
                "imsi": f"43235{sim['index']:010d}",
                "imei": "356938035643809",
                "lockedImei": None,
                "status": sim["status"],
                "statusReason": sim["reason"],
                "statusSince": self._at(days=40),
                "resumesAt": None,
                "barring": "ALL" if sim["status"] == "BLOCKED" else "NONE",
                "paymentMode": "POSTPAID",
                "tags": sim["tags"],
                "pukRevealsLeft": self.reveals_left if "PUK_REVEAL" not in self.denied else None,
                "viewerCan": [right for right in can if right not in self.denied],
                "validity": {"activatedAt": self._at(days=600), "validUntil": self._at(days=-116), "graceUntil": self._at(days=-206)},
                "holder": {"name": self._name(sim["holder"]), "employeeNumber": sim["employee"]} if sim["holder"] else None,
                "costCentre": self._centre(sim["centre"]),
                "account": {"id": "account-sales", "name": self._name("sales")},
                "placements": [
                    {"account": {"name": self._name("sales")}, "validFor": {"startsAt": self._at(days=200), "endsAt": None}},
                    {
                        "account": {"name": self._name("north")},
                        "validFor": {"startsAt": self._at(days=600), "endsAt": self._at(days=200)},
                    },
                ],
                "plan": {"id": "plan-1", "name": self._name("plan")},
                "figures": figures if "figures" not in self.denied else None,
                "buckets": self._buckets(sim) if sim["left"] is not None else [],
                "products": [],
                "recentUsage": self._usage() if "USAGE_READ" not in self.denied else None,
            }
        }

    def _centre(self, code: str | None) -> dict[str, Any] | None:
        return {"id": f"cost-{code}", "code": code, "name": self._name("tehran") if code == "S-11" else code} if code else None

    def _buckets(self, sim: dict[str, Any]) -> list[dict[str, Any]]:
        def bucket(
            name: str, priority: int, status: str, total: float, left: float, held: float, overrun: int, days: int
        ) -> dict[str, Any]:
            def volume(amount: float) -> dict[str, Any]:
                return {"amount": str(int(amount)), "unit": "BYTE"}

            return {
                "id": f"bucket-{priority}",
                "name": self._name(name),
                "usageType": "DATA",
                "priority": priority,
                "status": status,
                "isShared": name == "share",
                "total": volume(total * GIB),
                "remaining": volume(left * GIB),
                "reserved": volume(held * GIB),
                "maxOverrun": volume(overrun * MIB),
                "validFor": {"startsAt": self._at(days=18 if status == "ACTIVE" else -13), "endsAt": self._at(days=-days)},
                "asOf": self._at(),
                "source": "CHARGING",
            }

        return [
            bucket("data10", 1, "ACTIVE", sim["granted"], sim["left"], 0.4, 0, 12),
            bucket("share", 2, "ACTIVE", 5, 1.9, 0, 20, 21),
            bucket("data10", 3, "QUEUED", 10, 10, 0, 0, 43),
        ]

    def _usage(self) -> list[dict[str, Any]]:
        rows: tuple[tuple[str, str, str | None, float, int | None, int, int, str | None], ...] = (
            ("DATA", "OUTGOING", None, 0.13, 2880, int(0.21 * GIB), 0, "data10"),
            ("VOICE", "OUTGOING", "0912••••31", 0.5, 372, 372, 18_600, None),
            ("SMS", "OUTGOING", "0919••••07", 0.7, None, 2, 2_840, None),
            ("VOICE", "INCOMING", "021••••4400", 1.02, 125, 125, 0, None),
            ("DATA", "OUTGOING", None, 1.87, 3720, int(0.46 * GIB), 0, "data10"),
            ("VOICE", "OUTGOING", "0935••••18", 20, 41, 41, 2_050, None),
            ("DATA", "OUTGOING", None, 22, 5400, int(1.12 * GIB), 0, "data10"),
            ("SMS", "INCOMING", "0912••••31", 26, None, 1, 0, None),
        )
        units = {"DATA": "BYTE", "VOICE": "SECOND", "SMS": "MESSAGE"}
        return [
            {
                "id": f"usage-{at}",
                "service": service,
                "direction": direction,
                "otherParty": other,
                "startedAt": self._at(hours=hours),
                "durationSeconds": seconds,
                "quantity": {"amount": str(amount), "unit": units[service]},
                "charge": {"amount": str(charge), "currency": "IRR"},
                "bucket": {"name": self._name(bucket)} if bucket else None,
                "asOf": self._at(),
                "source": "CHARGING",
            }
            for at, (service, direction, other, hours, seconds, amount, charge, bucket) in enumerate(rows)
        ]

    def _SimApns(self, id: str) -> dict[str, Any]:
        def apn(name: str, private: bool, allocation: str, address: str | None, auth: str) -> dict[str, Any]:
            return {
                "networkIdentifier": name,
                "operatorIdentifier": "mnc035.mcc432.gprs",
                "pdnType": "IPV4V6",
                "ipAllocation": allocation,
                "staticAddress": address,
                "qosClass": 8,
                "arp": 9,
                "ambrUplink": "20000000",
                "ambrDownlink": "50000000",
                "chargingCharacteristics": "0800",
                "isVisitedAllowed": not private,
                "isPrivate": private,
                "authType": auth,
                "isActive": True,
                "activatedAt": self._at(days=300),
                "asOf": self._at(),
                "source": "CARRIER",
            }

        rows = [apn("nikazin.corp", True, "STATIC", "10.20.4.12", "CHAP"), apn("mtnirancell", False, "DYNAMIC", None, "NONE")]
        return {"sim": {"msisdn": self._sim(id)["msisdn"], "apns": rows}}

    def _PukReveal(self, input: dict[str, Any]) -> dict[str, Any]:
        if self.is_proof_old:
            return {
                "simPukReveal": {
                    "__typename": "StepUpRequired",
                    "code": "STEP_UP_REQUIRED",
                    "message": self._name("proof"),
                    "maxAgeSeconds": 300,
                    "methods": ["OTP_SMS", "TOTP"],
                }
            }
        self.reveals_left -= 1
        puk = {
            "puk1": "04718263",
            "puk2": "59300417",
            "triesAllowed": 10,
            "hideAt": self._at(seconds=-60),
            "revealsLeft": self.reveals_left,
        }
        return {"simPukReveal": {"__typename": "SimPukRevealPayload", "puk": puk}}

    # ── writes with a plan ──

    def _exclusion(self, sim: dict[str, Any], why: str) -> dict[str, Any]:
        reason = {"code": "NOT_ELIGIBLE", "message": self._name(why)}
        return {"label": sim["msisdn"], "line": None, "reason": reason}

    def _not_sold(self, sim: dict[str, Any], why: str) -> dict[str, Any]:
        exclusion = self._exclusion(sim, why)
        return {key: exclusion[key] for key in ("label", "reason")}

    def _plan(self, changes: list[dict[str, Any]], left_out: list[dict[str, Any]], total: Any) -> dict[str, Any]:
        token = str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([changes, left_out, total], ensure_ascii=False)))
        return {
            "token": token,
            "changeCount": len(changes),
            "changes": changes,
            "exclusionCount": len(left_out),
            "exclusions": left_out,
            "total": total,
        }

    def _stale(self, plan: dict[str, Any]) -> dict[str, Any]:
        self.is_plan_stale = False
        return {"__typename": "PlanStale", "code": "PLAN_STALE", "message": self._name("stale"), "field": None, "plan": plan}

    def _SimBlock(self, input: dict[str, Any]) -> dict[str, Any]:
        return {"simBlock": self._bar(input, "SimBlockPayload", "BLOCKED", "already")}

    def _SimUnblock(self, input: dict[str, Any]) -> dict[str, Any]:
        return {"simUnblock": self._bar(input, "SimUnblockPayload", "ACTIVE", "not_blocked")}

    def _bar(self, input: dict[str, Any], payload: str, state: str, why: str) -> dict[str, Any]:
        chosen = self._chosen(input["sims"])
        done = [sim for sim in chosen if (sim["status"] == "BLOCKED") != (state == "BLOCKED")]
        changes = [{"label": sim["msisdn"], "field": "status", "before": sim["status"], "after": state, "money": None} for sim in done]
        plan = self._plan(changes, [self._exclusion(sim, why) for sim in chosen if sim not in done], None)
        if input["mode"] == "PLAN":
            return {"__typename": payload, "plan": plan, "sims": [], "job": None}
        if self.is_plan_stale:
            return self._stale(plan)
        if len(chosen) > 100 or "ids" not in input["sims"]:
            job = self._begin(chosen, {sim["id"] for sim in done}, state, why)
            known = ("id", "state", "total") if state == "BLOCKED" else ("id", "state")
            return {"__typename": payload, "plan": plan | {"token": None}, "sims": [], "job": {key: job[key] for key in known}}
        for sim in done:
            sim["status"], sim["reason"] = state, input.get("reason")
        rows: list[dict[str, Any]] = [{"id": sim["id"], "status": sim["status"]} for sim in done]
        if state == "BLOCKED":
            more = {"statusReason": input["reason"], "barring": input["barring"], "resumesAt": None, "viewerCan": ["SIM_BLOCK"]}
            rows = [row | more for row in rows]
        return {"__typename": payload, "plan": plan | {"token": None}, "sims": rows, "job": None}

    def _chosen(self, selection: dict[str, Any]) -> list[dict[str, Any]]:
        return [self._sim(one) for one in selection["ids"]] if "ids" in selection else self._found(selection["filter"], None)

    def _begin(self, chosen: list[dict[str, Any]], able: set[str], state: str, why: str) -> dict[str, Any]:
        job: dict[str, Any] = {
            "id": f"job-{len(self.jobs)}", "kind": "SIM_STATUS", "state": "RUNNING", "total": len(chosen), "succeeded": 0, "failed": 0,
            "createdAt": self._at(), "finishedAt": None, "expectedAt": self._at(minutes=-1),
        }  # fmt: skip
        self.jobs[job["id"]] = job | {"rows": chosen, "able": able, "to": state, "why": why, "failures": []}
        return job

    def _Job(self, id: str, after: str | None = None) -> dict[str, Any]:
        job = self.jobs[id]
        done = job["succeeded"] + job["failed"]
        for index, sim in enumerate(job["rows"][done : done + self.rows_a_look] if job["state"] == "RUNNING" else [], done + 1):
            if sim["id"] in job["able"]:
                sim["status"] = job["to"]
                job["succeeded"] += 1
            else:
                reason = self._exclusion(sim, job["why"])["reason"]
                job["failures"].append({"index": index, "label": sim["msisdn"], "state": "FAILED", "failure": reason})
                job["failed"] += 1
        if job["state"] == "RUNNING" and job["succeeded"] + job["failed"] == job["total"]:
            job["state"], job["finishedAt"], job["expectedAt"] = "FINISHED", self._at(), None
        page = {"hasNextPage": False, "endCursor": None}
        return {"node": self._job_view(job) | {"rows": {"pageInfo": page, "edges": [{"node": row} for row in job["failures"]]}}}

    def _Jobs(self) -> dict[str, Any]:
        return {"viewer": {"jobs": {"edges": [{"node": self._job_view(job)} for job in reversed(self.jobs.values())]}}}

    def _SimMove(self, input: dict[str, Any]) -> dict[str, Any]:
        chosen, target = self._chosen(input["sims"]), input["accountId"]
        able = [sim for sim in chosen if sim.get("account") != target]
        name = self._name(target.removeprefix("account-"))
        was = self._name("sales")
        changes = [{"label": sim["msisdn"], "field": "account", "before": was, "after": name, "money": None} for sim in able]
        plan = self._plan(changes, [self._exclusion(sim, "there") for sim in chosen if sim not in able], None)
        if input["mode"] == "APPLY":
            for sim in able:
                sim["account"] = target
            plan["token"] = None
        done = able if input["mode"] == "APPLY" else []
        return {"simMove": {"__typename": "SimMovePayload", "plan": plan, "sims": [{"id": sim["id"]} for sim in done], "job": None}}

    def _SimUpdate(self, input: dict[str, Any]) -> dict[str, Any]:
        chosen, gone = self._chosen(input["sims"]), set(input.get("removeTags") or ())
        after: dict[str, dict[str, Any]] = {}
        changes = []
        for sim in chosen:
            new = {"tags": [tag for tag in dict.fromkeys((*sim["tags"], *(input.get("addTags") or ()))) if tag not in gone]}
            if "holder" in input:
                holder = input["holder"] or {"name": None, "employeeNumber": None}
                new |= {"holder": holder["name"], "employee": holder["employeeNumber"]}
            if "costCentreCode" in input:
                new["centre"] = input["costCentreCode"]
            after[sim["id"]] = new
            for field, shown in (("holder", "holder"), ("employee", "holder.employeeNumber"), ("centre", "costCentre"), ("tags", "tags")):
                told = [self._told(one[field]) for one in (sim, sim | new)]
                if told[0] != told[1]:
                    changes.append({"label": sim["msisdn"], "field": shown, "before": told[0], "after": told[1], "money": None})
        plan = self._plan(changes, [], None)
        if input["mode"] == "PLAN":
            return {"simUpdate": {"__typename": "SimUpdatePayload", "plan": plan, "sims": [], "job": None}}
        if self.is_plan_stale:
            return {"simUpdate": self._stale(plan)}
        for sim in chosen:
            sim.update(after[sim["id"]])
        sims = [{"id": sim["id"]} for sim in chosen]
        return {"simUpdate": {"__typename": "SimUpdatePayload", "plan": plan | {"token": None}, "sims": sims, "job": None}}

    def _told(self, value: Any) -> str | None:
        return ", ".join(value) or None if isinstance(value, list) else value and self._name(value)

    def _job_view(self, job: dict[str, Any]) -> dict[str, Any]:
        names = ("id", "kind", "state", "total", "succeeded", "failed", "createdAt", "finishedAt", "expectedAt")
        return {name: job[name] for name in names}

    def _JobCancel(self, input: dict[str, Any]) -> dict[str, Any]:
        job = self.jobs[input["jobId"]]
        plan = self._plan([{"label": job["id"], "field": "state", "before": job["state"], "after": "CANCELLED", "money": None}], [], None)
        if input["mode"] == "APPLY":
            job["state"], job["finishedAt"], job["expectedAt"] = "CANCELLED", self._at(), None
            plan["token"] = None
        return {"jobCancel": {"__typename": "JobCancelPayload", "plan": plan, "job": self._job_view(job)}}

    def _price(self, net: int) -> dict[str, Any]:
        vat = net * VAT_PERCENT // 100
        return {
            "net": {"amount": str(net)},
            "vat": {"amount": str(vat)},
            "vatRate": str(VAT_PERCENT),
            "gross": {"amount": str(net + vat), "currency": "IRR"},
        }

    def _Catalogue(self, filter: Any = None, after: str | None = None) -> dict[str, Any]:
        edges = []
        for key, allowances, days, net, activations in OFFERS:
            price = self._price(net)
            edges.append(
                {
                    "node": {
                        "id": f"offering-{key}",
                        "code": key.upper(),
                        "name": self._name(key),
                        "description": self._name(key),
                        "category": "BUNDLE",
                        "validDays": days,
                        "activations": list(activations),
                        "maxQueued": 2,
                        "isRolledOver": False,
                        "price": price,
                        "allowances": [
                            {"usageType": kind, "quantity": {"amount": str(amount), "unit": unit}, "restriction": None}
                            for kind, amount, unit in allowances
                        ],
                    }
                }
            )
        return {"offerings": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": edges}}

    def _OrderPlace(self, input: dict[str, Any]) -> dict[str, Any]:
        if input["idempotencyKey"] in self._applied:
            return {"orderPlace": self._applied[input["idempotencyKey"]]}
        (line,) = input["lines"]
        key = line["offeringId"].removeprefix("offering-")
        offer = next(one for one in OFFERS if one[0] == key)
        chosen = [self._sim(one) for one in line["sims"]["ids"]]
        why = {"BLOCKED": "blocked", "CAP_EXCEEDED": "queued"}
        left_out = [self._not_sold(sim, why[sim["status"]]) for sim in chosen if sim["status"] in why]
        able = [sim for sim in chosen if sim["status"] not in why]
        if self.is_plan_stale and input["mode"] == "APPLY" and able:
            left_out.append(self._not_sold(able.pop(), "queued"))
        money = {"amount": self._price(offer[3])["gross"]["amount"]}
        changes = [{"label": sim["msisdn"], "field": "products", "before": None, "after": self._name(key), "money": money} for sim in able]
        total = self._price(offer[3] * len(able))
        if changes:
            after = str(self.wallet - int(total["gross"]["amount"]))
            paid = {"label": self._name("group"), "field": "wallet.balance", "before": str(self.wallet), "after": after}
            changes.append(paid | {"money": {"amount": total["gross"]["amount"]}})
        plan = self._plan(changes, left_out, total)
        gross = int(total["gross"]["amount"])
        if gross > self.wallet:
            return {
                "orderPlace": {
                    "__typename": "InsufficientFunds",
                    "code": "INSUFFICIENT_FUNDS",
                    "message": self._name("poor"),
                    "field": None,
                    "required": {"amount": str(gross)},
                    "available": {"amount": str(self.wallet)},
                }
            }
        if input["mode"] == "PLAN":
            return {"orderPlace": {"__typename": "OrderPlacePayload", "plan": plan, "order": None}}
        if self.is_plan_stale:
            return {"orderPlace": self._stale(plan)}
        self.wallet -= gross
        order = self._order(input, key, able, total)
        self.orders.insert(0, order)
        done = {"__typename": "OrderPlacePayload", "plan": plan | {"token": None}, "order": order}
        self._applied[input["idempotencyKey"]] = done
        return {"orderPlace": done}

    def _order(self, input: dict[str, Any], key: str, sims: list[dict[str, Any]], total: dict[str, Any]) -> dict[str, Any]:
        number = f"SMG-{4182 + len(self.orders)}"
        each = {"gross": {"amount": str(int(total["gross"]["amount"]) // max(1, len(sims)))}}
        items = [
            {
                "id": f"item-{at}",
                "state": "IN_PROGRESS" if at == len(sims) - 1 else "COMPLETED",
                "offering": {"name": self._name(key)},
                "sim": {"id": sim["id"], "msisdn": sim["msisdn"]},
                "price": each,
                "failure": None,
            }
            for at, sim in enumerate(sims)
        ]
        by = {"label": self._name("manager")}
        return {
            "id": f"order-{number}",
            "number": number,
            "state": "IN_PROGRESS",
            "placedAt": self._at(),
            "receiptEmails": ["m.modir@nikazin.example", *(input.get("receiptEmails") or [])],
            "purchaseOrderNumber": input.get("purchaseOrderNumber"),
            "placedBy": by,
            "price": total,
            "refunded": {"amount": "0"},
            "receipt": {
                "fileName": f"{number}.pdf",
                "mediaType": "application/pdf",
                "url": "https://care.example/files/receipt",
                "urlExpiresAt": self._at(minutes=-10),
            },
            "items": {"totalCount": len(items), "edges": [{"node": item} for item in items]},
            "timeline": [{"state": "ACKNOWLEDGED", "at": self._at(), "by": by}],
        }

    def _OrderProgress(self, id: str) -> dict[str, Any]:
        return {"node": next((order for order in self.orders if order["id"] == id), None)}

    def finish(self) -> None:
        """The network is done with every order."""
        for order in self.orders:
            order["state"] = "COMPLETED"
            for edge in order["items"]["edges"]:
                edge["node"]["state"] = "COMPLETED"

    def sell(self) -> None:
        """Places a few purchases, so that the history has something to show."""
        for key, count, days in (("data20", 1, 13), ("data5", 8, 6), ("data10", 12, 2)):
            content = {"lines": [{"offeringId": f"offering-{key}", "sims": {"ids": [sim["id"] for sim in self.sims[9 : 9 + count]]}}]}
            placed = self._OrderPlace(content | {"mode": "APPLY", "idempotencyKey": key, "purchaseOrderNumber": f"PO-1405-08{days:02d}"})
            placed["orderPlace"]["order"]["placedAt"] = self._at(days=days, hours=3)
        self.finish()

    def _PurchaseHistory(self, account: str, filter: Any = None, after: str | None = None) -> dict[str, Any]:
        wanted = (filter or {}).get("simId")
        edges = []
        for order in self.orders:
            if wanted and all(edge["node"]["sim"]["id"] != wanted for edge in order["items"]["edges"]):
                continue
            node = {key: order[key] for key in ("id", "number", "state", "placedAt", "purchaseOrderNumber", "placedBy")}
            price = {key: {"amount": order["price"][key]["amount"]} for key in ("net", "vat")} | {"gross": order["price"]["gross"]}
            receipt = {key: order["receipt"][key] for key in ("url", "fileName")}
            edges.append({"node": node | {"memo": None, "price": price, "receipt": receipt}})
        page = {"hasNextPage": False, "endCursor": None}
        return {"account": {"orders": {"totalCount": len(edges), "pageInfo": page, "edges": edges}}}

    # ── support ──

    def write_tickets(self) -> None:
        """A request in each state that looks different, one of them late."""
        self.tickets = [
            self._ticket("TK-1405-00041", "slow", "PENDING", "slow_text", 26, about="sim-0"),
            self._ticket("TK-1405-00038", "no_data", "IN_PROGRESS", "no_data_text", 74, due=20, priority="HIGH"),
            self._ticket("TK-1405-00040", "invoice_name", "ACKNOWLEDGED", "invoice_name", 3, due=-6),
            self._ticket("TK-1405-00031", "sim_lost", "RESOLVED", None, 190),
        ]

    def _ticket(
        self, number: str, title: str, state: str, text: str | None, hours: float, *, due: float = -9, priority: str = "MEDIUM",
        about: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        talk = [("manager", text, hours)] if text else []
        if state == "PENDING":
            talk.append(("support", "slow_answer", 2.0))
        facts = {"number": number, "title": title, "state": state, "priority": priority, "about": about}
        return facts | {"talk": talk, "hours": hours, "due": due}

    def _ticket_node(self, ticket: dict[str, Any]) -> dict[str, Any]:
        is_waiting = ticket["state"] in ("ACKNOWLEDGED", "IN_PROGRESS")
        return {
            "id": f"ticket-{ticket['number']}",
            "number": ticket["number"],
            "title": self._name(ticket["title"]),
            "state": ticket["state"],
            "priority": ticket["priority"],
            "openedAt": self._at(hours=ticket["hours"]),
            "dueAt": self._at(hours=ticket["due"]) if is_waiting else None,
        }

    def _Tickets(self, organization: str, after: str | None = None) -> dict[str, Any]:
        edges = [{"node": self._ticket_node(ticket)} for ticket in self.tickets]
        page = {"hasNextPage": False, "endCursor": None}
        return {"organization": {"tickets": {"totalCount": len(edges), "pageInfo": page, "edges": edges}}}

    def _Ticket(self, id: str) -> dict[str, Any]:
        ticket = next(one for one in self.tickets if f"ticket-{one['number']}" == id)
        messages = [
            {
                "id": f"message-{at}",
                "by": {"label": self._name(who), "person": {"id": "person-1" if who == "manager" else "person-9"}},
                "at": self._at(hours=hours),
                "text": self._name(text),
                "attachments": [{"id": "file-1", "fileName": "letter.pdf", "url": "https://care.example/files/1"}] if at == 0 else [],
            }
            for at, (who, text, hours) in enumerate(ticket["talk"])
        ]
        sim = next((one for one in self.sims if one["id"] == ticket["about"]), None)
        about = {"__typename": "Sim", "id": sim["id"], "msisdn": sim["msisdn"], "iccid": sim["iccid"]} if sim else None
        ways_on = ["IN_PROGRESS", "CLOSED"] if ticket["state"] in ("PENDING", "RESOLVED") else ["CLOSED"]
        talk = {"pageInfo": {"hasPreviousPage": False}, "edges": [{"node": one} for one in messages]}
        node = self._ticket_node(ticket) | {"nextStates": ways_on if ticket["state"] != "CLOSED" else [], "about": about, "messages": talk}
        return {"viewer": {"actor": {"person": {"id": "person-1"}}}, "node": node}

    def _TicketOpen(self, input: dict[str, Any]) -> dict[str, Any]:
        number, about = f"TK-1405-{42 + len(self.tickets):05}", input.get("aboutId")
        opened = self._ticket(number, input["title"], "ACKNOWLEDGED", input["text"], 0, priority=input["priority"], about=about)
        self.tickets.insert(0, opened)
        node = self._ticket_node(self.tickets[0])
        return {"ticketOpen": {"ticket": {part: node[part] for part in ("id", "number", "state", "dueAt")}}}

    def _TicketReply(self, input: dict[str, Any]) -> dict[str, Any]:
        ticket = next(one for one in self.tickets if f"ticket-{one['number']}" == input["ticketId"])
        if ticket["state"] == "CLOSED":
            return {"ticketReply": {"code": "STATE_CONFLICT", "message": self._name("closed"), "field": ["ticketId"]}}
        if "text" in input:
            ticket["talk"].append(("manager", input["text"], 0))
        spoken = "IN_PROGRESS" if ticket["state"] in ("PENDING", "RESOLVED") else ticket["state"]
        ticket["state"] = input.get("state", spoken)
        node = self._ticket_node(ticket)
        return {"ticketReply": {"ticket": {part: node[part] for part in ("id", "state", "dueAt")}}}

    # ── what everybody is told ──

    def _Help(self, locale: str) -> dict[str, Any]:
        found = [
            {"id": f"article-{at}", "category": self._name(shelf), "title": self._name(title), "body": self._name(body)}
            for at, (shelf, title, body) in enumerate(ARTICLES)
        ]
        icons = ("phone", "telegram", "web")
        links = [{"label": self._name(f"link_{icon}"), "url": f"https://care.example/{icon}", "icon": icon} for icon in icons]
        return {"helpArticles": {"edges": [{"node": article} for article in found]}, "links": links}

    def _Incidents(self) -> dict[str, Any]:
        outage = {
            "id": "incident-1",
            "title": self._name("outage"),
            "text": self._name("outage_text"),
            "services": ["DATA"],
            "period": {"startsAt": self._at(hours=2), "endsAt": self._at(hours=-3)},
        }
        return {"incidents": [outage] if self.has_outage else []}

    def _WhoDidWhat(self, organization: str, filter: Any = None, after: str | None = None) -> dict[str, Any]:
        looks = [
            {
                "node": {
                    "at": self._at(hours=hours),
                    "operation": operation,
                    "address": "10.8.0.14",
                    "reason": self._name("slow"),
                    "by": {"label": self._name("support"), "ticket": {"number": "T-2041"}},
                    "subjects": [{"__typename": "Sim", "id": "sim-0"}],
                }
            }
            for operation, hours in (("SimOverview", 2.1), ("OrderTimeline", 2.0))
        ]
        name = self._name("manager")
        person = {"label": name, "person": {"id": "person-1", "name": name}, "apiToken": None, "ticket": None}
        changes = [
            {
                "node": {
                    "id": f"audit-{at}",
                    "at": self._at(hours=hours),
                    "action": action,
                    "reason": None,
                    "isReversible": False,
                    "hash": f"{at:064d}",
                    "previousHash": "0" * 64,
                    "failure": None,
                    "by": person,
                    "changeCount": count,
                    "changes": [{"label": "+989360001107", "field": "status", "before": "ACTIVE", "after": "BLOCKED", "money": None}],
                }
            }
            for at, (action, hours, count) in enumerate((("simBlock", 3, 1), ("orderPlace", 50, 12)))
        ]
        page = {"hasNextPage": False, "endCursor": None}
        found = {"supportViews": [], "auditTrail": {"pageInfo": page, "edges": changes}, "accessLog": {"edges": looks}}
        return {"organization": found}
