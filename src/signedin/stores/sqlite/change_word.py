"""The change word: one number, in memory shared by every process on the database.

It is the position of the newest change that *may* exist. A writer raises it under the
write lock before it commits; a reader trusts its memory only while the word equals the
position that it last read from the database (`freshness.md`, SQLite rules 1, 2, 4, 7).

Behind it stands the same for the data of sessions, in many cells, so that a change of one
session's data leaves the others' in memory (docs/decisions/0012-held-data.md). With what
those begin does not matter: who finds that the newest is not the database's numbers all anew.
"""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path
from struct import pack, unpack_from
from zlib import crc32

_VERSION = 1
_FIELDS = 8  # word, version, identity (2), boot id (2), data, one to spare: aligned 64-bit words
_DATA = 6
_DATA_CELLS = 4096
_SIZE = (_FIELDS + _DATA_CELLS) * 8
_HEADER = "=Q16s16s"


class ChangeWord:
    """The mapped file. Opened, initialised and raised only under the write lock."""

    def __init__(self, path: Path, *, database: Path, identity: bytes, newest: int) -> None:
        self._path = path
        self._header = pack(_HEADER, _VERSION, identity, boot_id())
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size == 0:
                _give_to_owner_of(database, descriptor)
            while size < _SIZE:  # real blocks: writing a hole can kill us
                size += os.pwrite(descriptor, bytes(_SIZE - size), size)
            self._inode = os.fstat(descriptor).st_ino
            self._map = mmap.mmap(descriptor, _SIZE)
        finally:
            os.close(descriptor)
        self.cells = memoryview(self._map).cast("Q")
        if not self.is_ours():
            self.cells[0] = newest
            self._map[8 : 8 + len(self._header)] = self._header

    @property
    def position(self) -> int:
        """The newest change that may exist."""
        return self.cells[0]

    def set(self, position: int) -> None:
        """Say that changes up to ``position`` may exist; the caller holds the write lock."""
        self.cells[0] = position

    @property
    def newest_data(self) -> int:
        """The number of the newest change of data that may exist."""
        return self.cells[_DATA]

    def data_of(self, session_id: str) -> int:
        """The number of the newest change that a session's data may have."""
        return self.cells[_cell_of(session_id)]

    def set_data(self, session_id: str, number: int) -> None:
        """Say that a session's data may have the change ``number``; under the write lock."""
        self.cells[_DATA] = self.cells[_cell_of(session_id)] = number

    def set_all_data(self, number: int) -> None:
        """Say that everybody's data may; under the write lock."""
        self.cells[_FIELDS:] = memoryview(array("Q", [number]) * _DATA_CELLS)
        self.cells[_DATA] = number

    def is_ours(self) -> bool:
        """Whether the file still tells this database on this boot of this machine."""
        return self._map[8 : 8 + len(self._header)] == self._header

    def is_in_place(self) -> bool:
        """Whether the mapped file is still the one that others find at the path."""
        try:
            return os.stat(self._path).st_ino == self._inode
        except FileNotFoundError:
            return False

    def close(self) -> None:
        self.cells.release()
        self._map.close()


def _cell_of(session_id: str) -> int:
    return _FIELDS + crc32(session_id.encode()) % _DATA_CELLS


def _give_to_owner_of(database: Path, descriptor: int) -> None:
    """Let those use a new file who can use the database, as SQLite does with its own."""
    if hasattr(os, "fchown"):
        of_database = os.stat(database)
        os.fchmod(descriptor, of_database.st_mode & 0o666)
        if os.geteuid() == 0:
            os.fchown(descriptor, of_database.st_uid, of_database.st_gid)


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a word file, for who only looks."""

    position: int
    identity: bytes
    boot_id: bytes
    changed_at: float  # seconds since 1970, as the file system has it


def read_word(path: Path) -> Written | None:
    """What stands in the file; ``None`` if there is none."""
    try:
        with path.open("rb") as file:
            content = file.read(_SIZE).ljust(_SIZE, b"\0")
            changed_at = os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return None
    position, _, identity, boot = unpack_from("=Q" + _HEADER[1:], content)
    return Written(position, identity, boot, changed_at)


def boot_id() -> bytes:
    """Which start of the machine this is: what a crash left in the file is not to be trusted."""
    if sys.platform == "linux":
        text = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        return bytes.fromhex(text.strip().replace("-", ""))
    if sys.platform == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]
        text = subprocess.run(command, capture_output=True, check=True, text=True).stdout  # noqa: S603
        return bytes.fromhex(text.strip().replace("-", ""))
    return bytes(16)
