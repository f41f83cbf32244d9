"""An ended span while it waits to be sent: what leaves of it, without the objects that recorded it.

The SDK's span and what belongs to it are some twelve objects. When hundreds of them wait, the collector of garbage
looks at each again and again, which costs a request as much as the beginning of a span.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind
from opentelemetry.trace.status import Status

__all__ = ["EndedSpan", "ended"]


class EndedSpan(NamedTuple):
    """A span of which nothing changes any more; times in nanoseconds since 1970."""

    name: str
    context: SpanContext
    parent: SpanContext | None
    kind: SpanKind
    status: Status
    start_time: int | None
    end_time: int | None
    attributes: Mapping[str, Any]
    events: Sequence[Event]
    links: Sequence[Link]
    resource: Resource
    instrumentation_scope: InstrumentationScope | None


def ended(span: ReadableSpan, beside: Mapping[str, Any] | None = None) -> EndedSpan:
    """Return what leaves of a span of the SDK that has ended, with attributes beside its own, which count more."""
    attributes: Any = span.attributes or {}
    # What the SDK shows of a span takes its items one by one, each with a lock or two.
    own = attributes.copy() if isinstance(attributes, MappingProxyType) else attributes
    return EndedSpan(
        span.name,
        span.context,
        span.parent,
        span.kind,
        span.status,
        span.start_time,
        span.end_time,
        {**beside, **own} if beside else own,
        span.events,
        span.links,
        span.resource,
        span.instrumentation_scope,
    )
