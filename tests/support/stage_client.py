"""A client of the SDK whose requests go to a whole API in this process."""

import httpx

from heddle.testing.api import ApiStage
from heddle_sdk import Client


def client_of(stage: ApiStage, *, tenant: str = "acme", roles: tuple[str, ...] = ("admin",)) -> Client:
    """Return a client that logs in as a user of this tenant."""
    name = f"someone-of-{tenant}"
    stage.user(name, tenant=tenant, roles=roles)

    def send(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/api")
        body = request.content.decode() or None
        answer = stage.send(request.method, path, headers=dict(request.headers), body=body)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body.encode())

    http = httpx.Client(transport=httpx.MockTransport(send))
    return Client("http://heddle.test/api", user=name, password=f"password of {name}", http=http)
