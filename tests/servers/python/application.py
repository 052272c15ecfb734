"""The smallest applications: `wsgi` for gunicorn, `asgi` for uvicorn. A path with `report` in it takes a while.

Both read the request's body, as applications do. gunicorn's threads take a body that comes after the answer for the
beginning of the next request, wait for the rest of that, and then no idle timeout closes the connection.
"""

import asyncio
import time

SLOW_S = 2.2


def wsgi(environment, start_response):
    environment["wsgi.input"].read()
    if "report" in environment["PATH_INFO"]:
        time.sleep(SLOW_S)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"pong"]


async def asgi(scope, receive, send):
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        if "report" in scope["path"]:
            await asyncio.sleep(SLOW_S)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"pong"})
