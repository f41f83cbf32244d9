# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters that turn a configuration in upstream's keys into a file of the service."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter import configuration_file, with_absolute_paths


@pytest.mark.parametrize("module", [configuration_file, with_absolute_paths])
def test_a_filter_is_found_by_the_name_of_its_file(module: Any) -> None:
    name = module.__name__.rpartition(".")[2]
    assert module.FilterModule().filters() == {name: getattr(module, name)}


def receiver(kind: str, **keys: Any) -> dict[str, Any]:
    """Return a configuration with one receiver."""
    return {"receivers": [{"name": "team", kind: [keys]}]}


PUBLIC: list[dict[str, Any]] = [
    {},
    {"route": {"receiver": "team", "group_by": ["token"], "routes": [{"matchers": ['secret="yes"']}]}},
    receiver("slack_configs", api_url_file="secrets/slack", channel="#alerts"),
    receiver("webhook_configs", url="http://hooks.example:9000/alerts"),
    receiver("victorops_configs", api_key_file="secrets/victorops", routing_key="team"),
    receiver("opsgenie_configs", api_url="https://api.eu.opsgenie.com/", api_key=""),
    receiver(
        "webhook_configs", url_file="x", http_config={"authorization": {"type": "Bearer", "credentials_file": "y"}}
    ),
    {
        "scrape_configs": [
            {"job_name": "a", "tls_config": {"key_file": "/etc/tls.key"}, "bearer_token_file": "secrets/a"}
        ]
    },
    {"scrape_configs": [{"relabel_configs": [{"source_labels": ["__param_target"], "target_label": "instance"}]}]},
]
SECRET: list[tuple[dict[str, Any], str]] = [
    ({"global": {"smtp_auth_password": "s3cret"}}, "global.smtp_auth_password"),
    ({"global": {"slack_api_url": "https://hooks.example/s3cret"}}, "global.slack_api_url"),
    (receiver("slack_configs", api_url="https://hooks.example/s3cret"), "receivers[0].slack_configs[0].api_url"),
    (receiver("pagerduty_configs", routing_key="s3cret"), "receivers[0].pagerduty_configs[0].routing_key"),
    (receiver("telegram_configs", bot_token="s3cret"), "receivers[0].telegram_configs[0].bot_token"),
    (receiver("msteams_configs", webhook_url="https://x/s3cret"), "receivers[0].msteams_configs[0].webhook_url"),
    (receiver("webhook_configs", url="https://x/?key=s3cret"), "receivers[0].webhook_configs[0].url"),
    (receiver("webhook_configs", url="https://me:s3cret@x/"), "receivers[0].webhook_configs[0].url"),
    (receiver("sns_configs", sigv4={"secret_key": "s3cret"}), "receivers[0].sns_configs[0].sigv4.secret_key"),
    ({"a": {"basic_auth": {"password": "s3cret"}}}, "a.basic_auth.password"),
    ({"a": {"authorization": {"credentials": "s3cret"}}}, "a.authorization.credentials"),
    ({"a": {"http_headers": {"X": {"secrets": ["s3cret"]}}}}, "a.http_headers.X.secrets[0]"),
    ({"remote_write": [{"headers": {"X-Api-Key": "s3cret"}}]}, "remote_write[0].headers.X-Api-Key"),
    ({"tls_config": {"key": "-----BEGIN PRIVATE KEY-----\ns3cret"}}, "tls_config.key"),
]


@pytest.mark.parametrize("configuration", PUBLIC)
def test_a_configuration_without_secrets_may_be_shown(configuration: dict[str, Any]) -> None:
    entry = configuration_file.configuration_file(configuration, "alertmanager.yml")
    assert entry.keys() == {"path", "content"}
    assert yaml.safe_load(entry["content"]) == configuration


