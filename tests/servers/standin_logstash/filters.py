"""The filters: what each makes of an event, and which of their options are executed."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, ClassVar

import maxminddb
import ua_parser

from .errors import ConfigurationError, FieldError
from .event import Event, instant, iso8601

__all__ = ["FILTERS", "Filter"]


class Filter(ABC):
    """A filter with its options."""

    required: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options

    @abstractmethod
    def apply(self, event: Event) -> None:
        """Change an event."""


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


class Json(Filter):
    """The object of a line becomes the fields of its event."""

    required = ("source",)

    def apply(self, event: Event) -> None:
        source = event.get(self.options["source"])
        try:
            # What follows an object is not looked at.
            parsed, _end = json.JSONDecoder(parse_constant=_no_constant).raw_decode(source.strip())
            at = parsed.pop("@timestamp", None)
            for key, value in parsed.items():
                event.set(key, value)
            if at is not None:
                event.stamp(at)
        except (ValueError, TypeError, AttributeError, RecursionError, FieldError):
            event.tag("_jsonparsefailure")


class Date(Filter):
    """A time in a field becomes that of the event."""

    required = ("match",)
    optional = ("target", "timezone")

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.source, *formats = options["match"]
        if (formats, options.get("target", "@timestamp"), options.get("timezone", "UTC")) != (
            ["ISO8601"],
            "@timestamp",
            "UTC",
        ):
            raise ConfigurationError("the stand-in executes date with ISO8601 in UTC into @timestamp only")

    def apply(self, event: Event) -> None:
        given = event.get(self.source)
        if given is None:
            return
        try:
            event.at = instant(given)
            event.data["@timestamp"] = iso8601(event.at)
        except (ValueError, TypeError):
            event.tag("_dateparsefailure")


class Mutate(Filter):
    """Changes of fields, in upstream's order whatever their order in the file."""

    optional = ("rename", "replace", "uppercase", "lowercase", "copy", "add_field", "remove_field", "add_tag")

    def apply(self, event: Event) -> None:
        try:
            for name in ("rename", "replace", "uppercase", "lowercase", "copy"):
                for field in self.options.get(name, ()):
                    getattr(self, f"_{name}")(event, field)
        except FieldError:
            event.tag("_mutate_error")
            return
        for field, value in self.options.get("add_field", {}).items():
            before = event.get(field)
            if before is None:
                event.set(field, event.text(value))
            else:
                event.set(field, [*(before if isinstance(before, list) else [before]), event.text(value)])
        for field in self.options.get("remove_field", ()):
            event.remove(event.text(field))
        for tag in self.options.get("add_tag", ()):
            event.tag(event.text(tag))

    def _rename(self, event: Event, field: str) -> None:
        value = event.get(field)
        if value is not None:
            event.remove(field)
            event.set(self.options["rename"][field], value)

    def _replace(self, event: Event, field: str) -> None:
        event.set(field, event.text(self.options["replace"][field]))

    def _copy(self, event: Event, field: str) -> None:
        value = event.get(field)
        if value is not None:
            event.set(self.options["copy"][field], value)

    def _uppercase(self, event: Event, field: str) -> None:
        self._cased(event, field, str.upper)

    def _lowercase(self, event: Event, field: str) -> None:
        self._cased(event, field, str.lower)

    @staticmethod
    def _cased(event: Event, field: str, case: Any) -> None:
        value = event.get(field)
        if isinstance(value, list):
            event.set(field, [case(each) if isinstance(each, str) else each for each in value])
        elif isinstance(value, str):
            event.set(field, case(value))


class UserAgent(Filter):
    """The browser, the system and the device behind a user agent, under the names of ECS."""

    required = ("source",)

    def apply(self, event: Event) -> None:
        given = event.get(self.options["source"])
        given = given[0] if isinstance(given, list) else given
        if not given:
            return
        found = ua_parser.parse(given)
        agent, system, device = found.user_agent, found.os, found.device
        event.set("[user_agent][name]", agent.family if agent else "Other")
        event.set("[user_agent][device][name]", device.family if device else "Other")
        if agent and agent.major:
            event.set("[user_agent][version]", _joined(agent.major, agent.minor, agent.patch, agent.patch_minor))
        name = system.family if system else "Other"
        version = _joined(system.major, system.minor, system.patch, system.patch_minor) if system else ""
        if version:
            event.set("[user_agent][os][version]", version)
        event.set("[user_agent][os][name]", name)
        event.set("[user_agent][os][full]", f"{name} {version}".strip())


def _joined(*parts: str | None) -> str:
    known: list[str] = []
    for part in parts:
        if part is None:
            break
        known.append(part)
    return ".".join(known)


class GeoIp(Filter):
    """Where an address is, by a database of cities, under the names of ECS."""

    required = ("source", "target", "database", "fields")
    _names: ClassVar[dict[str, tuple[str, tuple[str | int, ...]]]] = {
        "city_name": ("[geo][city_name]", ("city", "names", "en")),
        "continent_name": ("[geo][continent_name]", ("continent", "names", "en")),
        "country_name": ("[geo][country_name]", ("country", "names", "en")),
        "country_code2": ("[geo][country_iso_code]", ("country", "iso_code")),
        "region_name": ("[geo][region_name]", ("subdivisions", -1, "names", "en")),
        "timezone": ("[geo][timezone]", ("location", "time_zone")),
    }

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        if unknown := set(options["fields"]) - {*self._names, "ip", "location"}:
            raise ConfigurationError(f"the stand-in does not execute these fields of geoip: {sorted(unknown)}")
        try:
            self.database = maxminddb.open_database(options["database"], maxminddb.MODE_MEMORY)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            raise ConfigurationError(f"geoip cannot read {options['database']}: {error}") from error

    def apply(self, event: Event) -> None:
        source, target = event.get(self.options["source"]), self.options["target"]
        found = self._record(source)
        if event.get(target) is None:
            event.set(target, {})
        location = found.get("location", {})
        if location.get("latitude") is None:
            event.tag("_geoip_lookup_failure")
            return
        for field in self.options["fields"]:
            if field == "ip":
                event.set(f"[{target}][ip]", str(ip_address(source)))
            elif field == "location":
                event.set(f"[{target}][geo][location]", {"lat": location["latitude"], "lon": location["longitude"]})
            elif (value := _within(found, self._names[field][1])) is not None:
                event.set(f"[{target}]{self._names[field][0]}", value)

    def _record(self, source: Any) -> dict[str, Any]:
        try:
            found = self.database.get(source)
        except (ValueError, TypeError):
            return {}
        return found if isinstance(found, dict) else {}


def _within(value: Any, path: tuple[str | int, ...]) -> Any:
    try:
        for part in path:
            value = value[part]
    except (KeyError, IndexError, TypeError):
        return None
    return value


FILTERS: dict[str, type[Filter]] = {
    "date": Date,
    "geoip": GeoIp,
    "json": Json,
    "mutate": Mutate,
    "useragent": UserAgent,
}
