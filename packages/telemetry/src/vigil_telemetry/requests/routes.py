"""Templates of routes, such as `/orders/{id}`, from what Starlette, FastAPI and Flask leave behind after routing.

A request gives no text to a template: it is looked up among the routes of the application, those of mounted ones too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

__all__ = ["RouteTemplates", "flask_ahead", "flask_template", "keep_rule"]

_RULE = "vigil_telemetry.rule"

_PARAMETER = re.compile(r"\{[^{}:]*(:path)?[^{}]*\}")
_MOST_UNKNOWN = 1000


@dataclass(frozen=True)
class _Template:
    """Where a route is: `route` keeps the object by whose identity it is found."""

    route: object
    text: str | None

    def matches(self, path: str) -> bool:
        parts: list[str] = []
        end = 0
        for found in _PARAMETER.finditer(self.text or ""):
            parts += [re.escape((self.text or "")[end : found.start()]), ".*" if found[1] else "[^/]+"]
            end = found.end()
        return bool(re.fullmatch("".join(parts) + re.escape((self.text or "")[end:]), path))


class RouteTemplates:
    """The templates of one application, which is asked for its routes when one is met for the first time."""

    def __init__(self) -> None:
        self._known: dict[int, list[_Template]] = {}

    def of(self, scope: Mapping[str, Any], root_path: str) -> str | None:
        """Return the template that this scope was routed to, or None when no route matched.

        `scope` is that of a finished or routed request, `root_path` the one that it had at first.
        """
        for key in ("route", "endpoint"):
            if (reached := scope.get(key)) is not None:
                found = _of_path(self._look_up(reached, scope), scope["path"], root_path)
                if found is not None:
                    return found
        return None

    def ahead(self, scope: Mapping[str, Any]) -> str | None:
        """Return the template that this scope is going to be routed to, or None when none is, or it cannot be told.

        It asks the routes one after the other, as the application will do again.
        """
        root_path = scope.get("root_path", "")
        path = scope["path"]
        if root_path and path.startswith(f"{root_path}/"):
            path = path[len(root_path) :]
        method = scope["method"] if scope["type"] == "http" else None
        return _ahead(getattr(scope.get("router") or scope.get("app"), "routes", ()), path, method)

    def _look_up(self, reached: object, scope: Mapping[str, Any]) -> list[_Template]:
        if id(reached) not in self._known:
            self._read(scope)
        if id(reached) not in self._known and len(self._known) < _MOST_UNKNOWN:
            self._known[id(reached)] = [_Template(reached, None)]
        return self._known.get(id(reached), [])

    def _read(self, scope: Mapping[str, Any]) -> None:
        outermost = scope.get("router") or scope.get("app")
        known: dict[int, list[_Template]] = {}
        for one in _templates(getattr(outermost, "routes", ()), ""):
            known.setdefault(id(one.route), []).append(one)
        self._known = {**self._known, **known}


def _of_path(found: list[_Template], path: str, root_path: str) -> str | None:
    """Return the one template, or among several of the same function or router that of this path."""
    if len(found) == 1:
        return found[0].text
    texts = {one.text for one in found} or {None}
    if len(texts) == 1:
        return texts.pop()
    paths = path, path.removeprefix(root_path)
    return next((one.text for one in found if one.text and any(map(one.matches, paths))), None)


def _ahead(routes: Iterable[Any], path: str, method: str | None) -> str | None:
    for route in _flat(routes):
        regex = getattr(route, "path_regex", None)
        if regex is None:
            return None  # it decides by something else, such as the host
        found = regex.match(path)
        if found and getattr(route, "endpoint", None) is None:
            inner = getattr(route, "routes", None)
            below = _ahead(inner, f"/{found['path']}", method) if inner else "/{path}"
            return f"{route.path}{below}" if below else None
        if found and _takes(route, method):
            return str(route.path_format)
    return None


def _takes(route: Any, method: str | None) -> bool:
    """Whether a route answers requests with this method; None is a websocket."""
    if not hasattr(getattr(route, "original_route", route), "methods"):
        return method is None
    return method is not None and (route.methods is None or method in route.methods)


def _templates(routes: Iterable[Any], prefix: str) -> Iterator[_Template]:
    for route in _flat(routes):
        path = prefix + (getattr(route, "path_format", None) or getattr(route, "path", None) or "")
        endpoint = getattr(route, "endpoint", None)
        if endpoint is not None:
            yield _Template(getattr(route, "original_route", route), path)
            yield _Template(endpoint, path)
        elif hasattr(route, "app"):
            yield from _mounted(route, prefix, path)


def _mounted(route: Any, prefix: str, path: str) -> Iterator[_Template]:
    """Yield what is below a mount or a host; an application without routes of its own is one template."""
    below = prefix + (getattr(route, "path", None) or "")
    inner = getattr(route, "routes", None)
    text = None if inner else path
    original = getattr(route, "original_route", route)
    yield from (_Template(one, text) for one in (original, route.app))
    yield from _templates(inner or (), below)


def _flat(routes: Iterable[Any]) -> Iterable[Any]:
    """Return routes with those of included routers in their place, which newer releases of FastAPI keep apart."""
    fastapi = sys.modules.get("fastapi.routing")
    contexts = getattr(fastapi, "iter_route_contexts", None)
    return contexts(routes) if contexts else routes


def keep_rule(environ: MutableMapping[str, Any]) -> None:
    """Keep the rule that Flask matched, as long as its request has it: from routing to the end of its own context."""
    if (rule := getattr(environ.get("werkzeug.request"), "url_rule", None)) is not None:
        environ[_RULE] = rule


def flask_ahead(application: Any, environ: Mapping[str, Any]) -> str | None:
    """Return the template of the rule that an instance of Flask is going to match, or None."""
    try:
        adapter = application.create_url_adapter(application.request_class(environ))
        return str(adapter.match(return_rule=True)[0].rule)
    except Exception:  # noqa: BLE001 - no rule, another method, a redirect, a host that is not trusted: not ours to answer
        return None


def flask_template(environ: Mapping[str, Any], script_name: str, mounts: Iterable[str]) -> str | None:
    """Return the template of the rule that Flask matched, with the mount of its application, or None.

    `script_name` is the one that the request had at first; `mounts` are the prefixes that the application has.
    """
    rule = environ.get(_RULE)
    if rule is None:
        return None
    prefix = str(environ.get("SCRIPT_NAME", ""))[len(script_name) :]
    return str(prefix + rule.rule) if not prefix or prefix in mounts else None
