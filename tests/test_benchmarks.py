"""The benchmarks run, and what they count (not what they time) is as promised."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from benchmarks import contest, scale
from benchmarks.filling import fill
from benchmarks.policy import measure
from benchmarks.requests import cpu_seconds
from benchmarks.simulate import SITES, Simulation
from signedin.wiring import Sessions
from tools.peers_chart import chart

SMALL, LARGE = 100, 1_000
WORKER = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
SERVER = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"


def test_a_change_of_policy_writes_the_same_rows_whatever_the_number_of_sessions() -> None:
    results = measure((SMALL, LARGE), rounds=3)
    rows = {
        name: {sample.rows for result in results.values() for sample in result.sets[name]}
        for name in results[SMALL].sets
    }
    assert {len(counts) for counts in rows.values()} == {1}
    assert all(min(counts) > 0 for counts in rows.values())
    assert all(result.is_untouched for result in results.values())
    assert [results[size].ends for size in (SMALL, LARGE)] == [SMALL // 2, LARGE // 2]


def test_everything_that_is_measured_by_size_can_be_done_again_and_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/sessions.db"
    sessions = Sessions(url)
    fill(sessions, url, LARGE)
    subject = scale.Subject(url, LARGE)

    took = {name: [operation(), operation()] for name, operation in subject.operations.items()}
    subject.close()

    assert min(min(times) for times in took.values()) > 0
    assert len(sessions.everybodys()) == LARGE - 2 * (1 + 3)
    sessions.close()
    row, indexes, places = scale.bytes_on_disk(url, LARGE)
    assert min(row, indexes, places) > 0
    assert indexes > 0


def test_in_the_simulation_few_nodes_keep_their_leases_and_a_slow_server_loses_them() -> None:
    good = Simulation(SITES[0], nodes=4, seed=1).run()
    slow = Simulation(replace(SITES[0], commit=1.0), nodes=4, seed=1).run()

    assert good.without_lease == 0
    assert min(good.ends) > 2 * SITES[0].statements * SITES[0].way
    assert slow.without_lease > 0.1


def test_who_is_measured_beside_whom_is_told_round_by_round() -> None:
    without, signed, ours = contest.PEERS[:3]
    rates = {without: (100, 200), signed: (50, 120), ours: (90, 180)}
    samples = {peer: [contest.Sample(r, 1e6 / r) for r in found] for peer, found in rates.items()}

    assert contest.ratios(samples, ours) == [0.9, 0.9]
    assert contest.place(samples, ours) == "before all others"
    assert contest.fate(ours, None) == "refused at once"
    assert contest.fate(ours, 0.02) == "accepted for 20 ms"
    assert contest.fate(signed, contest.REPLAYED - 0.1) == "**accepted** until it expires: 14 days"


def test_the_cpu_time_of_a_server_has_each_of_its_workers_in_it_once() -> None:
    command, pipe = [sys.executable, "-c", SERVER, WORKER], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdout.readline()  # the worker has done its work
        told = cpu_seconds(server.pid)
        server.stdin.write(b"\n")
        server.stdin.close()
        _, status, used = os.wait4(server.pid, 0)
        server.returncode = os.waitstatus_to_exitcode(status)

    assert server.returncode == 0
    assert 0.3 <= told <= used.ru_utime + used.ru_stime


def test_the_chart_has_a_bar_for_each() -> None:
    told = [
        {"framework": "A & B", "name": name, "shares": [0.5, 0.6], "is_refused": name != "signed"}
        for name in ("signed", "a row", "signedin, SQLite")
    ]

    drawn = ElementTree.fromstring(chart(told))

    kinds = [bar.get("class") for bar in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert kinds[:3] == ["accepted", "refused", "ours"]
