# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sampling strategies in the file that Jaeger serves to applications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["sampling_problems", "strategies"]


def strategies(sampling: Mapping[str, Any]) -> dict[str, Any]:
    """Return upstream's file from the input jaeger_sampling."""
    services = [{"service": one["service"], **_strategy(one)} for one in sampling.get("services") or []]
    return {"default_strategy": _strategy(sampling["default"]), "service_strategies": services}


def _strategy(given: Mapping[str, Any]) -> dict[str, Any]:
    found = {"type": given["type"], "param": given["param"]}
    operations = [{"operation": one["operation"], **_strategy(one)} for one in given.get("operations") or []]
    return found | ({"operation_strategies": operations} if operations else {})


def sampling_problems(sampling: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the input: the place, such as `jaeger_sampling.services.shop`, and the sentence."""
    for key in sampling.keys() - {"default", "services"}:
        yield f"jaeger_sampling.{key}", "is not known: set default and services."
    if not isinstance(sampling.get("default"), Mapping):
        yield (
            "jaeger_sampling.default",
            "is missing: set its type and param, which hold for services without strategies of their own.",
        )
    else:
        yield from _strategy_problems("jaeger_sampling.default", sampling["default"], {"operations"})
    yield from _named_problems("jaeger_sampling", "service", sampling.get("services") or [], {"operations"})


def _named_problems(place: str, kind: str, given: Any, more: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the strategies of services, or of operations."""
    seen: set[str] = set()
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        yield f"{place}.{kind}s", f"is no list of strategies: give each a {kind}, a type and a param."
        return
    for one in given:
        name = one.get(kind)
        if not isinstance(name, str) or not name.strip():
            yield f"{place}.{kind}s", f"has a strategy without a {kind}: name it."
        elif name in seen:
            yield f"{place}.{kind}s.{name}", "has two strategies: keep one."
        else:
            seen.add(name)
            yield from _strategy_problems(f"{place}.{kind}s.{name}", one, {kind, *more})


def _strategy_problems(place: str, given: Mapping[str, Any], more: set[str]) -> Iterator[tuple[str, str]]:
    for key in given.keys() - {"type", "param", *more}:
        yield f"{place}.{key}", "is not known: set type and param."
    kind, param = given.get("type"), given.get("param")
    number = param if isinstance(param, int | float) and not isinstance(param, bool) else -1
    if kind not in {"probabilistic", "ratelimiting"}:
        yield place, f"has the type {kind!r}: use probabilistic or ratelimiting."
    elif kind == "ratelimiting" and "operation" in more:
        yield place, "is ratelimiting, which upstream knows for whole services only: use probabilistic."
    elif kind == "probabilistic" and not 0 <= number <= 1:
        yield place, f"has the param {param!r}: a share is a number from 0 to 1."
    elif kind == "ratelimiting" and number < 0:
        yield place, f"has the param {param!r}: write how many traces per second are recorded."
    if "operations" in more:
        yield from _named_problems(place, "operation", given.get("operations") or [], set())
