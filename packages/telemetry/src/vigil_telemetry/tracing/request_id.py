"""The id of a request on the calls that are made for it, so that the next service logs the same one."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import TextMapPropagator, default_getter, default_setter

from ..context import correlation

__all__ = ["handed_on"]


class _RequestId(TextMapPropagator):
    def __init__(self, header: str) -> None:
        self._header = header

    def extract(self, carrier: Any, context: Context | None = None, getter: Any = default_getter) -> Context:  # noqa: ARG002
        """Leave it to the middleware, which checks what a client sends."""
        return Context() if context is None else context

    def inject(self, carrier: Any, context: Context | None = None, setter: Any = default_setter) -> None:  # noqa: ARG002
        """Add the header, unless the application has set it."""
        found = correlation()
        names = (
            {str(name).lower() for name in carrier} if isinstance(carrier, MutableMapping) else {self._header.lower()}
        )
        if found and self._header.lower() not in names:
            setter.set(carrier, self._header, found)

    @property
    def fields(self) -> set[str]:
        """Return the names of the headers that are added."""
        return {self._header}


def handed_on(header: str) -> Callable[[], None]:
    """Have instrumentations of HTTP clients add the id of the request as this header; return what ends that."""
    before = propagate.get_global_textmap()
    propagate.set_global_textmap(CompositePropagator([before, _RequestId(header)]))
    return lambda: propagate.set_global_textmap(before)
