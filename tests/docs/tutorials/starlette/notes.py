"""The example of Starlette's page about its SessionMiddleware, with a login; in our words."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route

PASSWORDS = {"ada": "difference engine"}


async def home(request):
    if "user" not in request.session:
        return RedirectResponse("/login", 303)
    return PlainTextResponse(f"Hello, {request.session['user']}")


async def login(request):
    if request.method == "GET":
        return PlainTextResponse("Log in with a form of name and password.")
    async with request.form() as form:
        if PASSWORDS.get(form["name"]) != form["password"]:
            return PlainTextResponse("Incorrect.", 403)
        request.session["user"] = form["name"]
    return RedirectResponse("/", 303)


async def logout(request):
    request.session.clear()
    return RedirectResponse("/login", 303)


routes = [
    Route("/", home),
    Route("/login", login, methods=["GET", "POST"]),
    Route("/logout", logout, methods=["POST"]),
]

middleware = [Middleware(SessionMiddleware, secret_key="dev")]

app = Starlette(routes=routes, middleware=middleware)
