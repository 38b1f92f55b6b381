"""The few files that pages load: under an address with their hash, kept for ever by browsers."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from signedin.web.problems import NOT_FOUND, Refused

_FOLDER = files("signedin.web") / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class _File:
    address: str
    media_type: str
    plain: bytes
    packed: bytes


def _file(name: str, body: bytes) -> _File:
    address = f"/static/{sha256(body).hexdigest()[:16]}/{name}"
    return _File(address, _TYPES[_ending(name)], body, gzip.compress(body, mtime=0))


def _ending(name: str) -> str:
    return name[name.rfind(".") :]


def text_of(name: str) -> str:
    """What one of our files holds."""
    return (_FOLDER / name).read_text(encoding="utf-8")


class Statics:
    """All static files, read and packed once at start.

    Args:
        made: Files that are made for this app, by name.
    """

    def __init__(self, made: Mapping[str, str] | None = None) -> None:
        found = {entry.name: entry.read_bytes() for entry in _FOLDER.iterdir() if entry.is_file()}
        found |= {name: text.encode() for name, text in (made or {}).items()}
        self._files = {
            name: _file(name, body) for name, body in found.items() if _ending(name) in _TYPES
        }
        self._by_address = {file.address: file for file in self._files.values()}

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def address(self, name: str) -> str:
        """Where a file is, below the mount point."""
        return self._files[name].address

    def route(self) -> Route:
        return Route("/static/{hash}/{name}", self._serve, methods=["GET"])

    def _serve(self, request: Request) -> Response:
        file = self._by_address.get("/static/{hash}/{name}".format(**request.path_params))
        if file is None:
            raise Refused(NOT_FOUND)
        packed = "gzip" in request.headers.get("accept-encoding", "")
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
        }
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(file.packed if packed else file.plain, 200, headers, file.media_type)
