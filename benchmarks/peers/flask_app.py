"""Flask: nothing, Flask-Session with its rows in PostgreSQL, and signedin; PEER says which."""

from __future__ import annotations

import os

from flask import Flask, request, session

application = Flask(__name__)


@application.get("/")
def get() -> str:
    return "42" if os.environ["PEER"] == "nothing" else session.get("user", "nobody")


@application.post("/login")
def enter() -> str:
    session["user"] = request.args["user"]
    return "in"


@application.post("/logout")
def leave() -> str:
    session.clear()
    return "out"


if os.environ["PEER"] == "flask_session":
    from flask_session import Session
    from flask_sqlalchemy import SQLAlchemy

    application.config.update(
        SESSION_TYPE="sqlalchemy",
        SESSION_SQLALCHEMY=SQLAlchemy(),
        SQLALCHEMY_DATABASE_URI=os.environ["DATABASE"].replace(
            "postgresql://", "postgresql+psycopg://"
        ),
    )
    application.config["SESSION_SQLALCHEMY"].init_app(application)
    with application.app_context():
        Session(application)

elif os.environ["PEER"] == "signedin":
    from signedin import Sessions
    from signedin.core.cookie import CookieNames
    from signedin.flask import SignedIn

    names = CookieNames("sid", "device", "pre", secure=False)
    SignedIn(application, Sessions(os.environ["DATABASE"]), user_key="user", cookies=names)
