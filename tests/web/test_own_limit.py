"""What people set for themselves can only shorten, and is no way around what is asked of them."""

from __future__ import annotations

from typing import Any

import pytest

from signedin.accounts.user import User
from signedin.core.policy import Policy
from signedin.core.token import form_token
from signedin.web.own_limit import CHANGES
from signedin.wiring import Sessions
from tests.clients import SAFARI
from tests.clock import FixedClock
from tests.policies import DAY, HOUR, MINUTE, change
from tests.web.conftest import PASSWORD, Browser, NewBrowser, form_token_of

HOME = "/settings/account"
OWN_LIMIT = f"{HOME}/own-limit"


@pytest.fixture
def kept(new_browser: NewBrowser, ada: User) -> Browser:
    """A browser of Ada's that stays logged in, at the time of the others unless used later."""
    logged_in = new_browser(SAFARI, "198.51.100.9")
    logged_in.log_in(persistent=True)
    return logged_in


def choose(browser: Browser, days: int, **more: str) -> Any:
    form = {"form_token": form_token(browser.token), "days": str(days), **more}
    return browser.post(OWN_LIMIT, data=form)


@pytest.fixture
def thief(new_browser: NewBrowser, kept: Browser, clock: FixedClock) -> Browser:
    """A second session, in use; the first has not been used for two days."""
    other = new_browser()
    other.log_in(persistent=True)
    clock.advance(2 * DAY)
    return other


def test_a_shorter_limit_ends_what_is_past_it(thief: Browser, kept: Browser) -> None:
    assert choose(thief, 1).status_code == 303

    assert len(thief.sessions) == 1
    assert kept.get(HOME).status_code == 303


@pytest.mark.parametrize("days", [1, 7])
def test_it_is_no_way_to_end_others_without_being_confirmed(
    thief: Browser, kept: Browser, sessions: Sessions, days: int
) -> None:
    """X-05: one who stole a cookie would end by it, now or soon, what is not in use."""
    change(sessions, Policy(idle_timeout=14 * DAY, confirm_within=15 * MINUTE))

    asked = choose(thief, days)

    assert asked.status_code == 403
    assert "Confirm it’s you" in asked.text
    assert len(thief.sessions) == 2
    assert thief.get(OWN_LIMIT).headers["location"] == HOME  # where "Cancel" leads

    form = {"form_token": form_token_of(asked.text), "days": str(days)}
    done = thief.post(OWN_LIMIT, data={**form, "confirm_password": PASSWORD})
    assert done.status_code == 303
    assert len(thief.sessions) == (1 if days == 1 else 2)


def test_a_new_session_settles_before_it_shortens_older_ones(
    new_browser: NewBrowser, kept: Browser, sessions: Sessions, clock: FixedClock
) -> None:
    change(sessions, Policy(idle_timeout=14 * DAY, settle_time=HOUR))
    clock.advance(MINUTE)
    newer = new_browser()
    newer.log_in(persistent=True)

    assert "This session is new." in choose(newer, 1).text
    clock.advance(HOUR)
    assert choose(newer, 1).status_code == 303


def test_what_shortens_nothing_needs_no_confirmation(
    thief: Browser, kept: Browser, sessions: Sessions
) -> None:
    change(sessions, Policy(idle_timeout=14 * DAY, confirm_within=15 * MINUTE))

    assert choose(thief, 0).status_code == 303


def test_so_many_changes_a_day_and_no_more(kept: Browser, clock: FixedClock) -> None:
    for number in range(CHANGES):
        assert choose(kept, (7, 3)[number % 2]).status_code == 303
        clock.advance(MINUTE)

    late = choose(kept, 7)

    assert late.status_code == 429
    assert int(late.headers["retry-after"]) == 24 * 3600 - CHANGES * 60
    assert "Nothing was changed. Try again in 1 day." in late.text
    clock.advance(DAY - CHANGES * MINUTE)
    assert choose(kept, 7).status_code == 303
