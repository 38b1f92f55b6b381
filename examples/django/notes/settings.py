"""Settings of a small project; the lines that bring signedin are marked."""

import os
from datetime import timedelta
from pathlib import Path

from signedin import Policy

FOLDER = Path(__file__).parent

SECRET_KEY = os.environ.get("NOTES_SECRET_KEY", "only for an example")
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "notes.urls"
WSGI_APPLICATION = "notes.wsgi.application"
USE_TZ = True

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("NOTES_DATABASE", FOLDER.parent / "notes.db"),
    }
}

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "signedin.django",  # signedin
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "signedin.django.middleware.SessionMiddleware",  # signedin, in the place of Django's
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

SESSION_ENGINE = "signedin.django"  # signedin
SIGNEDIN = {  # signedin; all of it may be left out
    "SITE": "Notes",
    "POLICY": Policy(idle_timeout=timedelta(days=14)),
}

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "notes"
LOGOUT_REDIRECT_URL = "login"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [FOLDER / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]
