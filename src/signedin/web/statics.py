"""The few files that pages load: under an address with their hash, kept for ever by browsers."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from signedin.web.problems import NOT_FOUND, Refused

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


class Statics:
    """All static files, read and packed once at start."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}
        for entry in (files("signedin.web") / "static").iterdir():
            dot = entry.name.rfind(".")
            if entry.name[dot:] in _TYPES:
                body = entry.read_bytes()
                address = f"/static/{sha256(body).hexdigest()[:16]}/{entry.name}"
                self._files[entry.name] = _File(
                    address, _TYPES[entry.name[dot:]], body, gzip.compress(body, mtime=0)
                )
        self._by_address = {file.address: file for file in self._files.values()}

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
