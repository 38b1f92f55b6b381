from flask import Blueprint, render_template

from flaskr.auth import login_required

bp = Blueprint("blog", __name__)


@bp.route("/")
def index():
    return render_template("base.html")


@bp.route("/create")
@login_required
def create():
    return "What do you want to write?"
