# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters that turn an inventory into what roles and modules take."""

from __future__ import annotations

import re
import time
from typing import Any

import bcrypt
import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter import (
    certified_services,
    file_entries,
    host_port,
    inventory_targets,
    log_services,
    pillar_services,
    planned_services,
    plugin_sections,
    probe_jobs,
    role_services,
    rule_files,
    scrape_jobs,
    web_users,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets import password_hashes
from ansible_collections.vigil.observability.plugins.plugin_utils._services.catalogue import (
    ARCHITECTURES,
    CATALOGUE,
    release_of,
)

DIGEST = "0" * 64
# Digits of a digest.
LENGTHS = {"sha256": 64, "sha512": 128}


@pytest.mark.parametrize(
    "module",
    [
        certified_services,
        host_port,
        inventory_targets,
        log_services,
        file_entries,
        pillar_services,
        planned_services,
        plugin_sections,
        probe_jobs,
        role_services,
        rule_files,
        scrape_jobs,
        web_users,
    ],
)
def test_a_filter_is_found_by_the_name_of_its_file(module: Any) -> None:
    name = module.__name__.rpartition(".")[2]
    assert module.FilterModule().filters() == {name: getattr(module, name)}


@pytest.mark.parametrize(
    ("address", "word"),
    [("a.example", "a.example:9"), ("fd00::1", "[fd00::1]:9"), ("[fd00::1]", "[fd00::1]:9"), ("", ":9")],
)
def test_host_and_port_have_an_ipv6_address_in_brackets(address: str, word: str) -> None:
    assert host_port.host_port(address, 9) == word


def test_services_of_logs_are_those_that_the_inventory_names() -> None:
    files = [{"path": "/a", "service": "billing"}, {"path": "/b", "service": "Cart"}, {"path": "/c"}]
    inputs = {"a": {"paths": ["/a"], "fields": {"service": "till"}}, "journal": {"type": "journald"}}
    hostvars: dict[str, dict[str, Any]] = {
        "web1": {"vigil_applications": [{"name": "Shop"}, {"name": "Shop frontend"}], "rsyslog_files": files},
        "web2": {"filebeat_inputs": inputs, "rsyslog_files": files},
        "db1": {},
    }
    assert log_services.log_services(hostvars) == ["billing", "cart", "shop", "till"]


def test_five_hundred_hosts_are_found_and_made_jobs_within_two_seconds() -> None:
    names = [f"host{number}" for number in range(500)]
    hostvars = {name: {"ansible_host": f"10.0.{number >> 8}.{number & 255}"} for number, name in enumerate(names)}
    begun = time.process_time()
    found = inventory_targets.inventory_targets(hostvars, {"node_exporter": names})
    (job,) = scrape_jobs.scrape_jobs(found, {"scheme": "https"})
    assert time.process_time() - begun < 2
    assert len(job["static_configs"]) == 500


def test_targets_are_reached_by_their_own_address_else_ansible_host_else_their_name() -> None:
    hostvars: dict[str, dict[str, Any]] = {
        "a": {"node_exporter_address": "fd00::1", "ansible_host": "10.0.0.1"},
        "b": {"ansible_host": "10.0.0.2", "node_exporter_port": 9200, "vigil_labels": {"team": "shop"}},
        "c": {},
    }
    found = inventory_targets.inventory_targets(hostvars, {"node_exporter": ["c", "b", "a"]})
    assert [item["address"] for item in found["node_exporter"]] == ["[fd00::1]:9100", "10.0.0.2:9200", "c:9100"]
    assert found["node_exporter"][1]["labels"] == {"instance": "b:9200", "host": "b", "team": "shop"}
    assert found["node_exporter"][1]["identity"] == "vigil://b/node_exporter"
    assert found["prometheus"] == []


def test_a_service_can_be_read_at_an_interval_of_its_own_and_for_as_long() -> None:
    found = inventory_targets.inventory_targets({"a": {}}, {"node_exporter": ["a"], "elasticsearch_exporter": ["a"]})
    jobs = scrape_jobs.scrape_jobs(found, {"scheme": "https"}, {"elasticsearch_exporter": "30s"})
    assert {job["job_name"]: (job.get("scrape_interval"), job.get("scrape_timeout")) for job in jobs} == {
        "elasticsearch_exporter": ("30s", "30s"),
        "node_exporter": (None, None),
    }


def test_service_with_a_port_of_its_own_for_metrics_is_scraped_there_by_certificate_alone() -> None:
    hostvars: dict[str, dict[str, Any]] = {
        "a": {"ansible_host": "10.0.0.1"},
        "b": {"jaeger_port": 443, "jaeger_metrics_port": 9999},
    }
    found = inventory_targets.inventory_targets(hostvars, {"jaeger": ["a", "b"]})
    assert [item["address"] for item in found["jaeger"]] == ["10.0.0.1:16686", "b:443"]
    (job,) = scrape_jobs.scrape_jobs(found, {"scheme": "https"})
    assert job == {
        "job_name": "jaeger",
        "scheme": "https",
        "static_configs": [
            {"targets": ["10.0.0.1:8889"], "labels": {"instance": "a:8889", "host": "a"}},
            {"targets": ["b:9999"], "labels": {"instance": "b:9999", "host": "b"}},
        ],
    }


def test_service_is_known_by_the_name_in_its_own_certificate_where_it_has_one() -> None:
    variables = {"prometheus_identity": "metrics.example.org"}
    found = inventory_targets.inventory_targets({"a": variables}, {"prometheus": ["a"], "node_exporter": ["a"]})
    assert [found[name][0]["identity"] for name in ("prometheus", "node_exporter")] == [
        "metrics.example.org",
        "vigil://a/node_exporter",
    ]


def test_labels_that_are_no_mapping_are_refused_by_host() -> None:
    with pytest.raises(AnsibleFilterError, match="vigil_labels of a must be a mapping"):
        inventory_targets.inventory_targets({"a": {"vigil_labels": "x"}}, {"prometheus": ["a"]})


def test_labels_of_a_host_or_a_probe_never_hide_those_of_the_stack() -> None:
    with pytest.raises(
        AnsibleFilterError, match="vigil_labels of a cannot contain job, which is a label of the stack's"
    ):
        inventory_targets.inventory_targets({"a": {"vigil_labels": {"job": "x"}}}, {"prometheus": ["a"]})
    probe = {"name": "shop", "module": "http_2xx", "targets": ["https://shop"], "labels": {"prober": "me"}}
    with pytest.raises(AnsibleFilterError, match="labels of the probe shop cannot contain prober, which is a label of"):
        probe_jobs.probe_jobs([probe], [])


def test_each_service_with_targets_is_a_job() -> None:
    targets = {"prometheus": [{"address": "a:9090", "labels": {"host": "a"}}], "node_exporter": []}
    jobs = scrape_jobs.scrape_jobs(targets, {"scheme": "https"})
    assert jobs == [
        {
            "job_name": "prometheus",
            "scheme": "https",
            "basic_auth": {"username": "prometheus", "password_file": "secrets/prometheus"},
            "static_configs": [{"targets": ["a:9090"], "labels": {"host": "a"}}],
        }
    ]


def test_service_without_metrics_of_its_own_is_not_scraped() -> None:
    assert scrape_jobs.scrape_jobs({"elasticsearch": [{"address": "a:9200", "labels": {"host": "a"}}]}, {}) == []


def test_target_outside_of_the_inventory_is_told_by_its_host() -> None:
    targets = {"prometheus": [{"host": "other", "address": "[fd00::1]:9090", "labels": {"team": "b"}}]}
    [job] = scrape_jobs.scrape_jobs(targets, {})
    assert job["static_configs"][0]["labels"] == {"instance": "other:9090", "host": "other", "team": "b"}
    [job] = scrape_jobs.scrape_jobs({"prometheus": [{"address": "a:9090"}]}, {})
    assert job["static_configs"] == [{"targets": ["a:9090"], "labels": {}}]


def test_each_probe_is_made_by_every_prober() -> None:
    probes = [{"name": "shop", "module": "http_2xx", "targets": ["https://shop"], "scrape_interval": "1m"}]
    jobs = probe_jobs.probe_jobs(probes, [{"host": "a", "address": "a:1"}, {"host": "b", "address": "b:1"}])
    assert [job["job_name"] for job in jobs] == ["probe_shop_from_a", "probe_shop_from_b"]
    assert jobs[1]["relabel_configs"][-1] == {"target_label": "__address__", "replacement": "b:1"}
    assert jobs[0]["scrape_interval"] == "1m"
    assert probe_jobs.probe_jobs(probes, []) == []


def test_texts_by_name_are_entries_of_a_configuration() -> None:
    assert file_entries.file_entries({"b": "2", "a": "1"}, "templates") == [
        {"path": "templates/a", "content": "1"},
        {"path": "templates/b", "content": "2"},
    ]
    assert file_entries.file_entries({"a": "1"}, "secrets", secret=True) == [
        {"path": "secrets/a", "secret_content": "1"}
    ]


def test_rule_files_come_from_files_and_directories(tmp_path: Any) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped/a.yml").write_text("a")
    (tmp_path / "b.yaml").write_text("b")
    assert rule_files.rule_files([str(tmp_path / "b.yaml")], str(tmp_path / "shipped")) == [
        {"path": "rules/a.yml", "content": "a"},
        {"path": "rules/b.yml", "content": "b"},
    ]


def test_settings_adjust_alerts_of_shipped_rule_files_alone(tmp_path: Any) -> None:
    (tmp_path / "shipped").mkdir()
    text = "groups: [{name: NAME, rules: [{alert: NAME, expr: a > 1}]}]"
    (tmp_path / "shipped/ours.yml").write_text(text.replace("NAME", "Ours"))
    (tmp_path / "theirs.yml").write_text(text.replace("NAME", "Theirs"))
    paths, shipped = [str(tmp_path / "theirs.yml")], str(tmp_path / "shipped")
    ours, theirs = rule_files.rule_files(paths, shipped, {"Ours": {"threshold": 2}})
    assert "expr: a > 2" in ours["content"]
    assert theirs == {"path": "rules/theirs.yml", "content": text.replace("NAME", "Theirs")}
    with pytest.raises(AnsibleFilterError, match="prometheus_alerts cannot be used: Theirs is not a shipped alert"):
        rule_files.rule_files(paths, shipped, {"Theirs": {"threshold": 2}})


def test_two_rule_files_of_one_name_are_refused(tmp_path: Any) -> None:
    (tmp_path / "a.yml").write_text("a")
    with pytest.raises(AnsibleFilterError, match=r"Two rule files would be rules/a\.yml"):
        rule_files.rule_files([str(tmp_path / "a.yml")], str(tmp_path))


def test_a_missing_rule_file_is_refused_by_name(tmp_path: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"no rule file or directory .*/missing"):
        rule_files.rule_files([str(tmp_path / "missing")], str(tmp_path))


def test_certificates_of_the_users_own_have_to_be_there_and_those_of_ours_where_a_role_runs_by_itself() -> None:
    ours = {"prometheus_authority_file": "/etc/vigil/certificates/authorities.crt"}
    variables = {**ours, "prometheus_certificate_file": "/srv/tls.crt", "prometheus_key_file": ""}
    [planned] = planned_services.planned_services(variables, ["prometheus"])
    assert planned["files"] == ["/srv/tls.crt"]
    [planned] = role_services.role_services(variables, ["prometheus"])
    assert planned["files"] == ["/srv/tls.crt", "/etc/vigil/certificates/authorities.crt"]
    assert "files" not in planned_services.planned_services(ours, ["prometheus"])[0]


def test_planned_services_carry_what_the_preflight_asks_for() -> None:
    variables = {"prometheus_retention_size": "50GB", "prometheus_uid": "900", "node_exporter_port": 9200}
    planned = planned_services.planned_services(variables, ["prometheus", "node_exporter"])
    assert planned == [
        {
            "name": "prometheus",
            "user": "prometheus",
            "ports": [9090],
            "architectures": ["x86_64", "aarch64"],
            "uid": 900,
            "data_dir": "/var/lib/prometheus",
            "retention_bytes": 50 * 2**30,
            "default_retention_bytes": 50 * 2**30,
        },
        {
            "name": "node_exporter",
            "user": "node_exporter",
            "ports": [9200],
            "architectures": ["x86_64", "aarch64"],
        },
    ]


OWN = {"prometheus": {"9.9.9": {"armv7": {"url": "https://mirror.example/prometheus.tar.gz", "sha256": "0" * 64}}}}


@pytest.mark.parametrize(
    ("variables", "architectures"),
    [
        ({}, ["x86_64", "aarch64"]),
        ({"prometheus_version": "3.13.4"}, ["x86_64"]),
        ({"prometheus_version": "9.9.9"}, None),
        ({"prometheus_version": "9.9.9", "vigil_catalogue_extra": OWN}, ["armv7l"]),
    ],
)
def test_the_architectures_of_a_version_are_planned(variables: dict[str, Any], architectures: list[str] | None) -> None:
    (planned,) = planned_services.planned_services(variables, ["prometheus"])
    assert planned.get("architectures") == architectures


@pytest.mark.parametrize(
    ("machine", "archive"),
    [("armv7l", "linux-armv7"), ("aarch64", "linux-arm64"), ("x86_64", "linux-amd64")],
)
def test_an_archive_is_found_by_the_name_of_the_machine(machine: str, archive: str) -> None:
    assert archive in release_of("alertmanager", version=None, architecture=machine, mirror=None, extra={})["url"]


def test_every_archive_of_the_catalogue_is_of_its_component_version_and_architecture() -> None:
    catalogue = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    digests: dict[str, str] = {}
    machines = {name: machine for machine, name in ARCHITECTURES.items()}
    for component, known in catalogue.items():
        for version, described in known["releases"].items():
            archives = {name: archive for name, archive in described.items() if isinstance(archive, dict)}
            assert archives.keys() <= set(ARCHITECTURES.values())
            for name, archive in archives.items():
                assert all(part in archive["url"] for part in (component, version))
                # Elastic names architectures as machines do.
                assert re.search(f"linux[-_]({name}|{machines[name]})", archive["url"])
                [(algorithm, digest)] = [(key, archive[key]) for key in LENGTHS if key in archive]
                assert re.fullmatch(f"[0-9a-f]{{{LENGTHS[algorithm]}}}", digest)
                assert archive["source"]
                assert digests.setdefault(digest, archive["url"]) == archive["url"]


@pytest.mark.parametrize(
    ("service", "variables", "tcp", "udp"),
    [
        ("alertmanager", {}, [9093], []),
        ("alertmanager", {"groups": {"alertmanager": ["a"]}}, [9093], []),
        ("alertmanager", {"groups": {"alertmanager": ["a", "b"]}}, [9093, 9094], []),
        ("alertmanager", {"groups": {"alertmanager": ["a"]}, "alertmanager_more_peers": [{}]}, [9093, 9094], []),
        ("alertmanager", {"alertmanager_peers": [{}, {}], "alertmanager_mesh_port": "9194"}, [9093, 9194], []),
        ("alertmanager", {"alertmanager_flags": {"cluster.listen-address": "0.0.0.0:9095"}}, [9093, 9095], [9095]),
        (
            "alertmanager",
            {"alertmanager_peers": [{}, {}], "alertmanager_flags": {"cluster.tls-config": None}},
            [9093, 9094],
            [9094],
        ),
        ("prometheus", {"prometheus_flags": {"web.listen-address": [":9090", "[::1]:9091"]}}, [9090, 9091], []),
        ("prometheus", {"prometheus_flags": {"log.level": "debug"}, "prometheus_port": 9191}, [9191], []),
        ("prometheus", {"prometheus_flags": {"web.listen-address": "localhost"}}, [], []),
        ("grafana", {"grafana_config": {"unified_alerting": {"ha_peers": "a:9094"}}}, [3000, 9094], [9094]),
        ("grafana", {"grafana_config": {"unified_alerting": {"enabled": True}}}, [3000], []),
    ],
)
def test_every_port_that_a_service_opens_is_planned(
    service: str, variables: dict[str, Any], tcp: list[int], udp: list[int]
) -> None:
    (planned,) = planned_services.planned_services(variables, [service])
    assert (planned["ports"], planned.get("udp_ports", [])) == (tcp, udp)


def test_a_service_with_a_certificate_of_the_users_own_is_not_certified() -> None:
    variables = {"prometheus_uid": 900, "node_exporter_certificate_file": "/etc/ssl/own.crt"}
    certified = certified_services.certified_services(variables, ["prometheus", "node_exporter"])
    assert certified == [{"name": "prometheus", "user": "prometheus", "names": [], "uid": 900}]


def test_a_certificate_names_every_address_by_which_its_service_is_reached() -> None:
    variables = {
        "prometheus_address": "10.0.0.1",
        "prometheus_listen_address": "fd00::1",
        "prometheus_external_url": "https://metrics.example:8443/prometheus",
        "node_exporter_listen_address": "::",
    }
    certified = certified_services.certified_services(variables, ["prometheus", "node_exporter"])
    assert certified == [
        {"name": "prometheus", "user": "prometheus", "names": ["10.0.0.1", "fd00::1", "metrics.example"]},
        {"name": "node_exporter", "user": "node_exporter", "names": []},
    ]


def test_a_retention_without_a_unit_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="prometheus_retention_size is '50'"):
        planned_services.planned_services({"prometheus_retention_size": "50"}, ["prometheus"])


