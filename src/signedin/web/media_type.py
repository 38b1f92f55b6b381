"""What kind of body a request says that it has (RFC 9110 sections 5.6.6 and 8.3.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NAME = r"[\w!#$%&'*+.^`|~-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_KIND = re.compile(rf"({_NAME}/{_NAME})", re.ASCII)
_PARAMETER = re.compile(rf"[ \t]*;[ \t]*(?:({_NAME})=({_NAME}|{_QUOTED}))?", re.ASCII)
_ESCAPED = re.compile(r"\\(.)")


def is_utf8(media_type: str, content_types: Sequence[str]) -> bool:
    """Whether a body is of this type, in UTF-8, by the headers that name its type.

    Parameters other than ``charset`` say nothing about what we read. What is written wrongly,
    or names two types or charsets, is of none: others may have gone by the other one.
    """
    if len(content_types) != 1:
        return False
    text = content_types[0].strip(" \t")
    kind = _KIND.match(text)
    if kind is None or kind[1].lower() != media_type:
        return False
    charsets, position = [], kind.end()
    while position < len(text):
        parameter = _PARAMETER.match(text, position)
        if parameter is None:
            return False
        name, value = parameter.groups()
        if name is not None and name.lower() == "charset":
            charsets.append(_unquoted(value).lower())
        position = parameter.end()
    return charsets in ([], ["utf-8"])


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
