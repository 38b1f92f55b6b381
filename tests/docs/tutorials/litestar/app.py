"""An app like that of Litestar's page about sessions, with a login; in our words."""

from litestar import Litestar, Request, delete, get, post
from litestar.exceptions import NotAuthorizedException
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.params import JSONBody

session_config = ServerSideSessionConfig()

PASSWORDS = {"ada": "difference engine"}


@get("/session")
async def check_session_handler(request: Request) -> dict[str, str]:
    if not request.session:
        raise NotAuthorizedException
    return {"username": request.session["username"]}


@post("/session")
async def create_session_handler(request: Request, data: JSONBody[dict[str, str]]) -> None:
    if PASSWORDS.get(data["username"]) != data["password"]:
        raise NotAuthorizedException
    request.set_session({"username": data["username"]})


@delete("/session")
async def delete_session_handler(request: Request) -> None:
    request.clear_session()


app = Litestar(
    route_handlers=[check_session_handler, create_session_handler, delete_session_handler],
    middleware=[session_config.middleware],
)
