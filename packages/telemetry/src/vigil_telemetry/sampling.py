"""Which traces are kept, from the variables that OpenTelemetry specifies for it."""

from __future__ import annotations

from . import values

__all__ = ["sampler", "sampling"]


_SAMPLERS = tuple(
    f"{parent}{name}"
    for parent in ("parentbased_", "")  # those that follow the caller's decision, and those that do not
    for name in ("always_on", "always_off", "traceidratio", "jaeger_remote")
)


def sampler(found: object) -> str:
    """Return the name of a sampler; raise ValueError with all names."""
    if found not in _SAMPLERS:
        raise ValueError(f"one of {', '.join(_SAMPLERS)}")
    return str(found)


def sampling(name: str, argument: str) -> dict[str, object]:
    """Return the settings that this argument of a sampler has; raise ValueError with what to write.

    A share from 0 to 1 for traceidratio; for jaeger_remote, pairs of endpoint, pollingIntervalMs, initialSamplingRate.
    """
    if name.endswith("traceidratio"):
        return {"sampling_share": values.share(argument)}
    return _remote(argument) if name.endswith("jaeger_remote") else {}


def _remote(argument: str) -> dict[str, object]:
    found = dict(values.pairs(argument))
    read: dict[str, object] = {}
    if (endpoint := found.pop("endpoint", None)) is not None:
        read["sampling_url"] = values.url(endpoint)
    if (rate := found.pop("initialSamplingRate", None)) is not None:
        read["sampling_share"] = values.share(rate)
    if (interval := found.pop("pollingIntervalMs", None)) is not None:
        read["sampling_interval"] = values.whole(1000, 86_400_000)(interval) // 1000
    if found:
        raise ValueError("endpoint=<URL>,pollingIntervalMs=<milliseconds>,initialSamplingRate=<share>")
    return read
