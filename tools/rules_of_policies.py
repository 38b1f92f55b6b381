"""The rules of policies, each with the edit that takes it out."""

from __future__ import annotations

from tools.mutation import Mutation

POLICY = "src/signedin/core/policy.py"
DEADLINE = "src/signedin/core/deadline.py"
EFFECT = "src/signedin/core/effect.py"
STANDING = "src/signedin/core/standing.py"
CHANGING = "src/signedin/service/policies.py"
READER = "src/signedin/service/policy_reader.py"
MEMORY = "src/signedin/service/memory.py"
SCHEMA = "src/signedin/stores/migrations/sqlite/0003_pre_policies.sql"

GROWN = ("tests/core/test_effect.py",)
PURE = ("tests/core/test_policy.py", "tests/core/test_deadline.py")
CHANGED = (
    *("tests/service/test_policy_changes.py", "tests/service/test_fate.py"),
    *(f"tests/stores/test_conformance.py::Test{kind}" for kind in ("KeepsPolicies", "StaysFresh")),
)
COUNTED = ("tests/service/test_dry_run.py",)
JOINED = ("tests/accounts/test_memberships.py", "tests/accounts/test_organizations.py")
STORED = ("tests/stores/test_policy_rules_of_the_database.py",)
ACTED = ("tests/service/test_who_may_end.py",)

PURELY = [
    Mutation(f"strictest: {what}", POLICY, old, new, PURE)
    for what, old, new in (
        ("the shortest idle timeout", "idle_timeout=min((", "idle_timeout=max(("),
        ("the shortest lifetime", "lifetime=min((", "lifetime=max(("),
        ("the latest not_before", "not_before=max((", "not_before=min(("),
        ("the longest settle_time", "settle_time=max((", "settle_time=min(("),
        ("the shortest confirm_within", "confirm_within=min((", "confirm_within=max(("),
        ("the smallest cap", "tightest = min(", "tightest = max("),
        (
            "of equal caps the one that refuses",
            "[WhenFull.REFUSE, WhenFull.ASK, WhenFull.END_OLDEST]",
            "[WhenFull.END_OLDEST, WhenFull.ASK, WhenFull.REFUSE]",
        ),
        (
            "every organization counts",
            "*(_ORGANIZATION + name for name in organizations)]",
            "*(_ORGANIZATION + name for name in list(organizations)[:1])]",
        ),
        ("people only shorten their own", "if policy != own:", "if False:"),
    )
] + [
    Mutation(f"deadline: {what}", DEADLINE, old, new, PURE)
    for what, old, new in (
        (
            "what ended under a tighter limit stays ended after loosening",
            "elif until is None or at <= until:",
            "elif until is None:",
        ),
        (
            "a limit in the instant of loosening has ended it",
            "until is None or at <= until:",
            "until is None or at < until:",
        ),
        (
            "a tightening ends at the change, not before",
            "        if at < since:\n            found.append(LimitPassed(since,",
            "        if at < since:\n            found.append(LimitPassed(at,",
        ),
        (
            "a version replaced before the last use counts no more",
            "if version.until is None or version.until >= session.last_used_at:",
            "if True:",
        ),
        ("a limit takes effect at its instant", "end.at <= now else", "end.at < now else"),
        ("what was replaced does not hold now", "if version.until is None))", "if True))"),
        (
            "not_before ends what was authenticated earlier",
            "session.authenticated_at < not_before",
            "False",
        ),
        (
            "not_before ends nothing else",
            "session.authenticated_at < not_before",
            "session.authenticated_at <= not_before",
        ),
        (
            "generations decide over clocks",
            "return session.generation < version.generation or (",
            "return (",
        ),
        (
            "not_before counts also when its policy was replaced",
            "if _is_too_early(version, session):",
            "if version.until is None and _is_too_early(version, session):",
        ),
        (
            "a change dated ahead holds when the next was made",
            "since = min(version.since, latest)",
            "since = version.since",
        ),
        (
            "and nothing from before it holds beside it",
            "None if version.until is None else min(version.until, latest)",
            "version.until",
        ),
        (
            "a change before the login is not told",
            "if v.change and v.since > session.created_at}",
            "if v.change}",
        ),
        (
            "a change that moved no end is not told",
            "if before != after and change is not None:",
            "if change is not None:",
        ),
    )
]

