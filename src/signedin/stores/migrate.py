"""Numbered migrations: applied by themselves, in order, once, under the write lock.

A file's name says whether it runs before (``pre``) or after (``post``) the new code is
everywhere; on one machine both run at the first use.
"""

from __future__ import annotations

from importlib.resources import files

from signedin.core.errors import SchemaTooNewError, StoreUnavailableError

Migration = tuple[int, str, str]  # number, name, statements


def migrations(engine: str) -> list[Migration]:
    """All that this version knows for an engine, in order."""
    folder = files(__package__) / "migrations" / engine
    found = []
    for file in folder.iterdir():
        name = file.name.removesuffix(".sql")
        if name != file.name:
            found.append((int(name.split("_")[0]), name, file.read_text(encoding="utf-8")))
    return sorted(found)


def pending(engine: str, version: int) -> list[Migration]:
    """What is still to be applied to a database at ``version``.

    Raises:
        SchemaTooNewError: A newer signedin has been here.
    """
    known = migrations(engine)
    newest = known[-1][0]
    if version > newest:
        raise SchemaTooNewError(
            f"This database was migrated to version {version} by a newer signedin; "
            f"this one knows version {newest}. Update signedin on this machine."
        )
    return [migration for migration in known if migration[0] > version]


def refuse_old(engine: str, version: int) -> None:
    """Go no further with a database that somebody else has to bring up to date.

    Raises:
        StoreUnavailableError: It is older than this code.
        SchemaTooNewError: A newer signedin has been here.
    """
    missing = [name for _, name, _ in pending(engine, version)]
    if missing:
        raise StoreUnavailableError(
            "The tables of signedin are missing or old here. "
            f"Run the migrations of the application first; what is missing: {', '.join(missing)}."
        )
