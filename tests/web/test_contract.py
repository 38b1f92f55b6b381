"""The API answers as its document says, whatever it is asked (issue 4, acceptance 3).

schemathesis makes requests from the document, good and bad ones, and looks at each answer:
no server error, and no status, content type, header or body that the document does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, Config
from schemathesis.python import asgi
from starlette.types import ASGIApp, Receive, Scope, Send

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.core.errors import CapReachedError
from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.web.app import OPERATIONS
from signedin.web.openapi import ApiDescription
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client
from tests.web.conftest import BOBS_EMAIL, JSON, NAMES, NO_ID, ORIGIN, PASSWORD

ACME = "acme"
# What has the right form may be refused all the same where an operation says so itself: for a
# password that is another, for limits that contradict each other, for characters that
# schemathesis knows only roughly.
NOT_ONLY_BY_FORM = [
    operation.handler.__name__
    for operation in OPERATIONS
    if any(problem.status == 422 for problem in operation.refusals)
]
CONFIG = Config.from_dict(
    {
        # Each request has the cookie of a live session; schemathesis tries without it besides.
        "generation": {"with-security-parameters": False},
        "operations": [
            {
                "include-operation-id": name,
                "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "4xx"]}},
            }
            for name in NOT_ONLY_BY_FORM
        ],
    }
)


class Door:
    """Where the application of the running test stands; the document is there before it."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"  # one test's application has no end that others can see
        await self.app(scope, receive, send)


Test = TypeVar("Test", bound=Callable[..., None])
door = Door()
document = ApiDescription(OPERATIONS).document("", cookie=NAMES.session)
schema: Any = schemathesis.openapi.from_dict(document, config=CONFIG)
schema.app = door


class Household:
    """Ada, whose sessions are ended all the time, Bob, and Eve, who is an administrator."""

    def __init__(self, sessions: Sessions, ada: User, bob: User, eve: User) -> None:
        self._sessions = sessions
        self._people = ada, bob, eve
        self._current = self._start(ada)
        self._other = self._start(ada, FIREFOX)
        self._bobs = self._start(bob)
        self._eves = self._start(eve)

    def token(self, *, of_administrator: bool) -> str:
        """Of a live session of Ada's or Eve's."""
        if of_administrator:
            self._eves = self._kept_alive(self._eves)
            return self._eves.token
        self._current = self._kept_alive(self._current)
        return self._current.token

    def named(self, name: str, made_up: str) -> str:
        """Something that exists, for a name in an address; or, at times, what was made up."""
        ids = [person.id for person in self._people]
        known: dict[str, Callable[[], list[str]]] = {
            "id": self._session_ids,
            "user": lambda: ids,
            "scope": lambda: ["default", f"organization:{ACME}", *(f"user:{one}" for one in ids)],
            "name": lambda: [ACME],
        }
        chosen = sum(map(ord, made_up))
        if not chosen % 5 or (name in ("id", "user") and len(made_up) != len(NO_ID)):
            return made_up
        existing = known[name]()
        return existing[chosen % len(existing)]

    def _session_ids(self) -> list[str]:
        self._other = self._kept_alive(self._other)
        ended = self._start(self._people[0])
        self._sessions.terminate(ended.session.id, user_id=None, by=Actor.system())
        others = [one.session.id for one in (self._current, self._bobs, ended)]
        return [NO_ID, *others, *[self._other.session.id] * 4]

    def _kept_alive(self, started: Started) -> Started:
        session = started.session
        if self._sessions.check(started.token, client()).session is not None:
            return started
        return self._start(next(p for p in self._people if p.id == session.user_id),
                           session.user_agent)  # fmt: skip

    def _start(self, user: User, user_agent: str = "curl/8.9.1") -> Started:
        def start() -> Started:
            return self._sessions.start(user.id, client(user_agent), methods=["pwd"])

        try:
            return start()
        except CapReachedError:  # a policy was set, as it may be
            self._sessions.terminate_all(user.id, by=Actor.system())
            return start()


def asking(**how: Any) -> Callable[[Test], Test]:
    """Run a test for each operation, with many requests that schemathesis makes up."""
    quick = settings(
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck), **how
    )

    def decorate(test: Test) -> Test:
        parametrized: Test = schema.parametrize()(quick(test))
        return parametrized

    return decorate


@pytest.fixture(scope="module", autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """schemathesis keeps one for its requests; tests elsewhere fork, and need a single one."""
    yield
    asgi._shutdown()


@pytest.fixture
def household(
    app: ASGIApp, sessions: Sessions, accounts: Accounts, organizations: Organizations, ada: User
) -> Household:
    door.app = app
    bob = accounts.create(BOBS_EMAIL, "Bob", PASSWORD)
    eve = accounts.create("eve@example.org", "Eve", PASSWORD, admin=True)
    organizations.create(ACME, by=Actor.system())
    return Household(sessions, ada, bob, eve)


def ask(case: Case[Any], household: Household) -> None:
    token = household.token(of_administrator=case.path.startswith("/api/v1/admin/"))
    for name, made_up in case.path_parameters.items():
        if isinstance(made_up, str):
            case.path_parameters[name] = household.named(name, made_up)
    case.call_and_validate(base_url=ORIGIN, headers={**JSON}, cookies={NAMES.session: token})


@asking(max_examples=20, derandomize=True)
def test_every_answer_is_as_the_document_says(case: Case[Any], household: Household) -> None:
    ask(case, household)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@asking(max_examples=500)
def test_every_answer_is_still_so_after_thousands(case: Case[Any], household: Household) -> None:
    ask(case, household)