CHANGES = [
    Mutation(f"change: {what}", CHANGING, old, new, tests)
    for what, old, new, tests in (
        (
            "expected_ends_now",
            "if has_grown(effect, expected_ends_now):",
            "if False:",
            COUNTED,
        ),
        (
            "not_before does not lie in the future",
            "policy.not_before > self._clock.now()",
            "False",
            CHANGED,
        ),
        ("who changes it may", "work.admit(by, person_of(scope))", "None", ACTED),
        (
            "an end of all overtakes the logins under way",
            "transaction.raise_generation(scope, at=self._clock.now())",
            "transaction.run('raise_generation')",
            CHANGED,
        ),
        (
            "what an earlier version ended stays ended",
            "max((version.generation for version in policies.of_scope(scope)), default=0)",
            "0",
            CHANGED,
        ),
        (
            "uses that wait to be written are written before",
            "                raise EffectChangedError(effect)\n        self._flush()\n",
            "                raise EffectChangedError(effect)\n",
            CHANGED,
        ),
        (
            "an organization's reaches its members only",
            "return name in life.organizations",
            "return True",
            COUNTED,
        ),
        (
            "what may end by its login is a candidate",
            "authenticated = ALWAYS if policy.lifetime is None else now - policy.lifetime",
            "authenticated = ALWAYS",
            COUNTED,
        ),
    )
] + [
    Mutation(f"effect: {what}", EFFECT, old, new, tests)
    for what, old, new, tests in (
        ("a twentieth is tolerated", "TOLERATED_GROWTH = 20", "TOLERATED_GROWTH = 21", GROWN),
        ("no more than a twentieth", "TOLERATED_GROWTH = 20", "TOLERATED_GROWTH = 19", GROWN),
        (
            "the new one takes the place of the old",
            "version.until is None and version.scope == scope",
            "False",
            CHANGED,
        ),
        (
            "it takes the place of no other's",
            "version.until is None and version.scope == scope",
            "version.until is None",
            CHANGED,
        ),
    )
]

READ = [
    Mutation(f"reader: {what}", READER, old, new, tests)
    for what, old, new, tests in (
        (
            "a person's own policy counts",
            "versions += self.of_scope(user_scope(session.user_id))",
            "pass",
            COUNTED,
        ),
        (
            "an organization's counts from the time of joining",
            "replace(v, since=max(v.since, joined))",
            "v",
            JOINED,
        ),
        (
            "every organization's counts",
            "session.organizations.items():",
            "[*session.organizations.items()][:1]:",
            JOINED,
        ),
        (
            "what the settings said counts until one was stored",
            "versions.insert(0, Version(first.change.before, scope, until=first.since))",
            "pass",
            CHANGED,
        ),
        (
            "what was replaced before the session began does not count",
            "if v.until is None or v.until > began]",
            "if True]",
            CHANGED,
        ),
    )
]

IN_THE_DATABASE = [
    *(
        Mutation(
            f"database: the trigger {name}",
            SCHEMA,
            f"CREATE TRIGGER signedin_{name} ",
            f"CREATE TEMP TRIGGER signedin_{name} ",
            STORED,
        )
        for name in (
            "policy_not_twice",
            "policy_makes_sense",
            "policy_is_replaced_once",
            "policy_is_kept",
            "change_on_policy",
            "change_on_replaced_policy",
            "ended_note_is_final",
        )
    ),
    Mutation(
        "waking: a change for everybody empties all memory",
        MEMORY,
        "if subjects is None or EVERYTHING in subjects:",
        "if subjects is None:",
        CHANGED,
    ),
    Mutation(
        "waking: a person's own change drops theirs",
        MEMORY,
        "                    self._drop_those_of(subject.removeprefix(_PERSON))",
        "                    pass",
        CHANGED,
    ),
    Mutation(
        "waking: a change of policy raises the word",
        "src/signedin/stores/sqlite/store.py",
        "        word.set(newest)\n\n    def announcing_data",
        "\n    def announcing_data",
        CHANGED,
    ),
]

STOOD = [
    Mutation(
        "standing: an end of all is told as not_before",
        STANDING,
        "ends = [change.at for change in history if change.ended_earlier]",
        "ends = []",
        CHANGED,
    ),
]

POLICIES = [
    *PURELY,
    *CHANGES,
    *READ,
    *IN_THE_DATABASE,
    *STOOD,
]
