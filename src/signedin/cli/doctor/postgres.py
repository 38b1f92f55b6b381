"""Can the PostgreSQL database be used, and is it up to date?"""

from __future__ import annotations

from signedin.cli.doctor.verdict import Verdict, fail, ok
from signedin.core.errors import InvalidSettingError, SchemaTooNewError, StoreUnavailableError


def database(url: str) -> Verdict:
    """Connect and look; nothing is made or migrated."""
    try:
        from signedin.stores.postgres.store import PostgresStore

        store = PostgresStore(url)
    except ImportError:
        return fail("the driver of PostgreSQL is missing", "pip install 'signedin[postgres]'")
    except InvalidSettingError as error:
        return fail(str(error), "correct it")
    try:
        to_apply = store.to_apply()
    except SchemaTooNewError as error:
        return fail(str(error), "update signedin here")
    except StoreUnavailableError as error:
        return fail(str(error), "see that the server runs and lets this user in")
    finally:
        store.close()
    if to_apply:
        return fail(f"it lacks {', '.join(to_apply)}", "start the server, or: signedin migrate")
    return ok("it can be read, and is up to date")
