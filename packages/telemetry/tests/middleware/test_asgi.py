from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, BackgroundTasks, FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Host, Mount, Route, WebSocketRoute
from starlette.testclient import TestClient

import vigil_telemetry as telemetry
from seen import Seen
from vigil_telemetry import context, runtime


async def home(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(telemetry.correlation_id()))


async def opaque(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("file")(scope, receive, send)


def starlette() -> Starlette:
    inner = Starlette(routes=[Route("/{name}/parts", home), Route("/", home)])
    return Starlette(
        routes=[
            Route("/", home),
            Route("/orders/{id:int}", home, methods=["GET", "POST"]),
            Route("/again/{id}", home),
            Mount("/admin/{tenant}", routes=[Route("/users/{user}", home), Mount("/deep", app=inner)]),
            Mount("/static", app=opaque),
        ]
    )


def fastapi() -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/orders")

    @router.get("/{number}")
    async def order(number: int) -> int:
        return number

    @router.get("/sync/{number}")
    def sync_order(number: int) -> str:
        return str(telemetry.correlation_id())

    app.include_router(router)
    app.include_router(router, prefix="/v2")
    below = FastAPI()

    @below.get("/things/{thing}")
    async def thing(thing: str) -> str:
        return thing

    app.mount("/below", below)
    app.mount("/star", starlette())
    return app


def client(app: Any) -> TestClient:
    return TestClient(telemetry.asgi(app), raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("make", "path", "route"),
    [
        (starlette, "/", "/"),
        (starlette, "/orders/7", "/orders/{id}"),
        (starlette, "/again/7", "/again/{id}"),
        (starlette, "/admin/a/users/b", "/admin/{tenant}/users/{user}"),
        (starlette, "/admin/a/deep/b/parts", "/admin/{tenant}/deep/{name}/parts"),
        (starlette, "/static/a.css", "/static/{path}"),
        (starlette, "/orders/seven", None),
        (starlette, "/admin/a/nothing", None),
        (fastapi, "/orders/7", "/orders/{number}"),
        (fastapi, "/v2/orders/7", "/v2/orders/{number}"),
        (fastapi, "/below/things/a", "/below/things/{thing}"),
        (fastapi, "/star/admin/a/deep/b/parts", "/star/admin/{tenant}/deep/{name}/parts"),
        (fastapi, "/star/again/1", "/star/again/{id}"),
        (fastapi, "/below/nothing", None),
        (fastapi, "/nothing", None),
    ],
)
def test_a_route_is_its_template_with_those_of_mounts(
    seen: Seen, make: Callable[[], Any], path: str, route: str | None
) -> None:
    client(make()).get(path)
    assert [one.route for one in seen.requests] == [route]
    assert [span.route for span in seen.spans] == [route]


@pytest.mark.parametrize(
    ("method", "path", "foreseen"),
    [
        ("GET", "/", "/"),
        ("POST", "/orders/7", "/orders/{id}"),
        ("DELETE", "/orders/7", None),
        ("GET", "/orders/seven", None),
        ("GET", "/admin/a/users/b", "/admin/{tenant}/users/{user}"),
        ("GET", "/admin/a/deep/b/parts", "/admin/{tenant}/deep/{name}/parts"),
        ("GET", "/admin/a/nothing", None),
        ("GET", "/static/a.css", "/static/{path}"),
        ("GET", "/nothing", None),
    ],
)
def test_where_sampling_is_by_operation_the_route_is_known_when_the_span_begins(
    seen: Seen, method: str, path: str, foreseen: str | None
) -> None:
    client(starlette()).request(method, path)
    assert seen.foreseen == [foreseen]


@pytest.mark.parametrize(
    ("path", "foreseen"),
    [
        ("/orders/7", "/orders/{number}"),
        ("/orders/sync/7", "/orders/sync/{number}"),
        ("/v2/orders/7", "/v2/orders/{number}"),
        ("/below/things/a", "/below/things/{thing}"),
        ("/star/admin/a/deep/b/parts", "/star/admin/{tenant}/deep/{name}/parts"),
        ("/below/nothing", None),
        ("/v2/orders", None),
    ],
)
def test_routes_of_included_routers_and_mounted_applications_are_known_when_the_span_begins(
    seen: Seen, path: str, foreseen: str | None
) -> None:
    client(fastapi()).get(path)
    assert seen.foreseen == [foreseen]


def test_behind_a_prefix_of_the_proxy_the_route_is_known_when_the_span_begins(seen: Seen) -> None:
    app = telemetry.asgi(starlette())
    with TestClient(app, root_path="/shop") as web:
        web.get("/shop/orders/7")
    assert seen.foreseen == [seen.requests[0].route] == ["/orders/{id}"]


def test_routes_of_websockets_are_foreseen_and_none_where_hosts_decide(seen: Seen) -> None:
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    routes = [Route("/talk", home), WebSocketRoute("/talk", talk), Host("api.shop", starlette()), Route("/late", home)]
    web = client(Starlette(routes=routes))
    with web.websocket_connect("/talk"):
        pass
    web.get("/talk")
    web.get("/late")
    assert seen.foreseen == ["/talk", "/talk", None]


def test_where_sampling_is_not_by_operation_no_route_is_asked(seen: Seen) -> None:
    seen.by_operation = False
    client(starlette()).get("/orders/7")
    assert (seen.foreseen, seen.spans[0].route) == ([None], "/orders/{id}")


def test_routes_below_middleware_and_wrapped_by_hand_are_found(seen: Seen) -> None:
    client(CORSMiddleware(starlette(), allow_origins=["*"])).get("/orders/7")
    assert seen.series == {("GET", "/orders/{id}", 200)}


def test_routes_added_after_the_first_request_are_found(seen: Seen) -> None:
    app = telemetry.asgi(starlette())
    with TestClient(app) as web:
        web.get("/orders/7")
        app.router.routes.append(Route("/late/{id}", lambda request: PlainTextResponse("late")))
        web.get("/late/1")
    assert [one.route for one in seen.requests] == ["/orders/{id}", "/late/{id}"]


def test_scanners_add_no_series(seen: Seen) -> None:
    async def scan(app: Any) -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as web:
            for number in range(10_000):
                await web.get(f"/wp-admin/{number}.php")

    asyncio.run(scan(telemetry.asgi(starlette())))
    assert seen.series == {("GET", None, 404)}


def test_a_route_can_be_set_where_the_framework_is_unknown(seen: Seen) -> None:
    async def other(scope: Any, receive: Any, send: Any) -> None:
        telemetry.set_route("/things/{id}")
        await opaque(scope, receive, send)

    client(other).get("/things/1")
    assert seen.series == {("GET", "/things/{id}", 200)}


def test_an_instance_of_a_framework_stays_what_it_is(seen: Seen) -> None:
    app = FastAPI()
    assert telemetry.asgi(app) is app

    @app.get("/after")
    async def after() -> str:
        return "after"

    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    TestClient(app).get("/after")
    assert seen.series == {("GET", "/after", 200)}


def test_a_request_is_seen_once_however_often_it_is_wrapped(seen: Seen) -> None:
    inner = telemetry.asgi(Starlette(routes=[Route("/x", home)]))
    client(Starlette(routes=[Mount("/in", app=inner)])).get("/in/x")
    assert seen.series == {("GET", "/in/x", 200)}
    assert len(seen.requests) == len(seen.spans) == 1


def test_an_answer_is_measured_to_its_last_byte_and_not_to_the_end_of_its_background_tasks(seen: Seen) -> None:
    measured: list[int] = []

    async def parts() -> AsyncIterator[bytes]:
        for _number in range(3):
            await asyncio.sleep(0.05)
            yield b"x"

    async def stream(request: Request) -> StreamingResponse:
        tasks = BackgroundTasks()
        tasks.add_task(later)
        return StreamingResponse(parts(), background=tasks)

    async def later() -> None:
        measured.append(len(seen.requests))
        await asyncio.sleep(0.5)

    client(Starlette(routes=[Route("/stream", stream)])).get("/stream")
    assert measured == [1]
    assert seen.requests[0].seconds >= 0.15
    assert seen.spans[0].ended


def test_an_exception_is_a_500_recorded_and_reported_once(seen: Seen) -> None:
    async def broken(request: Request) -> None:
        raise LookupError("gone")

    answer = client(Starlette(routes=[Route("/broken/{id}", broken)])).get("/broken/1")
    assert seen.series == {("GET", "/broken/{id}", 500)}
    assert [type(error) for error in seen.errors] == [LookupError]
    assert [type(error) for error in seen.spans[0].errors] == [LookupError]
    assert answer.headers["x-request-id"]


def test_an_exception_in_the_middle_of_an_answer_is_a_500(seen: Seen) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"x"
        raise LookupError("gone")

    async def stream(request: Request) -> StreamingResponse:
        return StreamingResponse(parts())

    with pytest.raises(BaseException):  # noqa: B017, PT011 - older releases raise a group
        TestClient(telemetry.asgi(Starlette(routes=[Route("/s", stream)]))).get("/s")
    assert seen.series == {("GET", "/s", 500)}


def test_a_cancelled_request_is_counted(seen: Seen) -> None:
    async def cancelled() -> None:
        begun = asyncio.Event()

        async def slow(request: Request) -> None:
            begun.set()
            await asyncio.sleep(600)

        app = telemetry.asgi(Starlette(routes=[Route("/slow/{id}", slow)]))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as web:
            task = asyncio.ensure_future(web.get("/slow/1"))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancelled())
    assert seen.series == {("GET", "/slow/{id}", 499)}


