"""The tracer provider of the process: one that can be started again after it was stopped."""

from __future__ import annotations

import functools
import os
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, sampling
from opentelemetry.sdk.trace import TracerProvider as SdkProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Tracer, TracerProvider

from ..errors import TelemetryError
from ..settings import Settings

__all__ = ["ProcessProvider", "has_own_limits", "is_taken", "provider_like", "provider_of", "use_globally"]

_LONGEST_ATTRIBUTE = 16_384
_LENGTHS = ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
_COUNTS = ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT")


class _Resource(Resource):
    """A resource that is hashed once: the encoder asks each span for the hash of its resource, that of its JSON."""

    @functools.cached_property
    def _hash(self) -> int:
        return super().__hash__()

    def __hash__(self) -> int:
        return self._hash

    __eq__ = Resource.__eq__


class ProcessProvider(TracerProvider):
    """OpenTelemetry takes one global provider in the life of a process; this one passes on to the present one."""

    present: TracerProvider = trace.NoOpTracerProvider()

    def get_tracer(self, *given: Any, **named: Any) -> Tracer:
        """Return a tracer of the present provider."""
        return self.present.get_tracer(*given, **named)


_process = ProcessProvider()


def use_globally(provider: TracerProvider | None) -> None:
    """Make it the provider behind OpenTelemetry's API, or none. Raises TelemetryError when another library set one."""
    if provider is not None and trace.get_tracer_provider() is not _process:
        trace.set_tracer_provider(_process)
        if trace.get_tracer_provider() is not _process:
            raise TelemetryError(
                "Start of tracing: OpenTelemetry has another tracer provider already, set by opentelemetry-instrument "
                "or by set_tracer_provider(); remove that, or start with OTEL_SDK_DISABLED=true."
            )
    _process.present = provider or trace.NoOpTracerProvider()


def is_taken() -> bool:
    """Whether another library has set OpenTelemetry's global provider."""
    return not isinstance(trace.get_tracer_provider(), (ProcessProvider, trace.ProxyTracerProvider))


def has_own_limits() -> bool:
    """Whether an operator has set limits of attributes, which the SDK applies to those that it is given."""
    return any(os.environ.get(name) for name in (*_LENGTHS, *_COUNTS))


def provider_of(settings: Settings, sampler: sampling.Sampler, processor: SpanProcessor | None) -> SdkProvider:
    """Return the SDK's provider for these settings; it is shut down by us, not by an exit handler of its own."""
    resource = Resource.create(
        {
            "service.name": settings.service,
            "service.version": settings.version,
            "service.instance.id": settings.instance,
            "deployment.environment.name": settings.environment,
        }
    )
    own = _Resource(resource.attributes, resource.schema_url)
    # Nobody adds a second processor to a provider that is not the global one.
    only: Any = processor
    return SdkProvider(sampler, own, shutdown_on_exit=False, active_span_processor=only, span_limits=_limits())


def provider_like(provider: SdkProvider, processor: SpanProcessor, ids: IdGenerator) -> SdkProvider:
    """Return one that keeps all spans, and takes their ids from these."""
    only: Any = processor
    return SdkProvider(*(sampling.ALWAYS_ON, provider.resource, False, only), id_generator=ids, span_limits=_limits())


def _limits() -> SpanLimits:
    """Return the limits of spans, which the SDK reads from its variables; texts have one here without any variable."""
    longest = None if any(os.environ.get(name) for name in _LENGTHS) else _LONGEST_ATTRIBUTE
    try:
        return SpanLimits(max_attribute_length=longest)
    except ValueError as error:
        raise TelemetryError(f"Start of telemetry: environment variable {error}.") from None
