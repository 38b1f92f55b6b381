"""Log lines that nobody else can write, reorder or learn a secret from (security.md, O-04, O-05).

Much of what is logged was sent by clients. So control and direction characters are written
as escapes, and whatever has the form of a token or key is hidden, wherever it stands.
"""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from signedin.cli.output import visible
from signedin.cli.settings import Settings
from signedin.core.token import SessionToken

_LONGEST = 4096  # characters of one value; a client chooses how much it sends
# Session tokens, device tokens and set-up keys: 43 characters of base64url, mixed as random
# ones are, so that no long name in a traceback is taken for one.
_SECRET = re.compile(
    r"(?<![A-Za-z0-9_-])(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])"
    r"(?:si_[A-Za-z0-9_-]{49}|[A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])"
)
_HIDDEN = "(hidden)"
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {
    "asctime",
    "color_message",  # uvicorn's second copy of its message
    "message",
    "taskName",
}


def log_to_stderr(settings: Settings) -> None:
    """Log in the form of the settings, and uvicorn only what went wrong."""
    root, level = logging.getLogger(), settings.log_level.upper()
    for former in [h for h in root.handlers if isinstance(h.formatter, JsonLines | TextLines)]:
        root.removeHandler(former)
    if not root.handlers:  # else whoever runs us has chosen where logs go
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
        root.addHandler(handler)
        root.setLevel(level)
    quiet = settings.log_level != "debug"  # we say ourselves that we started
    logging.getLogger("uvicorn").setLevel(max(logging.WARNING, root.level) if quiet else level)


class JsonLines(logging.Formatter):
    """One JSON object a line, in ASCII: nothing in it can begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        line |= {name: value for name, value in _extra(record).items() if name not in line}
        trace = _trace(self, record)
        if trace:
            line["exception"] = trace
        return json.dumps(line)


class TextLines(logging.Formatter):
    """A line for people; of what follows it, such as a traceback, each line is indented."""

    def format(self, record: logging.LogRecord) -> str:
        extra = "".join(f" {name}={json.dumps(value)}" for name, value in _extra(record).items())
        first = f"{_moment(record)} {record.levelname} {record.name}: {_message(record)}{extra}"
        return "\n    ".join(map(visible, (first, *_trace(self, record).splitlines())))


def _moment(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _message(record: logging.LogRecord) -> str:
    """The message; one that does not fit its arguments is no reason to lose both."""
    arguments = record.args
    if isinstance(arguments, Mapping):
        arguments = {name: _unprinted(value) for name, value in arguments.items()}
    elif arguments:
        arguments = tuple(_unprinted(value) for value in arguments)
    text = str(_unprinted(record.msg))
    try:
        return _told(text % arguments if arguments else text)
    except (TypeError, ValueError, KeyError):
        return _told(f"{text} {arguments!r}")


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    found = vars(record).items()
    return {name: _value(value) for name, value in found if name not in _USUAL}


def _value(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return _told(str(_unprinted(value)))


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = []
    if record.exc_info:
        parts.append(formatter.formatException(record.exc_info))
    if record.stack_info:
        parts.append(record.stack_info)
    return _without_secrets("\n".join(parts))


def _unprinted(value: object) -> object:
    """A secret as its repr: it is a text, and formatting would print it as one."""
    return repr(value) if isinstance(value, SessionToken) else value


def _told(text: str) -> str:
    text = _without_secrets(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _without_secrets(text: str) -> str:
    return _SECRET.sub(_HIDDEN, text)
