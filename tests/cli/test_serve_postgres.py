"""``signedin serve`` with PostgreSQL, as real processes: what one server ends, no other lets in."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from tests.cli.calls import ANA, PASSWORD, Call
from tests.cli.servers import Server, get, log_in, serving
from tests.cluster import Cluster
from tests.databases import shell


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.make()


def current(server: Server, cookies: dict[str, str]) -> int:
    return get(f"{server.address}/api/v1/sessions/current", **cookies)[0]


def end(server: Server, session_id: str, cookies: dict[str, str]) -> dict[str, object]:
    request = urllib.request.Request(
        f"{server.address}/api/v1/sessions/{session_id}",
        method="DELETE",
        headers=cookies | {"Origin": server.address},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        receipt: dict[str, object] = json.loads(response.read())
    return receipt


def ids(server: Server, cookies: dict[str, str]) -> list[str]:
    _, body = get(f"{server.address}/api/v1/sessions", **cookies)
    return [session["id"] for session in json.loads(body)["sessions"]]


def test_a_first_start_makes_the_database_and_offers_to_set_up(tmp_path: Path, url: str) -> None:
    with serving(tmp_path, "--workers", "2", "--database", url) as server:
        assert "/setup?key=" in server.printed[2]
        for _ in range(10):
            assert get(f"{server.address}/readyz")[0] == 200
        assert get(server.printed[2])[0] == 200


def test_what_is_ended_at_one_server_is_refused_by_every_worker_of_another(
    call: Call, tmp_path: Path, url: str
) -> None:
    added = call("users", "add", ANA, "--password-stdin", "--database", url, typed=PASSWORD)
    assert added.code == 0, added.err
    with (
        serving(tmp_path, "--workers", "2", "--database", url, lines=1) as here,
        serving(tmp_path, "--database", url, lines=1) as there,
    ):
        mine = log_in(here, ANA, PASSWORD)
        # A port's cookies have its number in their names; the other server's have its own.
        same = {"Cookie": mine["Cookie"].replace(f"_{here.port}", f"_{there.port}")}
        (first,) = ids(here, mine)
        theirs = log_in(there, ANA, PASSWORD)
        (second,) = {*ids(there, theirs)} - {first}
        for _ in range(10):
            assert current(here, mine) == current(there, same) == 200

        assert end(there, first, theirs)["ended"] == 1

        for _ in range(20):
            assert current(here, mine) == current(there, same) == 401
        assert ids(there, theirs) == [second]
    assert list(tmp_path.glob("**/*.db")) == []


def test_what_a_command_ends_or_a_policy_that_it_sets_holds_in_every_worker(
    call: Call, tmp_path: Path, url: str
) -> None:
    call("users", "add", ANA, "--password-stdin", "--database", url, typed=PASSWORD)
    with serving(tmp_path, "--workers", "2", "--database", url, lines=1) as server:
        for words in (
            ("sessions", "end", "--user", ANA),
            ("policy", "set", "--not-before", "now", "--reason", "Leak."),
        ):
            cookies = log_in(server, ANA, PASSWORD)
            assert current(server, cookies) == 200

            done = call(*words, "--database", url)

            assert done.code == 0, done.err
            for _ in range(10):
                assert current(server, cookies) == 401


def test_doctor_says_whether_the_database_can_be_used(
    call: Call, tmp_path: Path, url: str, cluster: Cluster
) -> None:
    def verdict(database: str) -> str:
        lines = call("doctor", "--database", database).out.splitlines()
        (line,) = [line for line in lines if " database " in line]
        return line

    assert verdict(url).startswith("fail  database        it lacks 0001_pre_sessions, ")
    call("migrate", "--database", url)
    fine = "ok    database        it can be read, and is up to date; 0 nodes may answer from memory"
    assert verdict(url) == fine
    with shell(url) as other:  # the real one would need gigabytes
        other.execute(
            "CREATE FUNCTION public.pg_notification_queue_usage() RETURNS double precision "
            "LANGUAGE sql AS 'SELECT 0.2::double precision'"
        )
    full = verdict(f"{url}&options=-c%20search_path%3Dpublic,pg_catalog")
    assert full.startswith("warn  database        20% of its queue of notifications is used; ")
    nowhere = verdict(f"postgresql:///x?host={cluster.folder}/nowhere")
    assert nowhere.startswith("fail  database        The database cannot be used (")
    assert "see that the server runs" in nowhere
    assert verdict("postgresql://a%b").startswith("fail  database        database: expected")
    latin = verdict(cluster.make("TEMPLATE template0 ENCODING 'LATIN1'"))
    assert latin.startswith("fail  database        database: its encoding is LATIN1")


def test_while_the_database_is_away_a_server_says_503_and_keeps_everybody_logged_in(
    call: Call, tmp_path: Path, own_cluster: Cluster
) -> None:
    url = own_cluster.make()
    call("users", "add", ANA, "--password-stdin", "--database", url, typed=PASSWORD)
    with serving(tmp_path, "--workers", "2", "--database", url, lines=1) as server:
        cookies = log_in(server, ANA, PASSWORD)
        own_cluster.stop("immediate")
        for _ in range(4):
            assert current(server, cookies) == 503
        assert get(f"{server.address}/readyz")[0] == 503
        own_cluster.start()

        for _ in range(10):
            assert current(server, cookies) == 200
