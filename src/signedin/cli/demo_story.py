"""The made-up life of the demo: who logged in where, when, and how that ended.

User agents are those of real browsers. The addresses are public ones of universities, so
that installed IP data has something to look up; nobody behind them has to do with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from signedin.core.place import Place, make_place

NAME, EMAIL = "Robin Sample", "robin@example.org"
JOINED = timedelta(days=120)  # ago

BERLIN, DAHLEM = "130.149.7.201", "160.45.170.10"
DRESDEN, HAMBURG = "141.30.235.39", "134.100.9.1"
PRAGUE, SINGAPORE, VIENNA = "147.32.3.202", "137.132.1.1", "131.130.1.1"
TRAIN, ZURICH = "2a02:3037:400::1", "129.132.19.216"

# What city data says of them, for machines that have none.
PLACES: Mapping[str, Place] = {
    BERLIN: make_place(city="Berlin", region="Berlin", country_code="DE"),
    DAHLEM: make_place(city="Berlin", region="Berlin", country_code="DE"),
    DRESDEN: make_place(city="Dresden", region="Saxony", country_code="DE"),
    HAMBURG: make_place(city="Hamburg", region="Hamburg", country_code="DE"),
    PRAGUE: make_place(city="Prague", region="Prague", country_code="CZ"),
    SINGAPORE: make_place(city="Singapore", country_code="SG"),
    TRAIN: make_place(country_code="DE"),
    VIENNA: make_place(city="Vienna", region="Vienna", country_code="AT"),
    ZURICH: make_place(city="Zurich", region="Zurich", country_code="CH"),
}

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT}"
_APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


class How(Enum):
    """How a session of the story ends, if not by a limit or in another login."""

    LOGGED_OUT = auto()
    FROM_THE_DESK = auto()  # terminated by the person, in the session called "desk"
    BY_AN_ADMINISTRATOR = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One session; all times are how long ago."""

    key: str
    user_agent: str
    address: str
    logged_in: timedelta
    last_used: timedelta
    used_every: timedelta = timedelta(days=3)
    last_address: str | None = None
    name: str | None = None
    browser_of: str | None = None  # the life whose browser this login is in, and replaces
    ended: timedelta | None = None
    how: How = How.LOGGED_OUT


def _days(number: float) -> timedelta:
    return timedelta(days=number)


LIVES = (
    Life(
        key="desk",
        user_agent=f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} "
        "Chrome/145.0.0.0 Safari/537.36",
        address=BERLIN,
        logged_in=_days(41.2),
        last_used=timedelta(minutes=2),
        name="Desk at work",
    ),
    Life(
        key="phone",
        user_agent=f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) {_APPLE} "
        "Version/26.6.2 Mobile/15E148 Safari/604.1",
        address=DAHLEM,
        logged_in=_days(33.6),
        last_used=timedelta(minutes=14),
        last_address=TRAIN,
    ),
    Life(
        key="stranger",
        user_agent=f"{_WINDOWS} Chrome/146.0.0.0 Safari/537.36",
        address=SINGAPORE,
        logged_in=timedelta(hours=7),
        last_used=timedelta(hours=5),
    ),
    Life(
        key="home, before",
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) "
        "Gecko/20100101 Firefox/140.0",
        address=DAHLEM,
        logged_in=_days(64),
        last_used=_days(21),
    ),
    Life(
        key="home",
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) "
        "Gecko/20100101 Firefox/150.0",
        address=DAHLEM,
        logged_in=_days(20.4),
        last_used=timedelta(hours=13),
        browser_of="home, before",
    ),
    Life(
        key="sofa",
        user_agent=f"Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) {_APPLE} "
        "Version/27.0 Mobile/15E148 Safari/604.1",
        address=DAHLEM,
        logged_in=_days(28.1),
        last_used=_days(1.3),
    ),
    Life(
        key="office in Dresden",
        user_agent=f"{_WINDOWS} Chrome/153.0.0.0 Safari/537.36 Edg/153.0.0.0",
        address=DRESDEN,
        logged_in=_days(16.7),
        last_used=_days(3.1),
    ),
    Life(
        key="second phone",
        user_agent=f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} SamsungBrowser/29.0 "
        "Chrome/136.0.0.0 Mobile Safari/537.36",
        address=HAMBURG,
        logged_in=_days(24.9),
        last_used=_days(5.4),
        last_address=PRAGUE,
    ),
    Life(
        key="laptop",
        user_agent=f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_WEBKIT} "
        "Chrome/150.0.0.0 Safari/537.36",
        address=DAHLEM,
        logged_in=_days(13.8),
        last_used=_days(8.2),
    ),
    Life(
        key="television",
        user_agent=f"Mozilla/5.0 (Web0S; Linux/SmartTV) {_WEBKIT} "
        "Chrome/108.0.5359.211 Safari/537.36 WebAppManager",
        address=DAHLEM,
        logged_in=_days(52.5),
        last_used=_days(11.6),
    ),
    Life(
        key="workstation",
        user_agent="Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:154.0) Gecko/20100101 Firefox/154.0",
        address=ZURICH,
        logged_in=_days(19.3),
        last_used=_days(12.7),
    ),
    Life(
        key="borrowed",
        user_agent="Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:155.0) "
        "Gecko/20100101 Firefox/155.0",
        address=VIENNA,
        logged_in=_days(4.4),
        last_used=_days(4.3),
        ended=_days(4.3),
    ),
    Life(
        key="lost phone",
        user_agent=f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} "
        "Chrome/154.0.0.0 Mobile Safari/537.36",
        address=HAMBURG,
        logged_in=_days(47),
        last_used=_days(10.2),
        ended=_days(9.5),
        how=How.FROM_THE_DESK,
    ),
    Life(
        key="returned laptop",
        user_agent=f"{_WINDOWS} Chrome/151.0.0.0 Safari/537.36 Edg/151.0.0.0",
        address=BERLIN,
        logged_in=_days(71),
        last_used=_days(18.5),
        ended=_days(17.2),
        how=How.BY_AN_ADMINISTRATOR,
    ),
    Life(
        key="forgotten",  # ends by itself, 14 days after its last use
        user_agent=f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT} Chrome/152.0.0.0 Safari/537.36",
        address=VIENNA,
        logged_in=_days(26),
        last_used=_days(21.5),
    ),
    Life(
        key="old",  # ends by itself, 90 days after its login
        user_agent=f"{_WINDOWS} Chrome/152.0.0.0 Safari/537.36 OPR/136.0.0.0",
        address=BERLIN,
        logged_in=_days(96),
        last_used=_days(8),
        used_every=_days(5),
    ),
)
