"""An app in the style of FastAPI's tutorial, with a login that its session remembers."""

from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key="dev")

fake_users_db = {"ada": {"password": "difference engine"}}


@app.get("/items/")
async def read_items(request: Request):
    if "user" not in request.session:
        raise HTTPException(401)
    return {"owner": request.session["user"]}


@app.post("/login")
async def login(
    request: Request, username: Annotated[str, Form()], password: Annotated[str, Form()]
):
    user = fake_users_db.get(username)
    if user is None or user["password"] != password:
        raise HTTPException(400, "Incorrect username or password")
    request.session["user"] = username
    return RedirectResponse("/items/", 303)


@app.post("/logout")
async def logout(request: Request):
    request.session.clear()
    return RedirectResponse("/items/", 303)
