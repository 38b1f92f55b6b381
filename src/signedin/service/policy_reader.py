"""Which policies hold for a session, and held since it began, read in one snapshot.

Never kept across snapshots: a fresh row must not be judged by policies of an older one
(`freshness.md`, both engines, 4).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from signedin.core.deadline import ALWAYS, Version, current, in_sequence
from signedin.core.policy import DEFAULT_SCOPE, Policy, organization_scope, scopes_of, user_scope
from signedin.service.ports import Reads


class Governed(Protocol):
    """What says which policies apply to a session."""

    @property
    def user_id(self) -> str | None: ...
    @property
    def organizations(self) -> Mapping[str, datetime]: ...
    @property
    def created_at(self) -> datetime: ...


class PolicyReader:
    """Reads each scope's policies once.

    Args:
        settings: What holds for the installation until a policy is stored for it.
        now: What the clock says, in case it said more before.
        since: Versions that were replaced before are not read; left out, all are.
    """

    def __init__(
        self, reads: Reads, settings: Policy, now: datetime, *, since: datetime = ALWAYS
    ) -> None:
        self._reads = reads
        self._settings = settings
        self.now = now
        self._since = since
        self._scopes: dict[str, list[Version]] = {}

    def of(self, session: Governed) -> list[Version]:
        """Every version that applied to a session at some time since it began."""
        self._read(scopes_of(session.user_id, session.organizations))
        versions = [*self.of_scope(DEFAULT_SCOPE)]
        if session.user_id is not None:
            versions += self.of_scope(user_scope(session.user_id))
        began = session.created_at
        found = [v for v in versions if v.until is None or v.until > began]
        for name, joined in session.organizations.items():
            since = min(joined, self.now)
            found += _since_joined(self.of_scope(organization_scope(name)), since)
        return found

    def now_for(self, user_id: str | None, organizations: Iterable[str]) -> Policy:
        """What holds at present for a person in these organizations."""
        scopes = scopes_of(user_id, organizations)
        self._read(scopes)
        return current(version for scope in scopes for version in self.of_scope(scope))

    def current(self, scope: str) -> Version | None:
        """What holds for one scope at present."""
        versions = self.of_scope(scope)
        return versions[-1] if versions and versions[-1].until is None else None

    def of_scope(self, scope: str) -> list[Version]:
        """The versions of one scope's policy, the oldest first."""
        self._read([scope])
        return self._scopes[scope]

    def _read(self, scopes: Collection[str]) -> None:
        """Those of them that have not been read yet, all at once."""
        unread = [scope for scope in scopes if scope not in self._scopes]
        if not unread:
            return
        found: dict[str, list[Version]] = {scope: [] for scope in unread}
        for version in self._reads.versions(unread, self._since):
            found[version.scope].append(version)
        for scope, versions in found.items():
            self._scopes[scope] = self._with_settings(scope, in_sequence(versions, self.now))

    def _with_settings(self, scope: str, versions: list[Version]) -> list[Version]:
        """What the installation's policy was, or is, where none was stored for it."""
        if scope != DEFAULT_SCOPE:
            return versions
        if not versions:
            return [Version(self._settings)]
        first, last = versions[0], versions[-1]
        if first.change and first.change.before and first.since > self._since:
            # Nothing was stored earlier: this is what the settings said until then.
            versions.insert(0, Version(first.change.before, scope, until=first.since))
        if last.until is not None:  # taken away in a shell
            versions.append(Version(self._settings, scope, since=last.until))
        return versions


def _since_joined(versions: Iterable[Version], joined: datetime) -> list[Version]:
    """What an organization's policies are to who has been a member since ``joined``."""
    lasting = (v for v in versions if v.until is None or v.until > joined)
    return [replace(v, since=max(v.since, joined)) for v in lasting]
