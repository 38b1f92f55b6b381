"""The API answers as its document says, whatever it is asked (issue 4, acceptance 3).

schemathesis makes requests from the document, good and bad ones, and looks at each answer:
no server error, and no status, content type, header or body that the document does not have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, Config
from starlette.types import ASGIApp, Receive, Scope, Send

from signedin.accounts.accounts import Accounts
from signedin.accounts.user import User
from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.web.app import OPERATIONS
from signedin.web.openapi import ApiDescription
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client
from tests.web.conftest import BOBS_EMAIL, JSON, NAMES, NO_ID, ORIGIN, PASSWORD

# What the document calls valid may be refused all the same. schemathesis knows only roughly
# which characters \p{C} and \p{Z} are; and a password has more to it than its form.
NOT_ONLY_BY_FORM = ["rename_session", "confirm_current_session"]
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
document = ApiDescription(OPERATIONS, cookie=NAMES.session).document("")
schema: Any = schemathesis.openapi.from_dict(document, config=CONFIG)
schema.app = door


class Household:
    """Ada, whose sessions are ended all the time, and Bob."""

    def __init__(self, sessions: Sessions, ada: User, bob: User) -> None:
        self._sessions = sessions
        self._ada = ada
        self._current = self._start(ada)
        self._other = self._start(ada, FIREFOX)
        self._bobs = self._start(bob)

    @property
    def token(self) -> str:
        """Of a live session of Ada's."""
        self._current = self._kept_alive(self._current)
        return self._current.token

    def an_id(self, made_up: str) -> str:
        """One that means something, or the one that was made up."""
        self._other = self._kept_alive(self._other)
        ended = self._start(self._ada)
        self._sessions.terminate(ended.session.id, user_id=self._ada.id, by=Actor.system())
        ids = [made_up, NO_ID, *(s.session.id for s in (self._current, self._bobs, ended))]
        ids += [self._other.session.id] * 11
        return ids[int(made_up[-1], 16)]

    def _kept_alive(self, started: Started) -> Started:
        if self._sessions.check(started.token, client()).session is not None:
            return started
        return self._start(self._ada, started.session.user_agent)

    def _start(self, user: User, user_agent: str = "curl/8.9.1") -> Started:
        return self._sessions.start(user.id, client(user_agent), methods=["pwd"])


def asking(**how: Any) -> Callable[[Test], Test]:
    """Run a test for each operation, with many requests that schemathesis makes up."""
    quick = settings(
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck), **how
    )

    def decorate(test: Test) -> Test:
        parametrized: Test = schema.parametrize()(quick(test))
        return parametrized

    return decorate


@pytest.fixture
def household(app: ASGIApp, sessions: Sessions, accounts: Accounts, ada: User) -> Household:
    door.app = app
    return Household(sessions, ada, accounts.create(BOBS_EMAIL, "Bob", PASSWORD))


def ask(case: Case[Any], household: Household) -> None:
    token = household.token
    wanted = case.path_parameters.get("id")
    if isinstance(wanted, str) and len(wanted) == len(NO_ID):
        case.path_parameters["id"] = household.an_id(wanted)
    case.call_and_validate(base_url=ORIGIN, headers={**JSON}, cookies={NAMES.session: token})


@asking(max_examples=30, derandomize=True)
def test_every_answer_is_as_the_document_says(case: Case[Any], household: Household) -> None:
    ask(case, household)


@pytest.mark.soak
@asking(max_examples=1000)
def test_every_answer_is_still_so_after_thousands(case: Case[Any], household: Household) -> None:
    ask(case, household)
