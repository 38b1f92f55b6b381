"""``signedin policy``: how long sessions may last, and what a change would do to them."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from signedin.cli.durations import NONE, parse_duration
from signedin.cli.options import Commands, database_options, json_option, reason, whole_number
from signedin.cli.output import (
    DONE,
    WrongCallError,
    complain,
    print_json,
    progress_on_terminal,
    say,
)
from signedin.cli.people import id_of, no_account

if TYPE_CHECKING:
    from signedin.cli.parts import Parts
    from signedin.core.policy import Policy

_NOW = "now"
_ALL = (
    "default: everybody's. organization:NAME: its members', who are held to it as well. "
    "user:EMAIL: what a person has set for themselves. The strictest holds."
)
# What is not given is not in the arguments at all, since None stands for no limit.
_LIMITS = ("idle_timeout", "lifetime", "max_sessions", "settle_time", "confirm_within")


def register(commands: Commands) -> None:
    """Add ``policy`` and what is below it to the command line."""
    database, as_json = database_options(), json_option()
    policy = commands.add_parser("policy")
    below = policy.add_subparsers(metavar="COMMAND", required=True)

    showing = below.add_parser(
        "show",
        parents=[database, as_json],
        help="show what holds, since when and why",
        description=f"Show what policies say, what is in effect, and where that is from. {_ALL}",
    )
    showing.add_argument("--scope", metavar="SCOPE", help="only this one (left out: all there are)")
    showing.add_argument("--history", action="store_true", help="every change, the newest first")
    showing.set_defaults(run=run_show)

    setting = below.add_parser(
        "set",
        parents=[database, as_json],
        help="change a policy, or see what that would do",
        description="Change a policy. What is not given stays as it is. When the command "
        "returns, every server goes by it: sessions past a new limit have ended, others end "
        f"earlier. A limit that is loosened brings no session back. {_ALL}",
        argument_default=argparse.SUPPRESS,
    )
    setting.add_argument("--scope", metavar="SCOPE", default="default", help="default: default")
    setting.add_argument(
        "--preset",
        choices=("aal1", "aal2", "aal3"),
        help="lifetime, idle timeout and confirmation as in NIST SP 800-63B-4",
    )
    setting.add_argument(
        "--idle-timeout", type=_limit, metavar="LENGTH", help="longest time between two uses: 14d"
    )
    setting.add_argument(
        "--lifetime", type=_limit, metavar="LENGTH", help="longest time since the log-in: 90d"
    )
    setting.add_argument(
        "--max-sessions", type=_number_or_none, metavar="N", help="most sessions of one person"
    )
    setting.add_argument(
        "--when-full",
        choices=("ask", "refuse", "end_oldest"),
        help="what a log-in does that would be one too many",
    )
    setting.add_argument(
        "--not-before",
        type=_moment,
        metavar="TIME",
        help="end what began earlier: now, or a time such as 2026-11-23T10:00:00Z",
    )
    setting.add_argument(
        "--settle-time",
        type=_limit,
        metavar="LENGTH",
        help="so long a new session cannot end older ones without being confirmed: 24h",
    )
    setting.add_argument(
        "--confirm-within",
        type=_limit,
        metavar="LENGTH",
        help="who ends other sessions has given the password so recently: 15m",
    )
    setting.add_argument(
        "--reason",
        type=reason,
        default="",
        metavar="TEXT",
        help="why; people whose sessions it alters see it",
    )
    setting.add_argument(
        "--dry-run", action="store_true", default=False, help="only say what it would do"
    )
    setting.add_argument(
        "--expect",
        type=whole_number,
        metavar="N",
        default=None,
        help="change nothing if clearly more sessions than these would end at once",
    )
    setting.set_defaults(run=run_set)


def run_show(args: argparse.Namespace) -> int:
    """Show one policy, or all there are."""
    from signedin.cli.parts import opened
    from signedin.cli.policy_view import policy_data, print_policy

    with opened(args) as parts:
        if args.scope is None:
            stored = [version.scope for version in parts.sessions.policies.stored()]
            scopes = list(dict.fromkeys(["default", *stored]))
        else:
            scope = _scope(parts, args.scope)
            if scope is None:
                return no_account(args.scope.partition(":")[2])
            scopes = [scope]
        if args.json:
            told = [policy_data(parts, scope, history=args.history) for scope in scopes]
            print_json({"policies": told})
            return DONE
        for number, scope in enumerate(scopes):
            if number:
                say("")
            print_policy(parts, scope, history=args.history)
    return DONE


def run_set(args: argparse.Namespace) -> int:
    """Change a policy, or say what that would do."""
    from signedin.cli.parts import OPERATOR, opened
    from signedin.cli.policy_view import print_effect, print_saved

    if args.dry_run and args.expect is not None:
        raise WrongCallError("--expect is for the change itself; --dry-run says what to expect")
    end_earlier = getattr(args, "not_before", None) == _NOW
    with opened(args) as parts:
        scope = _scope(parts, args.scope)
        if scope is None:
            return no_account(args.scope.partition(":")[2])
        policy = _changed(parts, scope, args)
        _warn(parts, scope, policy)
        policies = parts.sessions.policies
        if args.dry_run:
            with progress_on_terminal("sessions looked at") as progress:
                effect = policies.dry_run(scope, policy, end_earlier=end_earlier, progress=progress)
            print_effect(effect, parts, as_json=args.json)
            return DONE
        saved = policies.set(
            scope,
            policy,
            by=OPERATOR,
            reason=args.reason,
            end_earlier=end_earlier,
            expected_ends_now=args.expect,
        )
        print_saved(saved, parts, as_json=args.json)
    return DONE


def _scope(parts: Parts, text: str) -> str | None:
    """The scope that is meant; a person may be named by e-mail address. ``None``: no such account.

    Raises:
        WrongCallError: There is no such kind of scope.
    """
    from signedin.core.errors import InvalidPolicyError
    from signedin.core.policy import Policy, check_scope, user_scope

    kind, _, who = text.partition(":")
    if kind == "user" and who:
        user_id = id_of(parts, who)
        return None if user_id is None else user_scope(user_id)
    try:
        check_scope(text, Policy())
    except InvalidPolicyError as error:
        raise WrongCallError(f"--scope: {error}") from None
    return text


def _changed(parts: Parts, scope: str, args: argparse.Namespace) -> Policy:
    """What holds for the scope now, with what was given on the command line.

    Raises:
        WrongCallError: Nothing was given.
        InvalidPolicyError: What was given makes no sense.
    """
    from signedin.core.policy import PRESETS, Policy, WhenFull

    given: dict[str, Any] = {}
    if "preset" in args:
        preset = PRESETS[args.preset]
        given = {n: getattr(preset, n) for n in ("idle_timeout", "lifetime", "confirm_within")}
    given |= {name: getattr(args, name) for name in _LIMITS if name in args}
    if "when_full" in args:
        given["when_full"] = WhenFull(args.when_full)
    if "not_before" in args and args.not_before != _NOW:
        given["not_before"] = args.not_before
    if not given and "not_before" not in args:
        raise WrongCallError("say what to change, such as: policy set --idle-timeout 14d --dry-run")
    version = parts.sessions.policies.get(scope)
    return replace(Policy() if version is None else version.policy, **given)


def _warn(parts: Parts, scope: str, policy: Policy) -> None:
    """Say what is allowed and probably not meant."""
    from signedin.core.policy import oddities, strictest

    everybodys = parts.sessions.policies.get("default")
    together = policy
    if scope != "default" and everybodys is not None:
        together = strictest(everybodys.policy, policy)
    said = [sentence for sentence in oddities(policy) if sentence in oddities(together)]
    kind, _, name = scope.partition(":")
    known = {organization.name for organization in parts.organizations.list()}
    # Where the accounts are an app's, it alone knows the organizations.
    if kind == "organization" and name not in known and parts.accounts.list():
        said.append(f"There is no organization {name} yet; see: signedin organizations add")
    for sentence in said:
        complain(f"warning: {sentence}")


def _limit(text: str) -> Any:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}, got {text!r}") from None


def _number_or_none(text: str) -> Any:
    return None if text.lower() == NONE else whole_number(text)


def _moment(text: str) -> Any:
    """``now``, a time, or ``None`` for ``none``."""
    if text.lower() in (_NOW, NONE):
        return _NOW if text.lower() == _NOW else None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise argparse.ArgumentTypeError(
        f"expected now, none, or a time with its zone such as 2026-11-23T10:00:00Z, got {text!r}"
    )