def test_a_client_that_left_before_the_answer_is_counted(seen: Seen) -> None:
    async def left(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.disconnect"

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    asyncio.run(telemetry.asgi(left)(scope, receive, None))
    assert seen.series == {("GET", None, 499)}


@pytest.mark.parametrize("accepts", [True, False])
def test_a_websocket_is_measured_to_its_end(seen: Seen, accepts: bool) -> None:
    async def talk(websocket: WebSocket) -> None:
        if not accepts:
            await websocket.close()
            return
        await websocket.accept()
        await asyncio.sleep(0.2)
        await websocket.send_text("hello")
        await websocket.close()

    web = client(Starlette(routes=[WebSocketRoute("/talk/{room}", talk)]))
    if accepts:
        with web.websocket_connect("/talk/1", headers={"X-Request-ID": "abc"}) as websocket:
            assert websocket.receive_text() == "hello"
        assert seen.requests[0].seconds >= 0.2
    else:
        with pytest.raises(Exception), web.websocket_connect("/talk/1"):  # noqa: B017, PT011
            pass
    assert seen.series == {("WEBSOCKET", "/talk/{room}", 101 if accepts else 403)}


@pytest.mark.parametrize(
    ("sent", "returned"),
    [
        ({"X-Request-ID": "order-1"}, "order-1"),
        ({"traceparent": f"00-{'ab' * 16}-{'12' * 8}-01"}, "ab" * 16),
        ({"X-Request-ID": "order-1", "traceparent": f"00-{'ab' * 16}-{'12' * 8}-01"}, "order-1"),
        ({"X-Request-ID": '"} {"level":"error"', "traceparent": f"00-{'ab' * 16}-{'12' * 8}-01"}, "ab" * 16),
    ],
)
def test_the_correlation_id_is_that_of_the_request_and_returned(
    seen: Seen, sent: dict[str, str], returned: str
) -> None:
    answer = client(starlette()).get("/", headers=sent)
    assert (answer.text, answer.headers.get_list("x-request-id")) == (returned, [returned])


@pytest.mark.parametrize("hostile", ["a b", "a\tb", "x" * 129, "-rf", "\xe9", 'a"b', "00-" + "0" * 32, ""])
def test_a_hostile_request_id_is_replaced(seen: Seen, hostile: str) -> None:
    answer = client(starlette()).get("/", headers={b"X-Request-ID": hostile.encode("latin-1")})
    accepted = hostile if hostile.startswith("00-") else None
    assert answer.text == answer.headers["x-request-id"]
    assert (answer.text == hostile) == (accepted is not None)


def test_concurrent_requests_have_their_own_ids_in_tasks_threads_executors_and_sync_handlers(seen: Seen) -> None:
    found: dict[str, set[str | None]] = {}

    class Worker(threading.Thread):
        def __init__(self, ids: set[str | None]) -> None:
            super().__init__()
            self.ids = ids

        def run(self) -> None:
            self.ids.add(telemetry.correlation_id())

    async def task(ids: set[str | None]) -> None:
        await asyncio.sleep(0.01)
        ids.add(telemetry.correlation_id())

    async def many(request: Request) -> PlainTextResponse:
        ids = found.setdefault(request.path_params["id"], set())
        worker = Worker(ids)
        worker.start()
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            asyncio.create_task(task(ids)),
            loop.run_in_executor(None, lambda: ids.add(telemetry.correlation_id())),
            loop.run_in_executor(None, worker.join),
        )
        return PlainTextResponse("")

    def sync(request: Request) -> PlainTextResponse:
        time.sleep(0.001)
        found.setdefault(request.path_params["id"], set()).add(telemetry.correlation_id())
        return PlainTextResponse("")

    app = telemetry.asgi(Starlette(routes=[Route("/many/{id}", many), Route("/sync/{id}", sync)]))

    async def all_at_once() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as web:
            paths = [f"/{kind}/{kind}-{number}" for number in range(100) for kind in ("many", "sync")]
            await asyncio.gather(*(web.get(path, headers={"X-Request-ID": path.split("/")[2]}) for path in paths))
            assert telemetry.correlation_id() is None

    asyncio.run(all_at_once())
    assert len(found) == 200
    assert {name: ids for name, ids in found.items() if ids != {name}} == {}
    assert telemetry.correlation_id() is None


def test_a_user_is_known_to_the_whole_request_and_not_to_the_next(seen: Seen) -> None:
    users: list[str | None] = []

    def sync(request: Request) -> PlainTextResponse:
        users.append(context.ids()[1])
        telemetry.set_user("ada")
        thread = threading.Thread(target=lambda: users.append(context.ids()[1]))
        thread.start()
        thread.join()
        return PlainTextResponse("")

    web = client(Starlette(routes=[Route("/", sync)]))
    web.get("/")
    web.get("/")
    assert users == [None, "ada", None, "ada"]


def test_a_lifespan_passes_through_and_is_no_request_and_its_end_is_not_that_of_telemetry(seen: Seen) -> None:
    with client(FastAPI()):
        pass
    assert seen.requests == []
    assert runtime.running() is not None


def test_an_application_goes_on_when_telemetry_was_stopped(seen: Seen) -> None:
    web = client(starlette())
    telemetry.stop()
    assert web.get("/").text == "None"


def test_wrapping_before_start_is_refused() -> None:
    with pytest.raises(telemetry.TelemetryError, match=r"call start\(\) before asgi\(\)"):
        telemetry.asgi(opaque)
