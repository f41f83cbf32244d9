"""The application: finds who asks, checks their permission, calls the handler in a transaction, answers errors."""

from __future__ import annotations

import pkgutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from urllib.parse import urlsplit

import bottle  # type: ignore[import-untyped]

from .access import ADMIN, NOBODY, Attempts, Identity, add_user, authenticated
from .answers import JSON_UTF8, Answer, Raw, Refusal, forbidden
from .documented import documented
from .metrics import count_stored
from .routing import Call, Route, Routes
from .settings import Settings
from .store import EVERYWHERE, Store, instant

__all__ = ["Application"]

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "deny",
    "X-Xss-Protection": "1; mode=block",
}
_UNAUTHORIZED = Answer(401, {"message": "Unauthorized"}, JSON_UTF8)
_NO_PAGE = Answer(
    404, Raw("<!DOCTYPE html>\n<html><head><title>stand-in</title></head></html>\n"), "text/html; charset=UTF-8"
)
_WITHOUT_PREFIX = ("/api/health", "/healthz", "/metrics")
_NOT_FOUND = Answer(404, {"message": "Not found"}, JSON_UTF8)


class Application:
    """A WSGI application; `requests` counts by (method, path without query), `at_once` is the most at the same time."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.attempts = Attempts()
        self.requests: Counter[tuple[str, str]] = Counter()
        self.at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        self._bottle = bottle.Bottle()
        for route in _all_routes():
            self._bottle.route(route.path, route.method, self._callback(route))
        self._bottle.default_error_handler = self._error
        with store.transaction():
            _first_start(settings, store)
            count_stored(store)

    def __call__(self, environ: dict[str, object], start_response: Callable[..., object]) -> object:
        path = urlsplit(str(environ["PATH_INFO"])).path
        with self._lock:
            self.requests[str(environ["REQUEST_METHOD"]), path] += 1
            self._now += 1
            self.at_once = max(self.at_once, self._now)
        if (prefix := _sub_path(self.settings)) and path not in _WITHOUT_PREFIX:
            if not f"{path}/".startswith(f"{prefix}/"):
                return _redirected(f"{self.settings.get('server', 'root_url').rstrip('/')}{path}", start_response)
            path = path[len(prefix) :] or "/"
            environ["PATH_INFO"] = path
        if path.endswith("/") and path != "/" and not path.endswith("//"):
            environ["PATH_INFO"] = path[:-1]
        try:
            return self._bottle(environ, start_response)
        finally:
            with self._lock:
                self._now -= 1

    def _callback(self, route: Route) -> Callable[..., bytes]:
        def callback(**args: str) -> bytes:
            try:
                with self.store.transaction():
                    answer = self._answer(route, args)
            except Refusal as refusal:
                answer = refusal.answer
            return _sent(answer)

        return callback

    def _answer(self, route: Route, args: dict[str, str]) -> Answer:
        who = self._who() if route.credentials else NOBODY
        if route.signed_in and not who.signed_in:
            return _UNAUTHORIZED
        if route.needs and not route.needs.met_by(who):
            raise forbidden(route.needs.permission)
        request = bottle.request
        call = Call(
            settings=self.settings,
            store=self.store,
            who=who,
            args=args,
            query=dict(request.query.decode().items()),
            queries={name: request.query.decode().getall(name) for name in request.query},
            headers=request.headers,
            body=request.body.read(),
            remote=request.remote_addr or "",
        )
        answer = route.handler(call)
        return answer if isinstance(answer, Answer) else Answer(200, answer)

    def _who(self) -> Identity:
        headers = bottle.request.headers
        who = authenticated(
            self.store, headers.get("Authorization", ""), headers.get("X-Grafana-Org-Id", ""), self.attempts
        )
        if who is NOBODY and self.settings.flag("auth.anonymous", "enabled"):
            return Identity(role=self.settings.get("auth.anonymous", "org_role"))
        return who

    def _error(self, error: bottle.HTTPError) -> bytes:
        if error.status_code not in {404, 405}:
            return _sent(Answer(error.status_code, {"message": "Internal Server Error", "traceID": ""}))
        if not bottle.request.path.startswith("/api"):
            return _sent(_NO_PAGE)
        try:
            with self.store.transaction():
                known = self._who().signed_in
        except Refusal as refusal:
            return _sent(refusal.answer)
        return _sent(_NOT_FOUND if known else _UNAUTHORIZED)


@documented(
    "with serve_from_sub_path, what is asked without the path of root_url is redirected, health and metrics apart"
)
def _sub_path(settings: Settings) -> str:
    on = settings.flag("server", "serve_from_sub_path")
    return urlsplit(settings.get("server", "root_url")).path.rstrip("/") if on else ""


def _redirected(url: str, start_response: Callable[..., object]) -> list[bytes]:
    start_response("301 Moved Permanently", [("Location", url), ("Content-Length", "0")])
    return []


def _all_routes() -> Iterator[Route]:
    """Yield the routes of every module of this package that has `routes`."""
    package = import_module(f"{__name__.rpartition('.')[0]}")
    for found in pkgutil.iter_modules(package.__path__):
        if found.name != "__main__":
            routes = getattr(import_module(f"{package.__name__}.{found.name}"), "routes", None)
            yield from routes.all if isinstance(routes, Routes) else ()


def _sent(answer: Answer) -> bytes:
    response = bottle.response
    response.status = answer.status
    for name, value in {**_HEADERS, "Content-Type": answer.content_type, **answer.headers}.items():
        response.set_header(name, value)
    return b"" if answer.status == 204 else answer.encoded()


def _first_start(settings: Settings, store: Store) -> None:
    """Make the first organisation and the administrator, whose password is read from the settings this once."""
    if store.all(EVERYWHERE, "org"):
        return
    number = store.next_id("org")
    store.put(
        EVERYWHERE, "org", str(number), {"id": number, "name": "Main Org.", "created": instant()}, name="Main Org."
    )
    login = settings.get("security", "admin_user") or "admin"
    user = {"login": login, "email": f"{login}@localhost", "isAdmin": True, "orgs": {str(number): ADMIN}}
    add_user(store, user, settings.get("security", "admin_password") or "admin")
