from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, Response, abort, stream_with_context
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

import vigil_telemetry as telemetry
from seen import Seen
from vigil_telemetry import context


def shop() -> Flask:
    app = Flask(__name__)

    @app.route("/orders/<int:number>")
    def order(number: int) -> str:
        return str(telemetry.correlation_id())

    @app.route("/stream")
    def stream() -> Response:
        def parts() -> Iterator[str]:
            for _number in range(3):
                yield str(telemetry.correlation_id()) + "\n"

        return Response(stream_with_context(parts()))

    @app.route("/broken")
    def broken() -> str:
        raise LookupError("gone")

    @app.route("/refused")
    def refused() -> str:
        abort(403)

    return app


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("/orders/7", ("GET", "/orders/<int:number>", 200)),
        ("/orders/x", ("GET", None, 404)),
        ("/refused", ("GET", "/refused", 403)),
    ],
)
def test_a_route_of_flask_is_its_rule(seen: Seen, path: str, labels: tuple[str, str | None, int]) -> None:
    app = shop()
    assert telemetry.wsgi(app) is app
    app.test_client().get(path, buffered=True)
    assert seen.series == {labels}
    assert seen.spans[0].ended
    assert seen.foreseen == [labels[1]]


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("/shop/orders/7", ("GET", "/shop/orders/<int:number>", 200)),
        ("/orders/7", ("GET", "/orders/<int:number>", 200)),
        ("/other/1", ("GET", None, 404)),
    ],
)
def test_a_mounted_flask_has_its_mount_in_the_route(seen: Seen, path: str, labels: tuple[str, str | None, int]) -> None:
    Client(telemetry.wsgi(DispatcherMiddleware(shop(), {"/shop": shop()}))).get(path, buffered=True)
    assert seen.series == {labels}
    assert len(seen.requests) == len(seen.spans) == 1
    assert seen.foreseen == [None]


def test_scanners_add_no_series(seen: Seen) -> None:
    web = telemetry.wsgi(shop()).test_client()
    for number in range(1_000):  # test_whole.py sends ten times as many to the whole library
        web.get(f"/wp-admin/{number}.php", buffered=True)
    assert seen.series == {("GET", None, 404)}


def test_what_flask_answers_with_500_is_on_the_span_and_left_to_its_own_log(seen: Seen) -> None:
    answer = telemetry.wsgi(shop()).test_client().get("/broken", buffered=True)
    assert seen.series == {("GET", "/broken", 500)}
    assert [type(error) for error in seen.spans[0].errors] == [LookupError]
    assert seen.errors == []
    assert answer.headers["X-Request-ID"]


def test_a_stream_is_measured_until_it_is_closed_and_has_its_id_throughout(seen: Seen) -> None:
    app = telemetry.wsgi(shop())
    environ = EnvironBuilder("/stream", headers=[("X-Request-ID", "abc")]).get_environ()
    parts, _status, headers = run_wsgi_app(app.wsgi_app, environ)
    assert next(iter(parts)) == b"abc\n"
    assert headers["X-Request-ID"] == "abc"
    assert (seen.requests, telemetry.correlation_id()) == ([], None)
    assert list(parts) == [b"abc\n", b"abc\n"]
    parts.close()  # type: ignore[attr-defined]
    assert seen.series == {("GET", "/stream", 200)}


def raising(environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
    raise LookupError("gone")


def raising_midway(environ: Any, start_response: Callable[..., Any]) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield b"x"
    raise LookupError("gone")


class RaisingAtClose:
    def __init__(self, _environ: Any, start_response: Callable[..., Any]) -> None:
        start_response("200 OK", [])

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"x"])

    def close(self) -> None:
        raise LookupError("gone")


@pytest.mark.parametrize("application", [raising, raising_midway, RaisingAtClose])
def test_an_exception_is_a_500_reported_once(seen: Seen, application: Any) -> None:
    wrapped = telemetry.wsgi(application)
    with pytest.raises(LookupError):
        answer: Any = wrapped(EnvironBuilder("/").get_environ(), lambda *_: None)
        try:
            list(answer)
        finally:
            answer.close()
    assert seen.series == {("GET", None, 500)}
    assert len(seen.errors) == len(seen.spans[0].errors) == 1
    assert telemetry.correlation_id() is None


def test_an_exception_that_flask_propagates_has_its_route(seen: Seen) -> None:
    app = telemetry.wsgi(shop())
    app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(LookupError):
        app.test_client().get("/broken", buffered=True)
    assert seen.series == {("GET", "/broken", 500)}
    assert len(seen.errors) == len(seen.spans[0].errors) == 1


def test_a_client_that_left_before_the_answer_is_counted(seen: Seen) -> None:
    empty: Any = lambda environ, start_response: iter(())  # noqa: E731
    answer = telemetry.wsgi(empty)(EnvironBuilder("/").get_environ(), None)
    answer.close()
    answer.close()
    assert seen.series == {("GET", None, 499)}


def test_requests_at_once_have_their_own_ids_in_threads_and_shared_executors(seen: Seen) -> None:
    pool = ThreadPoolExecutor(4)

    def application(environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [])
        telemetry.set_user(environ["HTTP_X_REQUEST_ID"])
        found = [pool.submit(context.correlation).result(), pool.submit(context.ids).result()[1]]
        return [f"{found[0]} {found[1]}".encode()]

    wrapped = telemetry.wsgi(application)
    answers: dict[str, bytes] = {}

    def ask(name: str) -> None:
        environ = EnvironBuilder("/", headers=[("X-Request-ID", name)]).get_environ()
        answers[name] = b"".join(run_wsgi_app(wrapped, environ, buffered=True)[0])

    threads = [threading.Thread(target=ask, args=(f"id-{number}",)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {name: f"{name} {name}".encode() for name in (f"id-{number}" for number in range(200))}
    assert pool.submit(context.correlation).result() is None
    pool.shutdown()