def test_hashes_accept_their_password_and_stay_the_same() -> None:
    passwords = {"admin": "a long password", "prometheus": "a long password"}
    hashes = web_users.web_users(passwords)
    assert hashes == web_users.web_users(passwords)
    assert hashes["admin"] != hashes["prometheus"]
    assert bcrypt.checkpw(b"a long password", hashes["admin"].encode())


def test_a_salt_that_lies_beside_its_hash_tells_nothing_of_the_password() -> None:
    salts = {
        web_users.web_users({"admin": word}, "a")["admin"][:29] for word in ("a long password", "another password")
    }
    assert len(salts) == 1
    assert web_users.web_users({"admin": "a long password"}, "b")["admin"][:29] not in salts


@pytest.mark.parametrize("password", ["short", "x" * 73])
def test_a_password_of_a_bad_length_is_refused_without_showing_it(password: str) -> None:
    with pytest.raises(AnsibleFilterError, match="The password of admin must have 12 to 72 bytes") as refused:
        web_users.web_users({"admin": password})
    assert password not in str(refused.value)


def test_passwords_without_the_library_name_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password_hashes, "bcrypt", None)
    with pytest.raises(AnsibleFilterError, match="install the Python library bcrypt"):
        web_users.web_users({})


def test_plugins_are_named_by_where_they_were_staged() -> None:
    staged = [{"item": {"name": "clock"}, "path": "/opt/vigil/grafana-clock/1"}]
    assert plugin_sections.plugin_sections(staged) == {"plugin.clock": {"path": "/opt/vigil/grafana-clock/1"}}
    with pytest.raises(AnsibleFilterError, match="grafana_plugins names clock twice"):
        plugin_sections.plugin_sections(staged * 2)


