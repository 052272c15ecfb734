"""The smallest applications: `wsgi` for gunicorn, `asgi` for uvicorn."""


def wsgi(environment, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"pong"]


async def asgi(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"pong"})
