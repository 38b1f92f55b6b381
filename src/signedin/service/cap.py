"""A cap is a cap: a login finds room, makes it, or does not happen (I7).

Runs inside the transaction of the start, under the person's lock and after what the new
session replaces has ended, so that parallel logins cannot both take the last place.
"""

from __future__ import annotations

from collections.abc import Collection

from signedin.core.errors import CapReachedError
from signedin.core.permission import Actor
from signedin.core.policy import WhenFull
from signedin.core.session import Session
from signedin.service.work import Work


def make_room(work: Work, new: Session, chosen: Collection[str]) -> list[str]:
    """End what has to make room for a new session; the ids of what was ended.

    Args:
        chosen: What the person wants to be ended, where the policy lets people choose.

    Raises:
        CapReachedError: There is no room, and nothing may be ended for it, or too little.
    """
    policy = work.policies.now_for(new.user_id, new.organizations)
    if policy.max_sessions is None or new.user_id is None:
        return []
    live = [s for s in work.transaction.live_of(new.user_id) if not work.is_over(s)]
    too_many = len(live) + 1 - policy.max_sessions
    if too_many <= 0:
        return []
    by_use = sorted(live, key=lambda session: (session.last_used_at, session.id))
    if policy.when_full is WhenFull.END_OLDEST:
        ending, by = by_use[:too_many], None
    else:
        may_choose = policy.when_full is WhenFull.ASK
        ending = [s for s in live if s.id in chosen] if may_choose else []
        by = Actor.user(new.id)
        if len(ending) < too_many:
            raise CapReachedError(by_use, policy.max_sessions, may_choose=may_choose)
    work.make_room(ending, by)
    return [session.id for session in ending]
