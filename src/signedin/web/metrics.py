"""``/metrics``: what the process that answers has counted, in the text that Prometheus reads.

For programs on the same machine, or with the token of the setting ``metrics_token``; to all
others there is nothing here. No number says anything about a person.
"""

from __future__ import annotations

import hmac
import os
import sys
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from signedin.core.errors import StoreUnavailableError
from signedin.core.network import canonical
from signedin.service.measures import Counts, Histogram, Measures, cumulated
from signedin.service.ports import FeedState
from signedin.web.problems import NOT_FOUND, Refused
from signedin.web.visit import Visit

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_OWN_HOSTS = {"localhost", "127.0.0.1", "::1"}
# What proxies say of a client: whoever asks through one is not on this machine.
_OF_PROXIES = (
    *("forwarded", "via", "x-real-ip"),
    *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"),
)
_STATUS = Path("/proc/self/statm")

Sample = tuple[str, dict[str, str], float]  # what follows the name, labels, value


class Metrics:
    """Answers who may know.

    Args:
        measures: What is told.
        token: What must be sent as ``Authorization: Bearer …`` from elsewhere; ``None``:
            nobody elsewhere may know.
    """

    def __init__(self, measures: Measures, token: str | None) -> None:
        self._measures = measures
        self._token = token

    def answer(self, visit: Visit) -> Response:
        """All numbers as they are now; those of the database only while it can be asked.

        Raises:
            Refused: As if there was nothing at this address.
        """
        if not (_is_local(visit.request) or self._is_trusted(visit.request)):
            raise Refused(NOT_FOUND)
        headers = {"Cache-Control": "no-store", "Content-Type": MEDIA_TYPE}
        return Response("".join(_lines(self._measures)), headers=headers)

    def _is_trusted(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if self._token is None or scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode(), self._token.encode())


def _is_local(request: Request) -> bool:
    """Whether a program on this machine asks, and nobody through it.

    The address is the socket's, whatever is said about it. A browser that was led here by
    somebody else's name for this machine says that name.
    """
    peer = canonical(request.client.host) if request.client else None
    if peer is None or not ip_address(peer).is_loopback:
        return False
    if any(name in request.headers for name in _OF_PROXIES):
        return False
    return _host(request) in _OWN_HOSTS


def _host(request: Request) -> str | None:
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return None


def _lines(measures: Measures) -> Iterator[str]:
    yield from _of_process(measures)
    try:
        counts, feed = measures.sessions(), measures.feed()
    except StoreUnavailableError:
        yield from _gauge("database_up", "Whether the database could be asked.", 0)
        return
    yield from _gauge("database_up", "Whether the database could be asked.", 1)
    yield from _of_sessions(counts)
    if feed is not None:
        yield from _of_feed(feed)


def _of_process(measures: Measures) -> Iterator[str]:
    pid = {"pid": str(os.getpid())}
    held, most = measures.held
    yield from _family(
        "checks_total",
        "counter",
        "Checks of sessions, by what answered them.",
        [
            ("", {**pid, "answered_by": "memory"}, measures.answered_by_memory),
            ("", {**pid, "answered_by": "database"}, measures.answered_by_database),
        ],
    )
    yield from _family(
        "sessions_started_total", "counter", "Logins.", [("", pid, measures.started)]
    )
    yield from _family(
        "sessions_ended_total",
        "counter",
        "Sessions that this process ended, by reason.",
        [("", {**pid, "reason": r}, count) for r, count in sorted(measures.ended.items())],
    )
    told = "From the call of an end to its receipt, when every process refuses the session."
    yield from _histogram("terminate_seconds", told, measures.ends, pid)
    told = "Last uses that one transaction wrote."
    yield from _histogram("flush_uses", told, measures.flushes, pid)
    yield from _gauge("held_sessions", "Sessions in memory.", held, pid)
    yield from _gauge("held_sessions_limit", "Sessions that may be in memory.", most, pid)
    told = "Whether checks may be answered from memory now."
    yield from _gauge("memory_trusted", told, measures.is_memory_trusted(), pid)
    if sys.platform == "linux":
        told = "Memory of the whole process."
        yield from _gauge("resident_memory_bytes", told, _resident_memory(), pid)


def _of_sessions(counts: Counts) -> Iterator[str]:
    states = [("", {"state": "live"}, counts.live), ("", {"state": "ended"}, counts.ended)]
    told = "Sessions in the database, counted anew once a minute, or less often if it takes long."
    yield from _family("sessions", "gauge", told, states)
    told = "When they were counted, in seconds since 1970."
    yield from _gauge("sessions_counted_timestamp_seconds", told, counts.at)


def _of_feed(feed: FeedState) -> Iterator[str]:
    pid = {"pid": str(os.getpid())}
    yield from _gauge("nodes", "Processes that may answer from memory.", feed.nodes)
    told = "Which part of the room for notifications is used; full, nothing can be ended."
    yield from _gauge("notification_queue_used_ratio", told, feed.queue_used)
    told = "Since the heartbeat was sent that the lease runs from; infinite without a lease."
    yield from _gauge("lease_age_seconds", told, feed.lease_age, pid)
    told = "What the last heartbeat took to come back through the feed."
    yield from _gauge("feed_lag_seconds", told, feed.lag, pid)


def _family(name: str, kind: str, told: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP signedin_{name} {told}\n# TYPE signedin_{name} {kind}\n"
    for suffix, labels, value in samples:
        pairs = ",".join(f'{label}="{text}"' for label, text in labels.items())
        yield f"signedin_{name}{suffix}{f'{{{pairs}}}' if pairs else ''} {_number(value)}\n"


def _gauge(
    name: str, told: str, value: float, labels: dict[str, str] | None = None
) -> Iterator[str]:
    return _family(name, "gauge", told, [("", labels or {}, value)])


def _histogram(name: str, told: str, histogram: Histogram, labels: dict[str, str]) -> Iterator[str]:
    buckets = list(cumulated(histogram))
    samples: list[Sample] = [
        ("_bucket", {**labels, "le": _number(bound)}, count) for bound, count in buckets
    ]
    samples.append(("_sum", labels, histogram.total))
    samples.append(("_count", labels, buckets[-1][1]))
    return _family(name, "histogram", told, samples)


def _number(value: float) -> str:
    return "+Inf" if value == float("inf") else repr(int(value) if value == int(value) else value)


def _resident_memory() -> int:
    return int(_STATUS.read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
