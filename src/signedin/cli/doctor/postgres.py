"""Can the PostgreSQL database be used, and is it up to date?"""

from __future__ import annotations

from contextlib import closing

from signedin.cli.doctor.verdict import Verdict, counted, fail, ok, warn
from signedin.core.errors import InvalidSettingError, SchemaTooNewError, StoreUnavailableError

QUEUE_USED = 0.1  # of the room for notifications; usually there are none


def database(url: str) -> Verdict:
    """Connect and look; nothing is made or migrated."""
    try:
        from signedin.stores.postgres.store import PostgresStore

        with closing(PostgresStore(url)) as store:
            to_apply = store.to_apply()
            feed = None if to_apply else store.feed_state()
    except ImportError:
        return fail("the driver of PostgreSQL is missing", "pip install 'signedin[postgres]'")
    except InvalidSettingError as error:
        return fail(str(error), "correct it")
    except SchemaTooNewError as error:
        return fail(str(error), "update signedin here")
    except StoreUnavailableError as error:
        return fail(str(error), "see that the server runs and lets this user in")
    if feed is None:
        return fail(f"it lacks {', '.join(to_apply)}", "start the server, or: signedin migrate")
    if feed.queue_used > QUEUE_USED:
        return warn(
            f"{feed.queue_used:.0%} of its queue of notifications is used; once full, nothing "
            "can be ended",
            "find who listens and does not read: an idle transaction after LISTEN, in "
            "pg_stat_activity",
        )
    nodes = counted(feed.nodes, "node")
    return ok(f"it can be read, and is up to date; {nodes} may answer from memory")