def test_each_unit_of_a_service_with_several_is_a_target_of_the_job_of_its_process() -> None:
    variables = {"ansible_host": "192.0.2.5", "telemetry_address": "shop.example", "vigil_labels": {"team": "sales"}}
    found = inventory_targets.inventory_targets({"web1": variables}, {"telemetry": ["web1"]})
    jobs = {job["job_name"]: job for job in scrape_jobs.scrape_jobs(found, {"scheme": "https"})}
    assert {name: [one["targets"] for one in job["static_configs"]] for name, job in jobs.items()} == {
        "payment": [["shop.example:9466"]],
        "shop": [["shop.example:9464"], ["shop.example:9465"]],
    }
    assert jobs["shop"]["static_configs"][1]["labels"] == {"instance": "web1:9465", "host": "web1", "team": "sales"}
    assert jobs["shop"]["scheme"] == "https"
    assert [one["unit"] for one in found["telemetry"]] == ["shop-payment", "shop-1", "shop-2"]


def test_each_unit_of_a_service_with_several_has_its_ports_and_a_certificate() -> None:
    units = {
        "till": {"process": "payment", "port": 1, "metrics_port": 2},
        "front": {"process": "shop", "port": 4, "metrics_port": 3},
        "people": {"process": "load"},
    }
    variables = {"telemetry_units": units, "telemetry_uid": "901", "telemetry_address": "shop.example"}
    planned = planned_services.planned_services(variables, ["telemetry"])
    assert [(one["name"], one["user"], one["uid"], one["ports"]) for one in planned] == [
        ("till", "shop", 901, [1, 2]),
        ("front", "shop", 901, [3, 4]),
        ("people", "shop", 901, []),
    ]
    certified = certified_services.certified_services(variables, ["telemetry"])
    assert certified == [{"name": name, "user": "shop", "uid": 901, "names": ["shop.example"]} for name in units]
    assert certified_services.certified_services({}, ["telemetry"])[0]["name"] == "shop-payment"
