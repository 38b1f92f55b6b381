"""What the templates are drawn with: all of it in brackets, as if from a catalogue."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from signedin.core.device import DeviceKind
from signedin.web.api_page import Body, Entry, Field, Group, Outcome
from signedin.web.facts import Fact
from signedin.web.own_limit import Choice
from signedin.web.times import Time
from signedin.web.views import Altered, EndedRow, Row


def time(text: str, *, live: str | None = None) -> Time:
    return Time("2026-11-23T14:02:07Z", "[November 23, 2026, 2:02:07 PM UTC]", text, live)


def row(n: int, kind: str = "desktop", **more: Any) -> Row:
    values: dict[str, Any] = {
        "id": f"0199a000-0000-7000-8000-{n:012}",
        "device": f"[Firefox {n} on Windows]",
        "kind": kind,
        "kind_text": None,
        "name": None,
        "is_current": n == 0,
        "place": "[Lima, Peru]",
        "place_note": None,
        "altered": None,
        "is_updated_by_policy": False,
        "used": time("[Nov 3]", live="[just now]"),
        "updated": time("[2 days ago]", live="[Active now]"),
        "menu_label": f"[Options for Firefox {n} on Windows]",
        "spoken": f"[Firefox {n} on Windows · Lima, Peru]",
    }
    return Row(**values | more)


ROWS = [row(n, kind.value) for n, kind in enumerate(DeviceKind)]
NAMED = row(
    99,
    name="[Office desk]",
    kind_text="[Command line]",
    place_note="[(Norway)]",
    altered=Altered(time("[Dec 1]")),
    is_updated_by_policy=True,
)
ENDED = [EndedRow("[Safari on iPad]", "[Norway]", time("[Nov 3]"), "[Expired]")] * 2
CREDIT = {"text": "[IP Geolocation]", "url": "https://db.example", "date": "[May 2026]"}
ACCOUNT: dict[str, Any] = {
    "rows": [*ROWS, NAMED],
    "count": len(ROWS) + 1,
    "ended": ENDED,
    "history_kept": "[30 days]",
    "attribution": CREDIT,
    "notice": SimpleNamespace(title="[Session terminated]", receipt="[At once.]", advice=True),
    "password_changed": time("[Aug 2]"),
    "own_limits": [Choice(0, "[14 days (everybody’s limit)]", False), Choice(7, "[7 days]", True)],
}
QUESTION: dict[str, Any] = {
    "title": "[Log out of 12 other sessions?]",
    "device": None,
    "lead": "[These devices will need to log in again:]",
    "devices": ["[Firefox on Windows]"],
    "more": 2,
    "extra": "[Unsaved work there may be lost.]",
    "act": "[Log out]",
    "action": "/settings/account/sessions/end-others",
    "cancel": "/settings/account",
    "danger": True,
}
LOGIN: dict[str, Any] = {
    "user": None,
    "email": "",
    "persistent": False,
    "error": None,
    "status": "[You’re logged out.]",
    "next": None,
    "short_hint": "[Until you close the browser]",
    "long_hint": "[Until Dec 23]",
}
FACTS = [
    Fact("[Last used]", time("[2 days ago]", live="[Active now]"), time("[Nov 23]")),
    Fact("[Location]", "[Lima, Peru]", "[Approximate]"),
    Fact("[Ends]", time("[Dec 20]")),
]
CAP: dict[str, Any] = {
    "user": None,
    "rows": [*ROWS[:2], NAMED],
    "there": 3,
    "most": 3,
    "least": 1,
    "may_choose": True,
    "chosen": [],
    "too_few": False,
    "persistent": True,
    "next": "/",
    "field": "end-",
    "marker": "chosen",
    "oldest": "end_oldest",
    "oldest_chosen": False,
}
ENDLESS = row(98, altered=Altered(None))
FIELD = Field("[limit]", Markup("[integer]"), False, Markup("[How many.]"))
API: dict[str, Any] = {
    "user": None,
    "introduction": [Markup("[A person’s own sessions.]")],
    "groups": [
        Group(
            "[Your sessions]",
            [
                Entry(
                    anchor=f"call-{needs_session}",
                    method="[GET]",
                    path="[/api]",
                    summary="[List your sessions]",
                    text=Markup("[The current one first.]"),
                    needs_session=needs_session,
                    parameters=[FIELD],
                    body=Markup("[Name]"),
                    outcomes=[Outcome("[200]", Markup("[Done.]"), Markup("[Session]"))],
                )
                for needs_session in (True, False)
            ],
        )
    ],
    "bodies": [Body("[Name]", Markup("[A name.]"), [FIELD], Markup("[one]"))],
    "problems": [SimpleNamespace(code="[code]", status="[404]", detail="[Nothing.]")],
}
PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "login that finds no room": ("cap.html", CAP),
    "login that chose too little": (
        "cap.html",
        CAP | {"least": 2, "chosen": [NAMED.id], "too_few": True},
    ),
    "login that may not choose": ("cap.html", CAP | {"may_choose": False}),
    "login where the cap was lowered": ("cap.html", CAP | {"most": 1, "least": 3}),
    "login where a cap is far below what is there": (
        "cap.html",
        CAP | {"there": 302, "most": 2, "least": 301, "oldest_chosen": True},
    ),
    "account": ("account.html", ACCOUNT),
    "account with one session": (
        "account.html",
        ACCOUNT
        | {"rows": ROWS[:1], "count": 1, "ended": [], "notice": None, "attribution": None}
        | {"password_changed": None},
    ),
    "account with a session that never ends": (
        "account.html",
        ACCOUNT | {"rows": [ROWS[0], ENDLESS]},
    ),
    "section of an app's page": ("section.html", ACCOUNT),
    "account where there is no password": ("account.html", ACCOUNT | {"password_url": None}),
    "help where there is no password": ("help.html", {"password_url": None}),
    "details": ("session.html", {"row": NAMED, "facts": FACTS, "attribution": CREDIT}),
    "details of the current": (
        "session.html",
        {"row": ROWS[0], "facts": FACTS, "attribution": None},
    ),
    "rename": ("rename.html", {"row": NAMED, "name": "[Office desk]", "error": None}),
    "rename refused": ("rename.html", {"row": ROWS[0], "name": "", "error": "[Too long.]"}),
    "question": ("question.html", QUESTION),
    "question about one": (
        "question.html",
        QUESTION | {"device": "[Firefox on Windows · Lima]", "lead": None, "devices": []},
    ),
    "password": ("password.html", {"error": None, "wrong": "", "others": 3, "end_others": True}),
    "password refused": (
        "password.html",
        {"error": "[Too short.]", "wrong": "new_password", "others": 0, "end_others": False},
    ),
    "confirm": (
        "confirm.html",
        {"kept": [("reason", "[Lost]")], "is_new": False, "error": None, "here": "/mounted/x"},
    ),
    "confirm refused": (
        "confirm.html",
        {"kept": [], "is_new": True, "error": "[Wrong.]", "here": "/mounted/x"},
    ),
    "confirm at the login": (
        "confirm_at_login.html",
        {"is_new": False, "confirm_url": "/mounted/login"},
    ),
    "confirm a new session": (
        "confirm_at_login.html",
        {"is_new": True, "confirm_url": "/mounted/login"},
    ),
    "login": ("login.html", LOGIN),
    "login refused": (
        "login.html",
        LOGIN | {"email": "ada@example.org", "error": "[Wrong.]", "status": None, "next": "/"},
    ),
    "set-up": (
        "setup.html",
        {"user": None, "key": "k", "email": "", "name": "", "error": "[Too short.]"}
        | {"wrong": "password"},
    ),
    "session ended": ("session_ended.html", {"user": None}),
    "message": (
        "message.html",
        {"user": None, "title": "[Not found]", "text": "[Nothing.]"}
        | {"action_label": "[Back]", "action_url": "/"},
    ),
    "api": ("api.html", API),
    "help": ("help.html", {}),
    "help without login": ("help.html", {"user": None}),
}
