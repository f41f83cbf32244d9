# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.unit import Unit, render
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.input_values import value_problems
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import SHARED, described_inputs

DIGEST = "0" * 64
BATTERY = "http://me:battery@proxy:3128"
URL = "which is not the address of a web server: write it like https://metrics.example.com/path."

SHOP = {"process": "shop", "port": 8443, "metrics_port": 9464}
UNITS = {"till": {**SHOP, "process": "payment"}, "front": SHOP, "people": {"process": "load"}}


@pytest.mark.parametrize(
    ("name", "value", "problems"),
    [
        (
            "prometheus_resources",
            {"memory_max": "1G"},
            {".memory_max": "is not a key of a systemd unit: write MemoryMax."},
        ),
        ("prometheus_resources", {"Memorymax": "1G"}, {".Memorymax": "write MemoryMax."}),
        ("prometheus_resources", {"X\nY": 1}, {".'X\\nY'": "is not a valid key of a systemd unit"}),
        ("prometheus_resources", {"MemoryMax": "1GB"}, {".MemoryMax": "is '1GB', which systemd would ignore: write a"}),
        ("prometheus_resources", {"MemoryMax": None}, {".MemoryMax": "is not a string or a number: correct or"}),
        ("prometheus_resources", {"CPUQuota": 200}, {".CPUQuota": "is '200', which systemd would ignore: write a"}),
        ("prometheus_resources", {"LimitNOFILE": "many"}, {".LimitNOFILE": "write a number, or infinity."}),
        (
            "prometheus_resources",
            {"User": "root"},
            {".User": "cannot be set here: there is a separate input for the user"},
        ),
        (
            "prometheus_resources",
            {"ProtectHome": "false"},
            {".ProtectHome": "the hardening of the unit sets it and takes"},
        ),
        ("prometheus_resources", {"Slice": "a\nExecStartPre=/x"}, {".Slice": "must be one line"}),
        ("prometheus_resources", {"BindPaths": ["/a", {}]}, {".BindPaths": "is not a string or a number"}),
        ("grafana_environment", {"A B": "1"}, {".A B": "is not a valid name for an environment variable"}),
        ("grafana_environment", {"A=1": "1"}, {".A=1": "is not a valid name for an environment variable"}),
        ("grafana_environment", {"A": "x\0y"}, {".A": "has a control character in its value: remove it."}),
        ("grafana_environment", {"A": None}, {".A": "is not a string: correct or remove it."}),
        ("grafana_environment", {"A": ["b"]}, {".A": "is not a string"}),
        (
            "grafana_environment",
            {"https_proxy": BATTERY},
            {".https_proxy": "EnvironmentFile in grafana_resources to it"},
        ),
        (
            "prometheus_environment",
            {"AWS_SECRET_ACCESS_KEY": "abc"},
            {".AWS_SECRET_ACCESS_KEY": "contains a secret, but"},
        ),
        ("vigil_environment", {"A B": BATTERY}, {".A B": "is not a valid name for an environment variable"}),
        ("vigil_environment", {"A": {"b": BATTERY}}, {".A": "is not a string"}),
        ("vigil_environment", {"A": f"{BATTERY}\0"}, {".A": "contains a control character: remove it."}),
        (
            "prometheus_flags",
            {"--log.level": "debug"},
            {".--log.level": "which has no leading dashes and no value: write"},
        ),
        ("prometheus_flags", {"log.level=debug": True}, {".log.level=debug": "no value: write log.level."}),
        ("prometheus_flags", {"log level": 1}, {".log level": "use letters, digits and ._-."}),
        ("prometheus_flags", {"log.level": {"a": 1}}, {".log.level": "is not a text, number or list of these"}),
        ("prometheus_flags", {"log.level": ["a", None]}, {".log.level": "is not a text, number or list of these"}),
        ("prometheus_flags", {"log.level": "a\x1bb"}, {".log.level": "contains a control character ('a\\x1bb')"}),
        ("prometheus_user", "1st", {"": "is '1st', which is not a valid user name: use at most 31 letters"}),
        ("prometheus_user", "a:b", {"": "which is not a valid user name"}),
        ("prometheus_user", "u" * 32, {"": "which is not a valid user name"}),
        ("prometheus_user", "root", {"": "is root, which may do everything: choose a user that runs only prometheus"}),
        ("prometheus_user", "nobody", {"": "is nobody, which unrelated processes share"}),
        (
            "prometheus_uid",
            0,
            {"": "is 0: UIDs below 100, and 65534, are reserved for the system: choose another one."},
        ),
        ("prometheus_uid", "65534", {"": "is 65534: UIDs below 100"}),
        ("prometheus_uid", -1, {"": "is -1: UIDs below 100"}),
        ("prometheus_uid", 2**32 - 1, {"": "is 4294967295: UIDs below 100"}),
        ("alertmanager_external_url", "javascript:alert(1)", {"": f"is 'javascript:alert(1)', {URL}"}),
        ("alertmanager_external_url", "alerts.example.com", {"": f"is 'alerts.example.com', {URL}"}),
        ("alertmanager_external_url", "ftp://alerts.example.com", {"": f"is 'ftp://alerts.example.com', {URL}"}),
        ("alertmanager_external_url", "https:///alerts", {"": URL}),
        ("alertmanager_external_url", "https://a/\n", {"": URL}),
        ("alertmanager_external_url", "https://a:http/", {"": "which cannot be read (Port could not be cast to"}),
        ("alertmanager_external_url", "https://a/?b=c", {"": "it has to end with its path, without ? and #."}),
        (
            "alertmanager_external_url",
            "https://me:battery@a/",
            {"": "contains a user or a password, which everyone would"},
        ),
        ("vigil_mirror", "mirror.example.com", {"": f"is 'mirror.example.com', {URL}"}),
        ("prometheus_listen_address", "0.0.0.0:9090", {"": "it has to be a DNS name or an IP address, without scheme"}),
        ("prometheus_listen_address", "10.0.0", {"": "it has to be a DNS name or an IP address"}),
        ("grafana_address", "https://grafana", {"": "it has to be a DNS name or an IP address"}),
        ("prometheus_scrape_interval", "15", {"": "is '15': write a duration such as 30s, 5m or 1h30m"}),
        ("prometheus_scrape_intervals", {"node_exporter": "30"}, {".node_exporter": "is '30': write a duration"}),
        ("prometheus_scrape_intervals", {"logstash": "30s"}, {".logstash": "belongs to no service that is read: "}),
        ("prometheus_retention_time", "1 year", {"": "is '1 year': write a duration"}),
        ("prometheus_evaluation_interval", "30m1h", {"": "with the larger unit first."}),
        (
            "certificates_lifetime_days",
            20,
            {
                "": "is 20: at least 30 are needed, because only a run in the last third of a certificate's lifetime "
                "renews it."
            },
        ),
        ("prometheus_start_timeout", 0, {"": "is 0: it has to be at least one second."}),
        ("prometheus_secrets", {"../x": "a"}, {".../x": "cannot be written: The path '../x' of a file is outside of"}),
        ("prometheus_secrets", {"prometheus": "a"}, {".prometheus": "is the name of a file that the role writes"}),
        ("prometheus_secrets", {"a\nb": "a"}, {".'a\\nb'": "cannot be the name of a file"}),
        ("alertmanager_templates", {"/etc/x.tmpl": "a"}, {"./etc/x.tmpl": "cannot be the name of a file"}),
        ("grafana_plugins", [{"sha256": "abc"}], {".0.sha256": "is 'abc': a digest has 64 hexadecimal digits."}),
        ("grafana_plugins", [{"url": "a.zip"}], {".0.url": URL}),
        (
            "grafana_plugins",
            [{"name": "../x"}],
            {".0.name": "cannot be used: The name '../x' cannot be the name of a dir"},
        ),
        ("prometheus_key_file", "tls.key", {"": "is 'tls.key', which is not an absolute path: start it with /."}),
        ("telemetry_units", {**UNITS, "jaeger": SHOP}, {".jaeger": "is the name of another service: choose another"}),
        (
            "telemetry_units",
            {**UNITS, "a": {"port": 1}},
            {".a": "is not a mapping with a process: write {process: shop"},
        ),
        ("telemetry_units", {**UNITS, "a": "shop"}, {".a": "is not a mapping with a process"}),
        (
            "telemetry_units",
            {**UNITS, "a": {"process": "shop", "port": 1}},
            {".a": "has port and process: a unit of shop has metrics_port, port and process."},
        ),
        ("telemetry_units", {**UNITS, "a": {**SHOP, "port": "x"}}, {".a": "has a port that is no whole number"}),
        ("telemetry_units", {"shop-1": SHOP}, {"": "has to have at least one shop, and the payment that each of them"}),
        ("telemetry_load_rate", -1, {"": "is -1: it has to be at least 0."}),
        ("telemetry_pool_size", 0, {"": "is 0: it has to be at least 1."}),
        ("telemetry_otlp_endpoint", "monitor1:4318", {"": "is 'monitor1:4318', which is not the address of a web"}),
        (
            "telemetry_database_url",
            "postgresql+psycopg://shop:secret@db1/shop",
            {"": "is not the URL of a database in PostgreSQL without a password: write it like"},
        ),
    ],
)
def test_value_that_cannot_be_used_is_told_with_what_to_write(name: str, value: Any, problems: dict[str, str]) -> None:
    role = next(role for role in described_inputs() if name.startswith(f"{role}_"))
    found = value_problems(role, name, value)
    assert found.keys() == problems.keys()
    for part, words in problems.items():
        assert words in found[part]
        assert found[part].endswith(".")
        assert "battery" not in found[part]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prometheus_resources", {"MemoryMax": "1.5G", "CPUQuota": "250%", "CPUWeight": 100, "LimitNOFILE": "1K:2K"}),
        ("prometheus_resources", {"MemoryMax": "infinity", "MemoryHigh": "80%", "TasksMax": 512, "Nice": -5}),
        (
            "prometheus_resources",
            {"MemoryMax": "", "EnvironmentFile": "-/etc/prometheus.env", "BindPaths": ["/a", "/b"]},
        ),
        ("prometheus_resources", {"KeyOfALaterSystemd": True}),
        ("prometheus_environment", {"GOGC": 75, "NO_PROXY": "a, b", "TOKEN_URL": "https://a", "EMPTY_TOKEN": ""}),
        ("vigil_environment", {"https_proxy": BATTERY}),
        ("prometheus_flags", {"web.enable-lifecycle": False, "log.level": None, "a": ["b", 1], "no-x": True}),
        ("prometheus_user", "svc_prometheus.prod"),
        ("prometheus_uid", "4711"),
        ("prometheus_external_url", "https://metrics.example.com:8443/prometheus/"),
        ("prometheus_external_url", "http://[fd00::1]:9090"),
        ("prometheus_external_url", ""),
        ("vigil_mirror", "http://me:battery@mirror:8081/files"),
        ("vigil_mirror", "file:///srv/mirror"),
        ("grafana_plugins", [{"url": "file:///srv/panel.zip"}]),
        ("prometheus_listen_address", "::1"),
        ("prometheus_listen_address", "[::]"),
        ("prometheus_address", "web_1.example.com."),
        ("prometheus_scrape_interval", "1m30s"),
        ("prometheus_retention_time", "0"),
        ("prometheus_start_timeout", "900"),
        ("certificates_lifetime_days", 30),
        ("prometheus_secrets", {"shop/token": "a"}),
        ("grafana_plugins", [{"name": "a-b", "version": "1.2", "url": "https://a/b.zip", "sha256": DIGEST}]),
        ("prometheus_cluster", "anything at all"),
    ],
)
def test_value_that_can_be_used_is_not_refused(name: str, value: Any) -> None:
    role = next(role for role in described_inputs() if name.startswith(f"{role}_"))
    assert value_problems(role, name, value) == {}


