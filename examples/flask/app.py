"""A small Flask app with a login of its own, whose people see and terminate their sessions.

    pip install 'signedin[flask,page-wsgi]' flask-login flask-wtf gunicorn
    gunicorn --chdir examples/flask --workers 2 --threads 4 app:app

Then http://127.0.0.1:8000 knows ada and bob, whose passwords are below.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, flash, redirect, render_template, request, url_for
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    login_required,
    login_user,
    logout_user,
)
from flask_wtf import CSRFProtect
from werkzeug.security import check_password_hash, generate_password_hash

from signedin.core.cookie import CookieNames
from signedin.flask import SignedIn
from signedin.web.mounted import Person


class User(UserMixin):
    """Somebody who may log in."""

    def __init__(self, name: str, full_name: str, password: str) -> None:
        self.id = name
        self.full_name = full_name
        self.password_hash = generate_password_hash(password)


PEOPLE = {
    "ada": User("ada", "Ada Lovelace", "difference engine"),
    "bob": User("bob", "Bob Example", "correct horse"),
}

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", "only for trying it out")
app.config["SIGNEDIN_DATABASE"] = os.environ.get("DATABASE", "sqlite:///sessions.db")
csrf = CSRFProtect(app)
login_manager = LoginManager(app)
login_manager.login_view = "log_in"
login_manager.user_loader(PEOPLE.get)


def person(user_id: str) -> Person | None:
    """Who a user id is, for the pages."""
    user = PEOPLE.get(user_id)
    return None if user is None else Person(user.full_name)


# These are the lines that signedin takes. Over https leave `cookies` out.
signedin = SignedIn(app, cookies=CookieNames.on_loopback(8000))
pages = signedin.pages(site="Acme", login_url="/log-in", person=person)
csrf.exempt(pages)  # they have a protection of their own
app.register_blueprint(pages, url_prefix="/me")


@app.get("/")
@login_required
def home() -> str:
    return render_template("home.html", user=current_user)


@app.get("/settings")
@login_required
def settings() -> str:
    return render_template("settings.html", user=current_user)


@app.route("/log-in", methods=["GET", "POST"])
def log_in() -> Any:
    if request.method == "POST":
        user = PEOPLE.get(request.form["name"])
        if user and check_password_hash(user.password_hash, request.form["password"]):
            login_user(user, remember="keep" in request.form)
            return redirect(own_address(request.args.get("next")))
        flash("Name and password don’t match.")
    return render_template("log_in.html")


@app.post("/log-out")
def log_out() -> Any:
    logout_user()
    return redirect(url_for("log_in"))


def own_address(address: str | None) -> str:
    """Where to go on to after the login: only in this app."""
    if address and address.startswith("/") and not address.startswith(("//", "/\\")):
        return address
    return url_for("home")
