"""A pipeline: what its file means, parsed by lscl and made of the plugins that the stand-in executes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lscl import lang
from lscl.errors import Error
from lscl.parser import parse_lscl

from .conditions import condition
from .errors import ConfigurationError
from .event import Event
from .filters import FILTERS, Filter

__all__ = ["INPUTS", "OUTPUT", "Pipeline", "compiled"]

Step = Callable[[Event], None]
INPUTS = {
    "beats": (
        ("port", "ssl_enabled", "ssl_certificate", "ssl_key", "ssl_certificate_authorities"),
        ("host", "ssl_client_authentication", "ssl_supported_protocols", "ssl_cipher_suites", "enrich"),
    ),
    "dead_letter_queue": (("path", "pipeline_id"), ("commit_offsets", "clean_consumed")),
}
"""The options of each input that have to be there, and those that may."""
OUTPUT = (
    ("hosts", "user", "password", "index", "ssl_certificate_authorities"),
    ("action", "manage_template", "ilm_enabled", "data_stream"),
)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_.]*)(?::([^}]*))?\}")
_TIME = re.compile(r"%\{(?:\+(?!YYYY\.MM\.dd\})|\{)[^}]*\}")
_EXECUTED = {
    "action": ["create"],
    "clean_consumed": ["true"],
    "commit_offsets": ["true"],
    "data_stream": ["false"],
    "enrich": ["none"],
    "ilm_enabled": ["false"],
    "manage_template": ["false"],
    "ssl_client_authentication": ["required"],
    "ssl_enabled": ["true"],
}
"""Options of which one value is executed."""
_LISTS = {"hosts", "ssl_certificate_authorities", "ssl_supported_protocols", "ssl_cipher_suites"}


@dataclass
class Pipeline:
    """The parts of a pipeline."""

    inputs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    filters: list[Step] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)

    def filtered(self, event: Event) -> None:
        """Apply every filter to an event."""
        for step in self.filters:
            step(event)


def compiled(text: str, name: str = "main") -> Pipeline:
    """Return the pipeline of a text; raise ConfigurationError for what Logstash refuses or this does not execute."""
    try:
        return _compiled(parse_lscl(text))
    except (ConfigurationError, Error) as error:
        raise ConfigurationError(f"the pipeline {name}: {error}") from error


def _compiled(content: list[Any]) -> Pipeline:
    found = Pipeline()
    for block in content:
        if not isinstance(block, lang.LsclBlock) or block.name not in {"input", "filter", "output"}:
            raise ConfigurationError(f"expected one of input, filter, output, not {getattr(block, 'name', block)}")
        if block.name == "filter":
            found.filters += _steps(block.content)
        for plugin in block.content if block.name != "filter" else ():
            _add(found, block.name, plugin)
    if not found.inputs or not found.outputs:
        raise ConfigurationError("a pipeline needs an input and an output")
    return found


def _add(found: Pipeline, kind: str, plugin: Any) -> None:
    known = INPUTS if kind == "input" else {"elasticsearch": OUTPUT}
    if not isinstance(plugin, lang.LsclBlock) or plugin.name not in known:
        raise ConfigurationError(f"the stand-in does not execute the {kind} {getattr(plugin, 'name', plugin)}")
    options = _options(plugin, *known[plugin.name])
    for name, value in options.items():
        if name in _EXECUTED and value not in _EXECUTED[name]:
            raise ConfigurationError(f"the stand-in executes {name} => {_EXECUTED[name][0]} only, not {value!r}")
    if kind == "input":
        found.inputs.append((plugin.name, options))
    else:
        found.outputs.append(options)


def _steps(content: list[Any]) -> list[Step]:
    return [_branches(one) if isinstance(one, lang.LsclConditions) else _filter(one).apply for one in content]


def _filter(plugin: Any) -> Filter:
    if not isinstance(plugin, lang.LsclBlock) or plugin.name not in FILTERS:
        raise ConfigurationError(f"the stand-in does not execute the filter {getattr(plugin, 'name', plugin)}")
    kind = FILTERS[plugin.name]
    return kind(_options(plugin, kind.required, kind.optional))


def _branches(one: Any) -> Step:
    branches = [(condition(test), _steps(content)) for test, content in one.conditions]
    rest = _steps(one.default or [])

    def step(event: Event) -> None:
        for each in next((steps for test, steps in branches if test(event)), rest):
            each(event)

    return step


def _options(plugin: Any, required: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for one in plugin.content:
        if not isinstance(one, lang.LsclAttribute):
            raise ConfigurationError(f"{plugin.name} contains {getattr(one, 'name', one)}, which is no option")
        if one.name not in required + optional:
            raise ConfigurationError(f"the stand-in does not execute the option {one.name} of {plugin.name}")
        value = _replaced(one.content)
        options[one.name] = [value] if one.name in _LISTS and not isinstance(value, list) else value
    if lacking := [name for name in required if name not in options]:
        raise ConfigurationError(f"{plugin.name} lacks {', '.join(lacking)}")
    return options


def _replaced(value: Any) -> Any:
    """Return a value with variables of the environment in place."""
    if isinstance(value, list):
        return [_replaced(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _replaced(each) for key, each in value.items()}
    if not isinstance(value, str):
        return value
    if time := _TIME.search(value):
        raise ConfigurationError(f"the stand-in executes the time %{{+YYYY.MM.dd}} only, not {time[0]}")
    return _VARIABLE.sub(_of_environment, value)


def _of_environment(found: re.Match[str]) -> str:
    value = os.environ.get(found[1], found[2])
    if value is None:
        raise ConfigurationError(
            f"Cannot evaluate `{found[0]}`. Replacement variable `{found[1]}` is not defined in a Logstash secret "
            "store or as an Environment entry and there is no default value given."
        )
    return value