HOSTILE: list[Any] = [
    None,
    True,
    0,
    "",
    "a",
    "a b",
    "a\nb",
    "a\0b",
    "a\x1bb",
    "a\\",
    "%n",
    "$A",
    '"',
    ["a", "b\0"],
    [],
    {},
    BATTERY,
]
NAMES = ["A", "a", "Slice", "MemoryMax", "memory_max", "User", "ProtectHome", "A B", "A=1", "1A", "X\nY", "", "모"]


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
@pytest.mark.parametrize("name", NAMES, ids=repr)
@pytest.mark.parametrize("kind", ["environment", "resources"])
def test_whatever_a_unit_cannot_hold_is_refused_before_there_is_one(kind: str, name: str, value: Any) -> None:
    given: dict[str, Any] = {kind: {name: value}}
    refused = bool(value_problems("prometheus", f"prometheus_{kind}", given[kind]))
    try:
        render(Unit("prometheus", "prometheus", ["/opt/prometheus/prometheus"], **given))
    except OperatorError:
        assert refused
    else:
        assert not refused


@pytest.mark.parametrize("user", ["a", "a b", "a\nb", "1", "", "모", "a" * 40])
def test_whatever_user_a_unit_cannot_have_is_refused_before_there_is_one(user: str) -> None:
    refused = bool(value_problems("prometheus", "prometheus_user", user)) or not user
    try:
        render(Unit("prometheus", user, ["/opt/prometheus/prometheus"]))
    except OperatorError:
        assert refused
    else:
        assert not refused


def test_every_input_of_one_kind_is_asked_the_same_in_every_role() -> None:
    named = {name for role, inputs in described_inputs().items() if role != SHARED for name in inputs}
    for part in ("environment", "resources", "flags", "user", "external_url", "listen_address"):
        roles = [name.removesuffix(f"_{part}") for name in named if name.endswith(f"_{part}")]
        assert len(roles) >= 5
        for role in roles:
            value = {"A B": ["\0"]} if part in ("environment", "resources", "flags") else "0 :"
            assert value_problems(role, f"{role}_{part}", value)
