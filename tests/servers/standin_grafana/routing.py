"""How modules say which function answers what, and what such a function gets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .access import Identity, Need
from .answers import Refusal, forbidden
from .documented import seen
from .settings import Settings
from .store import Store

__all__ = ["Call", "Handler", "Route", "Routes"]


@dataclass(frozen=True)
class Call:
    """One request: who asks what, and what it is answered from."""

    settings: Settings
    store: Store
    who: Identity
    args: Mapping[str, str]
    query: Mapping[str, str]
    queries: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    remote: str = ""

    @property
    def org(self) -> int:
        """The organisation that the request is about."""
        return self.who.org

    def text(self) -> bytes:
        """Return the body of a JSON request; anything else is refused as Grafana refuses it."""
        if self.headers.get("Content-Type", "").split(";")[0].strip() != "application/json":
            raise Refusal(400, "bad request data", traceID="")
        return self.body

    def value(self) -> Any:
        """Return the body as JSON of any kind, or {} when it is empty."""
        try:
            return _whole(json.loads(self.text() or b"{}"))
        except ValueError:
            raise Refusal(400, "bad request data", traceID="") from None

    def json(self, **types: type) -> dict[str, Any]:
        """Return the body as an object, in which the named fields have the given types where they are given."""
        value = self.value()
        if not isinstance(value, dict) or any(
            not isinstance(value.get(name), (kind, type(None))) for name, kind in types.items()
        ):
            raise Refusal(400, "bad request data", traceID="")
        return value

    def number(self, name: str, default: int) -> int:
        """Return a number of the query; what is none counts as 0, as in Grafana."""
        text = self.query.get(name, str(default))
        return int(text) if text.lstrip("-").isdigit() else 0

    def forbid(self, permission: str) -> Refusal:
        """Return the refusal for one who lacks this permission."""
        return forbidden(permission)


@seen("half of a character, a lone surrogate, is stored as U+FFFD")
def _whole(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


Handler = Callable[[Call], object]


@dataclass(frozen=True)
class Route:
    """A path, as bottle writes it, and what answers there."""

    method: str
    path: str
    handler: Handler
    needs: Need | None
    signed_in: bool
    credentials: bool


Decorator = Callable[[Handler], Handler]


class Routes:
    """The routes of one module."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def add(
        self, method: str, path: str, *, needs: Need | None = None, signed_in: bool = True, credentials: bool = True
    ) -> Decorator:
        """Say that a function answers this.

        With `signed_in=False` one without credentials is not sent away with 401; with `credentials=False` those that
        come are not looked at.
        """

        def note(handler: Handler) -> Handler:
            self.all.append(Route(method, path, handler, needs, signed_in, credentials))
            return handler

        return note

    def get(
        self, path: str, *, needs: Need | None = None, signed_in: bool = True, credentials: bool = True
    ) -> Decorator:
        """Say that a function answers GET."""
        return self.add("GET", path, needs=needs, signed_in=signed_in, credentials=credentials)

    def post(
        self, path: str, *, needs: Need | None = None, signed_in: bool = True, credentials: bool = True
    ) -> Decorator:
        """Say that a function answers POST."""
        return self.add("POST", path, needs=needs, signed_in=signed_in, credentials=credentials)

    def put(self, path: str, *, needs: Need | None = None) -> Decorator:
        """Say that a function answers PUT."""
        return self.add("PUT", path, needs=needs)

    def patch(self, path: str, *, needs: Need | None = None) -> Decorator:
        """Say that a function answers PATCH."""
        return self.add("PATCH", path, needs=needs)

    def delete(self, path: str, *, needs: Need | None = None) -> Decorator:
        """Say that a function answers DELETE."""
        return self.add("DELETE", path, needs=needs)
