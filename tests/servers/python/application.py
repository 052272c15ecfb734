"""The smallest applications: `wsgi` for gunicorn, `asgi` for uvicorn.

Both read the request's body, as applications do. gunicorn's threads take a body that comes after the answer for the
beginning of the next request, wait for the rest of that, and then no idle timeout closes the connection.
"""


def wsgi(environment, start_response):
    environment["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"pong"]


async def asgi(scope, receive, send):
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"pong"})
