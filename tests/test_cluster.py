"""The tests' own PostgreSQL goes with the process that started it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]
KILLED = """
import os
from tests.cluster import running_cluster
with running_cluster() as cluster:
    print(cluster.folder, (cluster.folder / "data/postmaster.pid").read_text(), flush=True)
    os.kill(os.getpid(), 9)
"""


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_that_is_killed_leaves_no_server_and_no_folder_behind() -> None:
    command = [sys.executable, "-c", KILLED]
    killed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    folder, server, *_ = killed.stdout.split()

    wait_until(lambda: not is_there(int(server)) and not Path(folder).exists())
