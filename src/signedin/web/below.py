"""Where an app is mounted, said as ASGI says it, whoever mounted it.

``path`` is all of the path, and ``root_path`` what of it is before the app. Litestar hands over
only the path below the mount, and some servers leave out of it what a proxy puts before.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

_PREFIX = re.compile(r"(/[\w.~-]+)+")  # nothing that a browser could take for another host


def placed(scope: Scope) -> Scope:
    """The scope with ``path`` and ``root_path`` as they are meant."""
    root, path = scope.get("root_path", ""), scope["path"]
    asked = unquote_to_bytes(scope.get("raw_path") or b"").decode("utf-8", "replace")
    asked, below = asked.removesuffix("/"), path.removesuffix("/")
    before = asked.removesuffix(below)
    if asked != below and asked.endswith(below) and before.startswith(root):
        if _PREFIX.fullmatch(before):
            path = before + (below or "/")
            return {**scope, "path": path, "root_path": before, "app_root_path": root}
    elif path == root:
        return {**scope, "path": f"{path}/"}
    elif not path.startswith(f"{root}/"):
        return {**scope, "path": scope.get("app_root_path", root) + path}
    return scope
