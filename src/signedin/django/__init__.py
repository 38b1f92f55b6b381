"""Sessions for Django: ``SESSION_ENGINE = "signedin.django"``, and an app of the same name.

Nothing here reads the settings when it is imported.
"""

from signedin.django.engine import SessionStore
from signedin.django.service import sessions

__all__ = ["SessionStore", "sessions"]
