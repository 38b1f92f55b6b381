"""Where a database file may lie: SQLite's locks and our mapped word need a local file system."""

from __future__ import annotations

from pathlib import Path

from signedin.core.errors import InvalidSettingError

MOUNTS = Path("/proc/self/mountinfo")  # Linux; elsewhere nothing is known and nothing refused
_NETWORKED = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs",
        "gfs2", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs",
    }
)  # fmt: skip


def refuse_network_file_system(path: Path, mounts: Path = MOUNTS) -> None:
    """Refuse a database on a file system that other machines see too.

    Raises:
        InvalidSettingError: It lies on a known one.
    """
    kind = file_system_of(path, mounts)
    if kind in _NETWORKED:
        raise InvalidSettingError(
            f"database: {path} lies on a network file system ({kind}), where SQLite's locks do "
            "not hold. Put it on a disk of this machine."
        )


def file_system_of(path: Path, mounts: Path = MOUNTS) -> str | None:
    """The kind of file system that a path lies on, as far as the machine tells."""
    if not mounts.exists():
        return None
    absolute, longest, kind = path.absolute(), -1, None
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        before, _, after = line.partition(" - ")  # proc(5): the kind stands after the separator
        fields, kinds = before.split(), after.split()
        if len(fields) < 5 or not kinds:
            continue
        point = Path(_unescaped(fields[4]))
        if absolute.is_relative_to(point) and len(point.parts) >= longest:
            longest, kind = len(point.parts), kinds[0]
    return kind


def _unescaped(text: str) -> str:
    for octal, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(octal, character)
    return text
