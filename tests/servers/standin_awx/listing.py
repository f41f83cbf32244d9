"""Lists: filters, order, pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

__all__ = ["QueryError", "chosen", "paged"]

_PAGE, _LONGEST_PAGE = 25, 200
_NOT_FILTERS = ("page", "page_size", "order_by")
_BY: Mapping[str, Callable[[dict[str, Any]], list[Any]]] = {
    "labels__name": lambda shown: [one["name"] for one in shown["summary_fields"]["labels"]["results"]],
}


class QueryError(Exception):
    """A query that is refused."""


def chosen(entries: Iterable[dict[str, Any]], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the entries that all filters want and one of those with `or__`, in order. Raises QueryError."""
    either = {name[4:]: value for name, value in query.items() if name.startswith("or__")}
    every = {name: value for name, value in query.items() if name not in _NOT_FILTERS and not name.startswith("or__")}
    found = [
        one
        for one in entries
        if all(_matches(one, *wanted) for wanted in every.items())
        and (not either or any(_matches(one, *wanted) for wanted in either.items()))
    ]
    order = query.get("order_by", "id")
    return sorted(found, key=lambda one: one[order.lstrip("-")], reverse=order.startswith("-"))


def _matches(shown: dict[str, Any], name: str, value: str) -> bool:
    if name == "id__gt":
        return bool(shown["id"] > int(value))
    if name in _BY and "summary_fields" in shown:
        return value in _BY[name](shown)
    if name not in shown:
        raise QueryError(f"There is no field {name!r} in {shown['type']}.")
    return str(shown[name]) == value


def paged(path: str, query: Mapping[str, str], found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return a page of a list, with where the pages beside it are; None where there is none."""
    size, page = min(int(query.get("page_size", _PAGE)), _LONGEST_PAGE), int(query.get("page", 1))
    begin, end = (page - 1) * size, page * size
    if begin < 0 or (begin >= len(found) and page > 1):
        return None

    def at(number: int) -> str:
        return f"{path}?{urlencode({**query, 'page': number})}"

    return {
        "count": len(found),
        "next": at(page + 1) if end < len(found) else None,
        "previous": at(page - 1) if page > 1 else None,
        "results": found[begin:end],
    }