@pytest.mark.parametrize(("configuration", "place"), SECRET)
def test_a_configuration_with_a_secret_is_secret_and_says_where_it_is(
    configuration: dict[str, Any], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("ansible.utils.display.Display.warning", lambda _self, message: said.append(message))
    entry = configuration_file.configuration_file(configuration, "alertmanager.yml")
    assert entry.keys() == {"path", "secret_content"}
    assert yaml.safe_load(entry["secret_content"]) == configuration
    assert f"diffs are hidden: {place}." in said[0]
    assert "s3cret" not in said[0]


class Vaulted:
    """Stands for a text that Ansible decrypts when it is asked for."""

    def __str__(self) -> str:
        return "s3cret"


def test_a_vaulted_secret_is_found_and_written_in_plain() -> None:
    configuration = {"global": {"resolve_timeout": "5m", "smtp_auth_password": Vaulted(), "http_config": None}}
    entry = configuration_file.configuration_file(configuration, "alertmanager.yml")
    assert yaml.safe_load(entry["secret_content"])["global"]["smtp_auth_password"] == "s3cret"


def test_numbers_and_truth_stay_what_they_are() -> None:
    configuration = {"a": [{"send_resolved": True, "max_alerts": 10, "share": 0.5, "none": None, 1: "one"}]}
    entry = configuration_file.configuration_file(configuration, "alertmanager.yml")
    expected = {"send_resolved": True, "max_alerts": 10, "share": 0.5, "none": None, "1": "one"}
    assert yaml.safe_load(entry["content"]) == {"a": [expected]}


def test_relative_files_are_named_by_their_place_on_the_host() -> None:
    configuration = {
        "global": {"slack_api_url_file": "secrets/slack", "http_config": None, "opsgenie_api_key_file": ""},
        "receivers": [{"email_configs": [{"auth_password_file": "/etc/am/secrets/mail", "to": "a@example"}]}],
        "tls_config": {"ca_file": "/etc/ssl/own.crt"},
        "templates": ["templates/*.tmpl"],
    }
    files = ["secrets/mail", "secrets/slack", "templates/"]
    assert with_absolute_paths.with_absolute_paths(configuration, "/etc/am/", files) == {
        "global": {"slack_api_url_file": "/etc/am/secrets/slack", "http_config": None, "opsgenie_api_key_file": ""},
        "receivers": [{"email_configs": [{"auth_password_file": "/etc/am/secrets/mail", "to": "a@example"}]}],
        "tls_config": {"ca_file": "/etc/ssl/own.crt"},
        "templates": ["templates/*.tmpl"],
    }


@pytest.mark.parametrize("named", ["secrets/slak", "/etc/am/secrets/slak"])
def test_a_file_that_nobody_stages_is_refused_by_name(named: str) -> None:
    message = (
        rf"api_url_file names {named}, which is not among the files .*: those are secrets/mail, secrets/slack\. Add it"
    )
    with pytest.raises(AnsibleFilterError, match=message):
        with_absolute_paths.with_absolute_paths(
            {"a": [{"api_url_file": named}]}, "/etc/am", ["secrets/slack", "secrets/mail"]
        )


SCRAPED = {"job_name": "shop", "oauth2": {"client_secret_file": "secrets/shop"}}
FOUND = [{"files": ["/etc/vigil/local/prometheus/*.json", "secrets/s*p"]}]


def test_paths_stay_as_written_where_the_server_looks_beside_its_configuration() -> None:
    configuration = {
        "rule_files": ["rules/*.yml", "/etc/prometheus/rules/more/a.yml"],
        "scrape_configs": [{**SCRAPED, "file_sd_configs": FOUND}],
        "remote_write": [{"basic_auth": {"password_file": "/etc/prometheus/secrets/shop"}}],
    }
    files = ["rules/", "secrets/shop"]
    assert (
        with_absolute_paths.with_absolute_paths(configuration, "/etc/prometheus", files, as_written=True)
        == configuration
    )


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (
            {"scrape_configs": [{"oauth2": {"client_secret_file": "secrets/shp"}}]},
            "client_secret_file names secrets/shp",
        ),
        ({"scrape_configs": [{"file_sd_configs": [{"files": ["file_sd/*.json"]}]}]}, "files names file_sd/"),
        ({"scrape_configs": [{"file_sd_configs": [{"files": ["/etc/prometheus/sd.yml"]}]}]}, "files names /etc/prom"),
        ({"rule_files": ["more/*.yml"]}, "rule_files names more/"),
        ({"scrape_config_files": ["./jobs/*.yml"]}, "scrape_config_files names ./jobs/"),
        ({"remote_write": [{"google_iam": {"credentials_file": "../key.json"}}]}, "credentials_file names ../key.json"),
        ({"paths": {"provisioning": "/etc/prometheus/provisioning"}}, "provisioning names /etc/prometheus/provis"),
    ],
)
def test_a_file_that_the_next_run_would_wipe_is_refused_with_the_place_for_it(
    wrong: dict[str, Any], named: str
) -> None:
    with pytest.raises(AnsibleFilterError) as refused:
        with_absolute_paths.with_absolute_paths(wrong, "/etc/prometheus", ["rules/", "secrets/shop"], as_written=True)
    assert str(refused.value).startswith(named)
    assert str(refused.value).endswith("files that other tools write belong in /etc/vigil/local/prometheus/.")


def test_a_file_is_refused_where_none_is_staged() -> None:
    with pytest.raises(AnsibleFilterError, match="there are none"):
        with_absolute_paths.with_absolute_paths({"token_file": "secrets/a"}, "/etc/am", [])


def test_a_configuration_for_a_path_that_ends_in_ini_is_ini() -> None:
    configuration = {"security": {"secret_key": "$__file{/etc/grafana/secrets/key}", "cookie_secure": True}}
    entry = configuration_file.configuration_file(configuration, "grafana.ini")
    written = "[security]\nsecret_key = $__file{/etc/grafana/secrets/key}\ncookie_secure = true\n"
    assert entry == {"path": "grafana.ini", "content": written}


def test_a_secret_in_ini_hides_its_diffs() -> None:
    entry = configuration_file.configuration_file({"smtp": {"password": "s3cret;"}}, "grafana.ini")
    assert entry == {"path": "grafana.ini", "secret_content": "[smtp]\npassword = `s3cret;`\n"}


def test_what_ini_cannot_hold_is_refused_by_its_place() -> None:
    with pytest.raises(
        AnsibleFilterError, match=r"grafana\.ini cannot be written: auth\.domains has to be a single text"
    ):
        configuration_file.configuration_file({"auth": {"domains": ["a", "b"]}}, "grafana.ini")


def test_files_that_grafana_expands_are_named_by_their_place_on_the_host() -> None:
    configuration = {"smtp": {"password": "$__file{secrets/mail}", "host": "$__env{MAIL}"}}
    assert with_absolute_paths.with_absolute_paths(configuration, "/etc/grafana", ["secrets/mail"]) == {
        "smtp": {"password": "$__file{/etc/grafana/secrets/mail}", "host": "$__env{MAIL}"}
    }
    with pytest.raises(AnsibleFilterError, match="password names secrets/mail, which is not among the files"):
        with_absolute_paths.with_absolute_paths(configuration, "/etc/grafana", ["secrets/other"])
