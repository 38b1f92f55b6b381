"""The rules of who ends what: proofs, caps, the sweep and memberships, each with the edit that
takes it out.
"""

from __future__ import annotations

from tools.mutation import Mutation

CONFIRMATION = "src/signedin/core/confirmation.py"
CAP = "src/signedin/service/cap.py"
SWEEP = "src/signedin/service/sweep.py"
WORK = "src/signedin/service/work.py"
MEMBERS = "src/signedin/accounts/organizations.py"
CONNECTIONS = "src/signedin/stores/sqlite/connections.py"
REACH = "work.set_organizations(user_id, organizations.of_person(user_id), by)\n"

CONFIRMED = ("tests/core/test_confirmation.py",)
CAPPED = ("tests/stores/test_conformance.py::TestKeepsCaps",)
SWEPT = ("tests/service/test_no_random_log_out.py",)
JOINED = ("tests/accounts/test_memberships.py", "tests/accounts/test_organizations.py")
ACTED = ("tests/service/test_who_may_end.py",)

BEFORE_ENDING = [
    Mutation(f"confirmation: {what}", CONFIRMATION, old, new, CONFIRMED)
    for what, old, new in (
        ("none for one's own session", "if not others:", "if False:"),
        (
            "confirm_within",
            "if policy.confirm_within is not None and not is_recent(",
            "if False and not is_recent(",
        ),
        ("recent at its exact instant", "authenticated_at <= within", "authenticated_at < within"),
        (
            "settle_time",
            "if policy.settle_time is None or",
            "if True or",
        ),
        ("settled at its exact instant", "now >= settled_at", "now > settled_at"),
        (
            "who proved it again counts as settled",
            " or acting.authenticated_at > acting.created_at:",
            ":",
        ),
        (
            "settle_time protects only older sessions",
            "or all(other.created_at >= acting.created_at for other in others)",
            "",
        ),
    )
] + [
    Mutation(f"ending: {what}", WORK, old, new, ACTED)
    for what, old, new in (
        (
            "an administrator has logged in of late",
            "if not is_person and not is_recent(",
            "if False and not is_recent(",
        ),
        (
            "also for a selection",
            "acting = self.admit(by, user_id)\n        chosen",
            "acting = None\n        chosen",
        ),
        (
            "also for one session",
            "acting = self.admit(by, user_id)\n        session =",
            "acting = None\n        session =",
        ),
        (
            "also for all",
            "acting = self.admit(by, user_id)\n        self.overtake_logins",
            "acting = None\n        self.overtake_logins",
        ),
        (
            "a person confirms for one session",
            "self.refuse_unconfirmed(by, acting, [session])",
            "pass",
        ),
        (
            "a person confirms for a selection",
            "self.refuse_unconfirmed(by, acting, own)",
            "pass",
        ),
        (
            "a person confirms for all others",
            "self.refuse_unconfirmed(by, acting, others)",
            "pass",
        ),
        (
            "an emergency exit opens",
            "if keep is not None and reason is EndedReason.TERMINATED:",
            "if reason is EndedReason.TERMINATED:",
        ),
        (
            "what has ended needs no confirmation",
            "live = [target for target in targets if not self.is_over(target)]",
            "live = list(targets)",
        ),
        ("who asks has not ended", "or self.is_over(acting):", "or acting.ended is not None:"),
    )
]

ROOM = [
    Mutation(f"cap: {what}", CAP, old, new, CAPPED)
    for what, old, new in (
        ("no more than it says", "len(live) + 1 - policy", "len(live) - policy"),
        ("what has ended takes no place", " if not work.is_over(s)]", "]"),
        ("the one used longest ago ends", "by_use[:too_many]", "by_use[-too_many:]"),
        ("only who may choose does", "policy.when_full is WhenFull.ASK", "True"),
        ("who chose too few is asked again", "if len(ending) < too_many:", "if False:"),
        ("only what was chosen ends", "if s.id in chosen]", "]"),
    )
] + [
    Mutation(
        "cap: counted inside the transaction that starts the session",
        CONNECTIONS,
        '    connection.execute("BEGIN IMMEDIATE")\n    try:\n        yield\n        try:\n'
        '            connection.execute("COMMIT")\n',
        "    try:\n        yield\n        try:\n            pass\n",
        ("tests/race/test_policy_races.py::test_of_five_hundred_logins_at_once_five_are_live",),
    ),
]

SWEPT_UP = [
    Mutation(f"sweep: {what}", SWEEP, old, new, SWEPT)
    for what, old, new in (
        ("others have a minute to write a use", "now - SWEEP_MARGIN)]", "now)]"),
        (
            "nothing is ended by a clock that has jumped",
            "        self._activity.flush()\n        if not self._steadiness.is_steady():",
            "        self._activity.flush()\n        if False:",
        ),
        ("it goes on where it was", "reads.live_after(self._position,", "reads.live_after(0,"),
    )
]

MEMBERSHIP = [
    Mutation(f"membership: {what}", file, old, new, JOINED)
    for what, file, old, new in (
        (
            "who joins is held to the policy in every session",
            MEMBERS,
            f"                {REACH}",
            "",
        ),
        (
            "in the same transaction",
            MEMBERS,
            f"                {REACH}        return work.receipt\n",
            "                pass\n"
            "        with self._sessions.work() as later:\n"
            "            later.set_organizations(user_id, self._store.of_person(user_id), by)\n"
            "        return later.receipt\n",
        ),
        (
            "who leaves is held to it no more",
            MEMBERS,
            f"self._record(work, EventKind.MEMBER_LEFT, name, user_id, by)\n        {REACH}",
            "self._record(work, EventKind.MEMBER_LEFT, name, user_id, by)\n",
        ),
        (
            "leaving revives nothing",
            WORK,
            "            if self.end_if_past_limit(session.id) is not None:\n"
            "                continue\n",
            "",
        ),
        (
            "what the new ones end is counted and written",
            WORK,
            "            if self.end_if_past_limit(session.id) is not None:\n"
            "                self._ended += 1\n",
            "",
        ),
        (
            "a since is kept",
            WORK,
            "{name: session.organizations.get(name, now) for",
            "{name: now for",
        ),
        (
            "a login under way comes to nothing",
            WORK,
            "        self.overtake_logins(user_id, old_cookies=False)\n",
            "",
        ),
    )
]

ENDS = [*BEFORE_ENDING, *ROOM, *SWEPT_UP, *MEMBERSHIP]
