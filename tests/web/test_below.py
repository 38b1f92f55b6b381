"""Whoever mounts the app, it knows where it is."""

from __future__ import annotations

from typing import Any

import pytest

from signedin.web.below import placed


def asked(path: str, root: str = "", raw: bytes | None = None, **more: str) -> dict[str, Any]:
    return {"path": path, "root_path": root, "raw_path": raw, **more}


@pytest.mark.parametrize(
    ("scope", "path", "root", "app_root"),
    [
        # As it should be: Starlette and FastAPI on uvicorn, and the bridge to WSGI.
        (asked("/me/x", "/me", b"/me/x", app_root_path=""), "/me/x", "/me", ""),
        (asked("/p/me/x", "/p/me", b"/p/me/x", app_root_path="/p"), "/p/me/x", "/p/me", "/p"),
        (asked("/me/x", "/me"), "/me/x", "/me", None),
        (asked("/me", "/me", b"/me"), "/me/", "/me", None),
        (asked("/", "", b"/"), "/", "", None),
        (asked("/ä", "", b"/%C3%A4"), "/ä", "", None),
        # Litestar, also behind a proxy.
        (asked("/x/y/", "", b"/me/x/y"), "/me/x/y", "/me", ""),
        (asked("/x", "", b"/me/x"), "/me/x", "/me", ""),
        (asked("/", "", b"/me"), "/me/", "/me", ""),
        (asked("/x/", "/p", b"/p/a/b/x"), "/p/a/b/x", "/p/a/b", "/p"),
        # Servers that leave the proxy's part out of the path.
        (asked("/me/x", "/p/me", b"/me/x", app_root_path="/p"), "/p/me/x", "/p/me", "/p"),
        (asked("/x", "/p", b"/x"), "/p/x", "/p", None),
        # Nothing that somebody asks for makes a prefix that leads elsewhere.
        (asked("/x", "", b"//evil.example/x"), "/x", "", None),
        (asked("/x", "", b"/\\evil.example/x"), "/x", "", None),
        (asked("/x", "", b"//x"), "/x", "", None),
        (asked("/x", "", b"/%0d%0a/x"), "/x", "", None),
        (asked("/x", "", b"/%ff/x"), "/x", "", None),
    ],
)
def test_where_it_is(scope: dict[str, Any], path: str, root: str, app_root: str | None) -> None:
    found = placed(scope)

    assert (found["path"], found["root_path"]) == (path, root)
    assert found.get("app_root_path") == app_root
