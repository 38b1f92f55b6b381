import functools

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from werkzeug.security import check_password_hash, generate_password_hash

from flaskr.db import get_db

bp = Blueprint("auth", __name__, url_prefix="/auth")


@bp.before_app_request
def load_logged_in_user():
    user_id = session.get("user_id")
    find = "SELECT * FROM user WHERE id = ?"
    g.user = None if user_id is None else get_db().execute(find, (user_id,)).fetchone()


def login_required(view):
    @functools.wraps(view)
    def wrapped_view(**kwargs):
        return redirect(url_for("auth.login")) if g.user is None else view(**kwargs)

    return wrapped_view


@bp.route("/register", methods=("GET", "POST"))
def register():
    if request.method == "POST":
        hashed = generate_password_hash(request.form["password"])
        add = "INSERT INTO user (username, password) VALUES (?, ?)"
        get_db().execute(add, (request.form["username"], hashed))
        get_db().commit()
        return redirect(url_for("auth.login"))
    return render_template("auth/form.html", title="Register")


@bp.route("/login", methods=("GET", "POST"))
def login():
    if request.method == "POST":
        find = "SELECT * FROM user WHERE username = ?"
        user = get_db().execute(find, (request.form["username"],)).fetchone()
        if user and check_password_hash(user["password"], request.form["password"]):
            session.clear()
            session["user_id"] = user["id"]
            return redirect(url_for("index"))
        flash("Incorrect.")
    return render_template("auth/form.html", title="Log In")


@bp.route("/logout")
def logout():
    session.clear()
    return redirect(url_for("index"))
