"""A database on a network file system is refused before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from signedin.core.errors import InvalidSettingError
from signedin.stores.sqlite.filesystem import file_system_of, refuse_network_file_system

TABLE = r"""22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /srv rw,relatime shared:1 - nfs4 server:/srv rw
31 30 0:41 / /srv/local\040disk rw,relatime - xfs /dev/vdb rw
a line that means nothing
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    table = tmp_path / "mountinfo"
    table.write_text(TABLE)
    return table


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/x.db", "ext4"),
        ("/srv/x.db", "nfs4"),
        ("/srvx/x.db", "ext4"),
        ("/srv/local disk/x.db", "xfs"),
    ],
)
def test_the_deepest_mount_counts(mounts: Path, path: str, kind: str) -> None:
    assert file_system_of(Path(path), mounts) == kind


def test_a_network_file_system_is_refused_with_what_to_do(mounts: Path) -> None:
    with pytest.raises(InvalidSettingError, match="disk of this machine"):
        refuse_network_file_system(Path("/srv/x.db"), mounts)
    refuse_network_file_system(Path("/srv/local disk/x.db"), mounts)


def test_where_the_machine_does_not_tell_nothing_is_refused(tmp_path: Path) -> None:
    refuse_network_file_system(Path("/srv/x.db"), tmp_path / "missing")
    refuse_network_file_system(tmp_path / "x.db")
