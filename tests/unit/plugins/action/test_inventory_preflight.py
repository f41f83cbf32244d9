# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory is refused for. Most inventories are read by Ansible in this process, some by ansible-playbook."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.playbook.play import Play
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.vigil.observability.plugins.action import inventory_preflight
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.played_inputs import (
    INSTEAD,
    played_inputs,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import (
    PROVISIONED,
    described_inputs,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.authority import make_authority
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils.authorities import (
    certificate,
    pem_of,
    pem_of_key,
)

try:
    from ansible.parsing.vault import VaultSecretsContext
except ImportError:  # ansible-core 2.18 takes the secrets from the loader
    VaultSecretsContext = None

COLLECTION = Path(inventory_preflight.__file__).parents[2]
SERVICES = ("node_exporter", "blackbox_exporter", "alertmanager", "prometheus", "grafana")
VAULT = VaultSecret(b"correct horse")
CERTIFICATE, KEY = make_authority(datetime.now(UTC))
WORDS = {"admin": "alpha-alpha-alpha", "prometheus": "bravo-bravo-bravo", "grafana": "foxtrot-foxtrot"}
WORDS["incident_response"] = "hotel-hotel-hotel"
SECRETS = {
    "certificates_authority_certificate": CERTIFICATE,
    "certificates_authority_key": KEY,
    "prometheus_passwords": WORDS,
    "alertmanager_passwords": {
        "admin": "charlie-charlie",
        "prometheus": "delta-delta-delta",
        "grafana": "echo-echo-echo",
        "incident_response": "golf-golf-golf",
    },
    "incident_response_passwords": {
        user: f"{user}-password" for user in ("admin", "alertmanager", "grafana", "prometheus", "reporter")
    },
}
MONITORS, WATCHED = ("monitor1", "monitor2"), "web1"
DIGEST = "0" * 64
PROBE = {"name": "shop", "module": "http_2xx", "targets": ["https://shop.example"]}
WEEKS = {"name": "weeks", "rules": {"groups": [{"rules": [{"expr": "x offset 4w"}]}]}, "tests": {}}
PASSED = {"changed": False, "fact_hosts": [], "warnings": []}
MAKE = "`ansible-playbook -i INVENTORY vigil.observability.secrets`, which generates missing secrets"

Variables = dict[str, Any]
Preflight = Callable[..., dict[str, Any]]


class Encrypted(str):
    """A text that stands encrypted in the inventory."""

    __slots__ = ()


class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # of two classes, one
    """Writes what an inventory holds."""


def _encrypted(dumper: Dumper, value: Encrypted) -> yaml.Node:
    encrypted = VaultLib().encrypt(str(value), secret=VAULT).decode()
    node: yaml.Node = dumper.represent_scalar("!vault", encrypted, style="|")
    return node


Dumper.add_representer(Encrypted, _encrypted)

SHOP = {"prometheus_secrets": {"shop": Encrypted("x1234567")}}


@pytest.fixture
def preflight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Preflight:
    """A function that runs the action on an inventory of two monitors, a watched host and a spare one.

    Its arguments are variables by host, `every` for those of all hosts; with `secrets=False` none are there.
    """

    def run(
        *,
        every: Variables | None = None,
        secrets: bool = True,
        extra: Variables | None = None,
        play: Variables | None = None,
        facts: Variables | None = None,
        gathered: bool = False,
        vault: VaultSecret | None = VAULT,
        only: str = "",
        alertmanager: Sequence[str] = MONITORS,
        grafana: Sequence[str] = (),
        elasticsearch: Sequence[str] = (),
        log_exporter: Sequence[str] = (),
        elasticsearch_exporter: Sequence[str] = (),
        logstash: Sequence[str] = (),
        filebeat: Sequence[str] = (),
        jaeger: Sequence[str] = (),
        rsyslog: Sequence[str] = (),
        telemetry: Sequence[str] = (),
        incident_response: Sequence[str] = (),
        runbook_target: Sequence[str] = (),
        hosts: dict[str, Variables] | None = None,
        **by_host: Variables,
    ) -> dict[str, Any]:
        said = {"all": {"vars": {**(SECRETS if secrets else {}), **(every or {})}, "children": {}}}
        children = said["all"]["children"]
        for service in SERVICES:
            children[service] = {"hosts": dict.fromkeys(MONITORS)}
        children["alertmanager"]["hosts"] = dict.fromkeys(alertmanager)
        children["grafana"]["hosts"] = dict.fromkeys(grafana)
        children["elasticsearch"] = {"hosts": dict.fromkeys(elasticsearch)}
        children["log_exporter"] = {"hosts": dict.fromkeys(log_exporter)}
        children["elasticsearch_exporter"] = {"hosts": dict.fromkeys(elasticsearch_exporter)}
        children["logstash"] = {"hosts": dict.fromkeys(logstash)}
        children["filebeat"] = {"hosts": dict.fromkeys(filebeat)}
        children["jaeger"] = {"hosts": dict.fromkeys(jaeger)}
        children["telemetry"] = {"hosts": dict.fromkeys(telemetry)}
        children["rsyslog"] = {"hosts": dict.fromkeys(rsyslog)}
        children["incident_response"] = {"hosts": dict.fromkeys(incident_response)}
        children["runbook_target"] = {"hosts": dict.fromkeys(runbook_target)}
        children["node_exporter"]["hosts"] |= {WATCHED: None, **(hosts or {})}
        children["ungrouped"] = {"hosts": {"spare": None}}
        for group in children.values():
            group["hosts"] = {name: by_host.get(name, given) for name, given in group["hosts"].items()}
        if only:
            said["all"]["children"] = {only: {"hosts": {name: by_host.get(name) for name in MONITORS}}}
        (tmp_path / "hosts.yml").write_text(yaml.dump(said, Dumper=Dumper))
        vaults = [("default", vault)] if vault else []
        if VaultSecretsContext:
            monkeypatch.setattr(VaultSecretsContext, "_current", VaultSecretsContext(vaults))
        run_on = functools.partial(_acted, tmp_path, vaults, gathered=gathered)
        return run_on(extra=extra or {}, play=play or {}, facts=facts or {})

    return run


def _acted(
    inventory: Path,
    vaults: list[tuple[str, VaultSecret]],
    *,
    gathered: bool,
    extra: Variables,
    play: Variables,
    facts: Variables,
) -> dict[str, Any]:
    loader = DataLoader()
    loader.set_vault_secrets(vaults)
    sources = InventoryManager(loader=loader, sources=[str(inventory)])
    variables = VariableManager(loader=loader, inventory=sources)
    variables._extra_vars = extra
    variables.set_host_facts("monitor2", facts)
    HostVars(inventory=sources, variable_manager=variables, loader=loader)
    source = {"hosts": "all", "gather_facts": False, "vars": play}
    names = ("metrics", "applications", "incidents", "deployment")
    source["vars_files"] = [str(COLLECTION / "playbooks" / "vars" / f"{name}.yml") for name in names]
    played = Play().load(source, variable_manager=variables, loader=loader)
    task_vars = variables.get_vars(play=played, host=sources.get_host("monitor1"))
    task_vars["ansible_inventory_sources"] = ["INVENTORY"]
    args = {"gathered": gathered}
    task = SimpleNamespace(args=args, async_val=0, check_mode=False, diff=False, action="")
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    action = inventory_preflight.ActionModule(task, connection, None, loader, Templar(loader, task_vars), None)
    result: dict[str, Any] = action.run(task_vars=task_vars)
    return result


HEADS = (
    "The inventory is not valid. No host was contacted. Correct the following:",
    "The inventory is not valid with the facts of its hosts. Nothing was changed. Correct the following:",
)


def problems(result: dict[str, Any]) -> list[str]:
    """Return the sentences of a refusal, none of an inventory that passed."""
    assert not result["changed"]
    head, *sentences = result.get("msg", "").split("\n- ")
    assert head in ("", *HEADS)
    return list(sentences)


def test_inventory_with_its_secrets_passes(preflight: Preflight) -> None:
    assert preflight() == PASSED


def test_files_that_the_roles_stage_may_be_named(preflight: Preflight) -> None:
    jobs = [{"basic_auth": {"password_file": f"secrets/{name}"}} for name in ("shop", "prometheus", "alertmanager")]
    found = [{"file_sd_configs": [{"files": ["/etc/vigil/local/prometheus/*.json"]}]}]
    own = {"rule_files": ["rules/*.yml"], "alerting": {"alertmanagers": []}}
    routed = {"global": {"slack_api_url_file": "/etc/alertmanager/secrets/slack"}, "templates": ["templates/a.tmpl"]}
    flags = {"prometheus_flags": {"web.config.file": "/etc/prometheus/web.yml"}}
    named = {
        **flags,
        "prometheus_scrape_configs": [*jobs, *found],
        "prometheus_config": own,
        "alertmanager_config": routed,
    }
    assert preflight(every={**named, **SHOP, "alertmanager_secrets": {"slack": "x1234567"}}) == PASSED


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"every": {"prometheus_retension": "90d"}},
            (
                "prometheus_retension of monitor1 and monitor2 is not an input of the role prometheus: "
                "correct it to prometheus_retention_time or prometheus_retention_size, or remove it."
            ),
        ),
        (
            {"web1": {"node_exporter_prot": 9200}},
            (
                "node_exporter_prot of web1 is not an input of the role node_exporter: "
                "correct it to node_exporter_port, or remove it."
            ),
        ),
        (
            {"web1": {"prometheus_retension": "90d"}, "monitor2": {"prometheus_retension": "90d"}},
            "prometheus_retension of monitor2 is not an input of the role prometheus: correct it to",
        ),
        (
            {"every": {"vigil_foreign_prefixes": ["shop_", "node_"]}},
            (
                "vigil_foreign_prefixes of monitor1, monitor2 and web1 cannot contain 'node_': node_exporter_address "
                "of this collection begins with it too. Use a longer prefix."
            ),
        ),
        (
            {"every": {"vigil_foreign_prefixes": "shop_"}},
            "vigil_foreign_prefixes of monitor1, monitor2 and web1 is a text: it has to be a list of texts.",
        ),
        (
            {"web1": {"vigil_miror": "http://mirror"}},
            "vigil_miror of web1 is not a variable of this collection: correct it to vigil_mirror, or remove it.",
        ),
        (
            {"monitor1": {"prometheus_port": "http"}},
            "prometheus_port of monitor1 is 'http': it has to be a whole number.",
        ),
        (
            {"every": {"prometheus_rule_files": "rules/shop.yml"}},
            "prometheus_rule_files of monitor1 and monitor2 is a text: it has to be a list of paths.",
        ),
        (
            {"monitor2": {"alertmanager_config": None}},
            "alertmanager_config of monitor2 is empty: set it to a mapping, or remove it.",
        ),
        (
            {"web1": {"vigil_labels": "team=shop"}},
            "vigil_labels of web1 is a text: it has to be a mapping.",
        ),
        (
            {"every": {"vigil_labels": {"job": "web"}}},
            (
                "vigil_labels of monitor1, monitor2 and web1 cannot contain job, which is a label of the stack's own: "
                "alerts and dashboards use it, so choose another name."
            ),
        ),
        (
            {"monitor1": {"prometheus_probes": [{**PROBE, "labels": {"instance": "a"}}]}},
            (
                "prometheus_probes of monitor1 cannot be used: labels of shop cannot contain instance, which is a "
                "label of "
            ),
        ),
        (
            {"monitor1": {"prometheus_config": {"global": {"external_labels": {"replica": "a"}}}}},
            (
                "prometheus_config.global.external_labels of monitor1 cannot contain replica: set prometheus_replica "
                "instead."
            ),
        ),
        (
            {"monitor1": {"prometheus_config": {"global": {"external_labels": {"host": "a"}}}}},
            "prometheus_config.global.external_labels of monitor1 cannot contain host, which is a label of the stack's",
        ),
        (
            {"every": {"prometheus_scrape_configs": [{"basic_auth": {"password_file": "secrets/shp"}}], **SHOP}},
            (
                "prometheus_scrape_configs of monitor1 and monitor2 cannot be used: password_file names secrets/shp, "
                "which is not among the files that are staged in /etc/prometheus: those are prometheus.yml, rules/, "
                "secrets/alertmanager, secrets/grafana, secrets/incident_response, secrets/prometheus, secrets/shop, "
                "web.yml. Add it (a secret one to prometheus_secrets), or give the absolute path of a file on the host"
            ),
        ),
        (
            {"monitor1": {"prometheus_remote_write": [{"authorization": {"credentials_file": "secrets/shp"}}]}},
            "prometheus_remote_write of monitor1 cannot be used: credentials_file names secrets/shp",
        ),
        (
            {"monitor1": {"prometheus_remote_read": [{"tls_config": {"key_file": "/etc/prometheus/tls.key"}}]}},
            "prometheus_remote_read of monitor1 cannot be used: key_file names /etc/prometheus/tls.key",
        ),
        (
            {"monitor1": {"prometheus_config": {"scrape_config_files": ["jobs/*.yml"]}}},
            "prometheus_config of monitor1 cannot be used: scrape_config_files names jobs/*.yml",
        ),
        (
            {"web1": {"node_exporter_flags": {"web.config.file": "/etc/node_exporter/own.yml"}}},
            "node_exporter_flags of web1 cannot be used: web.config.file names /etc/node_exporter/own.yml",
        ),
        (
            {"monitor1": {"prometheus_authority_file": "/etc/prometheus/own.crt"}},
            "prometheus_authority_file of monitor1 cannot be used: prometheus_authority_file names /etc/prometheus/own",
        ),
        (
            {"monitor1": {"alertmanager_config": {"global": {"slack_api_url_file": "secrets/slak"}}}},
            "alertmanager_config of monitor1 cannot be used: slack_api_url_file names secrets/slak",
        ),
        (
            {"web1": {"node_exporter_port": "{{ nowhere }}"}},
            (
                "node_exporter_port of web1 cannot be evaluated ('nowhere' is undefined): "
                "correct it, or what it refers to."
            ),
        ),
        (
            {"web1": {"node_exporter_address": "{{ ansible_host }}"}},
            "node_exporter_address of web1 cannot be evaluated ('ansible_host' is undefined)",
        ),
        (
            {"web1": {"node_exporter_port": "{{ 'x' | from_json }}"}},
            "node_exporter_port of web1 cannot be evaluated",
        ),
        (
            {"every": {"prometheus_passwords": {"admin": "{{ nowhere }}", "prometheus": "{{ 'x' | from_json }}"}}},
            "prometheus_passwords of monitor1 and monitor2 cannot be evaluated",
        ),
        (
            {"every": {"prometheus_passwords": {"admin": "hunter2hunter2 {{ 'x' | from_json }}"}}},
            (
                "prometheus_passwords of monitor1 and monitor2 cannot be evaluated "
                "(the reason is not shown, because it could contain the secret): correct it, or what it refers to."
            ),
        ),
        (
            {"every": {"prometheus_version": "9.9.9"}},
            (
                "prometheus_version of monitor1 and monitor2 cannot be installed: There is no prometheus 9.9.9 in the "
                "catalogue."
            ),
        ),
        (
            {"web1": {"node_exporter_version": "9.9.9", "vigil_catalogue_extra": {"node_exporter": ["9.9.9"]}}},
            (
                "node_exporter_version of web1 cannot be installed: vigil_catalogue_extra has to map component, "
                "version and architecture to url and sha256 or sha512."
            ),
        ),
        (
            {"web1": {"node_exporter_port": 65536}},
            "node_exporter_port of web1 is 65536: a port is a number from 1 to 65535.",
        ),
        (
            {"monitor1": {"alertmanager_port": 9090}},
            "Port 9090 of monitor1 is used by alertmanager_port and prometheus_port: set them to different ports.",
        ),
        (
            {"every": {"node_exporter_port": "9094"}},
            (
                "Port 9094 of monitor1 and monitor2 is used by node_exporter_port and alertmanager_mesh_port: "
                "set them to different ports."
            ),
        ),
        (
            {"every": {"prometheus_replica": "a"}},
            (
                "prometheus_replica of monitor1 and monitor2 is 'a' for each of them, but has to identify a "
                "replica: set a different one on each, or none."
            ),
        ),
        (
            {"monitor2": {"node_exporter_address": "Web1"}},
            (
                "node_exporter of monitor2 and web1 has one address, web1: "
                "set ansible_host or <service>_address to that of each host."
            ),
        ),
        (
            {"monitor1": {"ansible_host": "10.0.0.5"}, "monitor2": {"ansible_host": "10.0.0.5"}},
            (
                "node_exporter, blackbox_exporter, alertmanager and prometheus of monitor1 and monitor2 have one "
                "address, 10.0.0.5: set ansible_host or <service>_address to that of each host."
            ),
        ),
        (
            {"monitor1": {"prometheus_retention_size": "50 GB"}},
            "prometheus_retention_size of monitor1 is '50 GB'; it must be a whole number with a unit, like 50GB.",
        ),
        (
            {"monitor1": {"vigil_tls_min_version": "TLS11"}},
            "vigil_tls_min_version of monitor1 is 'TLS11': it has to be one of TLS12, TLS13.",
        ),
        (
            {"monitor1": {"prometheus_rule_files": ["/nowhere/shop.yml"]}},
            (
                "prometheus_rule_files of monitor1 cannot be used: "
                "There is no rule file or directory /nowhere/shop.yml on the controller."
            ),
        ),
        (
            {"monitor1": {"prometheus_rule_files": ["rules/shop.yml"]}},
            f"on the controller. A relative path begins at {Path.cwd()}.",
        ),
        (
            {
                "monitor1": {
                    "prometheus_rule_files": [str(COLLECTION / "roles/prometheus/files/rules/certificates.yml")]
                }
            },
            "Two rule files would be rules/certificates.yml",
        ),
        ({"monitor1": {"prometheus_rule_files": ["/bin/true"]}}, "/bin/true is not readable as text"),
        (
            {"monitor1": {"prometheus_rule_tests": ["/nowhere/shop.yml"]}},
            (
                "prometheus_rule_tests of monitor1 cannot be used: "
                "There is no test file or directory /nowhere/shop.yml on the controller."
            ),
        ),
        (
            {"monitor1": {"prometheus_rule_tests": ["/bin/true"]}},
            "prometheus_rule_tests of monitor1 cannot be used: The test file /bin/true is not readable as text",
        ),
        (
            {"every": {"prometheus_rules": [{"name": "shop"}]}},
            (
                "prometheus_rules of monitor1 and monitor2 is not a list of rule sets: "
                "each needs a name, rules and tests."
            ),
        ),
        (
            {"every": {"vigil_applications": [{"name": "shop", "team": "sales", "depends_on": ["billing"]}]}},
            (
                "vigil_applications of monitor1 and monitor2 cannot be used: "
                "Cannot generate rules from these objectives: "
                "Application 'shop' depends on 'billing', which is not declared."
            ),
        ),
        (
            {"every": {"prometheus_rules": [WEEKS], "prometheus_retention_time": "7d"}},
            (
                "prometheus_rules of monitor1 and monitor2 cannot be used: "
                "The rules weeks look back 4w, but prometheus_retention_time is 7d."
            ),
        ),
        (
            {"monitor1": {"prometheus_alerts": {"HostDiskFillsSon": {"threshold": 48}}}},
            (
                "prometheus_alerts of monitor1 cannot be used: "
                "HostDiskFillsSon is not a shipped alert (did you mean HostDiskFillsSoon?)."
            ),
        ),
        (
            {"web1": {"ansible_host": "10.0.0.5:22"}},
            (
                "A certificate of web1 cannot be made: The address '10.0.0.5:22' of web1 is neither a DNS name nor "
                "an IP address."
            ),
        ),
        (
            {"web1": {"node_exporter_external_url": "https://[web1/"}},
            (
                "node_exporter_external_url of web1 is 'https://[web1/', which cannot be read (Invalid IPv6 URL): "
                "write it like https://metrics.example.com/path."
            ),
        ),
        (
            {"monitor1": {"prometheus_external_url": "https://a b/"}},
            (
                "prometheus_external_url of monitor1 is 'https://a b/', which is not the address of a web server: "
                "write it like"
            ),
        ),
        (
            {"every": {"prometheus_passwords": {**WORDS, "admin": "a" * 11, "prometheus": "b" * 72}}},
            "prometheus_passwords.admin of monitor1 and monitor2 does not have 12 to 72 bytes: choose another password",
        ),
        (
            {"every": {"alertmanager_passwords": {**WORDS, "grafana": "b" * 73}}},
            "alertmanager_passwords.grafana of monitor1 and monitor2 does not have 12 to 72 bytes",
        ),
        (
            {"monitor1": {"prometheus_flags": {"web.listen-address": ["0.0.0.0:9090", "127.0.0.1:9094"]}}},
            (
                "Port 9094 of monitor1 is used by alertmanager_mesh_port and prometheus_flags.web.listen-address: set "
                "them to different ports."
            ),
        ),
        (
            {"monitor1": {"prometheus_flags": {"web.listen-address": "0.0.0.0:9191"}}},
            (
                "prometheus_flags.web.listen-address of monitor1 leaves out port 9090, where prometheus is checked: "
                "set prometheus_port and prometheus_listen_address."
            ),
        ),
        (
            {"monitor1": {"alertmanager_flags": {"cluster.listen-address": "0.0.0.0"}}},
            "alertmanager_flags.cluster.listen-address of monitor1 has an address without a port: write it like",
        ),
        (
            {"monitor1": {"prometheus_uid": 900, "alertmanager_uid": "900"}},
            (
                "alertmanager_uid of monitor1 is 900 for alertmanager, and prometheus_uid is 900 for prometheus: give "
                "each user one UID, and no two users the same."
            ),
        ),
        (
            {"monitor1": {"prometheus_uid": 900, "alertmanager_uid": 901, "alertmanager_user": "prometheus"}},
            "alertmanager_uid of monitor1 is 901 for prometheus, and prometheus_uid is 900 for prometheus: give each",
        ),
        (
            {"every": {"prometheus_resources": {"memory_max": "1G", "CPUWeight": 5}}},
            (
                "prometheus_resources.memory_max of monitor1 and monitor2 is not a key of a systemd unit: write "
                "MemoryMax."
            ),
        ),
        (
            {"monitor1": {"prometheus_environment": {"HTTPS_PROXY": "http://me:battery@proxy:3128"}}},
            (
                "prometheus_environment.HTTPS_PROXY of monitor1 contains a password in a URL, but everyone can read a "
                "unit: put it into a file that only root can read, and set EnvironmentFile in "
                "prometheus_resources to it."
            ),
        ),
        (
            {"every": {"alertmanager_external_url": "javascript:alert(1)"}},
            (
                "alertmanager_external_url of monitor1 and monitor2 is 'javascript:alert(1)', which is not the "
                "address of a web server: write it like https://metrics.example.com/path."
            ),
        ),
        (
            {"monitor1": {"prometheus_data_dir": "/var/../var/log/"}},
            (
                "prometheus_data_dir of monitor1 is /var/../var/log/, which belongs to the system: choose a separate "
                "directory, such as /var/lib/prometheus or /srv/prometheus."
            ),
        ),
        (
            {"monitor1": {"alertmanager_data_dir": "{{ base }}/lib", "base": "/var"}},
            "alertmanager_data_dir of monitor1 is /var/lib, which belongs to the system",
        ),
        (
            {"monitor1": {"prometheus_data_dir": "/home/jo/prometheus"}},
            "is /home/jo/prometheus, which is not visible to hardened services: choose a separate directory",
        ),
        (
            {"monitor1": {"prometheus_data_dir": "data"}},
            "prometheus_data_dir of monitor1 is 'data', which is not an absolute path: start it with /.",
        ),
        (
            {"web1": {"vigil_textfile_dir": "/var/log"}},
            (
                "vigil_textfile_dir of web1 is /var/log, which belongs to the system: choose a directory for "
                "metrics only, such as /var/lib/node_exporter/textfile."
            ),
        ),
        (
            {"web1": {"certificates_textfile_dir": "/etc"}},
            "certificates_textfile_dir of web1 is /etc, which belongs to the system",
        ),
        (
            {"monitor1": {"prometheus_data_dir": "/srv/data", "alertmanager_data_dir": "//srv/data/alerts"}},
            (
                "alertmanager_data_dir of monitor1 is //srv/data/alerts, and prometheus_data_dir is /srv/data: choose "
                "directories that do not contain each other."
            ),
        ),
        (
            {"monitor1": {"node_exporter_textfile_dir": "/var/lib/prometheus/node-exporter"}},
            (
                "prometheus_data_dir of monitor1 is /var/lib/prometheus, and node_exporter_textfile_dir is "
                "/var/lib/prometheus/node-exporter: choose directories that do not contain each other."
            ),
        ),
        (
            {"monitor1": {"prometheus_data_dir": "/var/lib/grafana/metrics"}},
            (
                "prometheus_data_dir of monitor1 is /var/lib/grafana/metrics, and /var/lib/grafana is reserved for "
                "grafana: choose another directory."
            ),
        ),
        (
            {"web1": {"node_exporter_textfile_dir": "/opt/node_exporter/textfile"}},
            "and /opt/node_exporter is reserved for node_exporter: choose another directory.",
        ),
        (
            {"monitor1": {"prometheus_flags": {"storage.tsdb.path": "/srv/prometheus"}}},
            (
                "prometheus_flags.storage.tsdb.path of monitor1 is set, but the unit allows prometheus to "
                "write only to prometheus_data_dir: set that instead."
            ),
        ),
        (
            {"every": {"certificates_trusted": KEY}},
            "monitor1, monitor2 and web1 cannot be used: certificates_trusted contains a private key, but is shown",
        ),
        (
            {"every": {"certificates_authority_key": pem_of_key(ec.generate_private_key(ec.SECP256R1()))}},
            (
                "The certificate authority of monitor1, monitor2 and web1 cannot be used: certificates_authority_key "
                "does not belong to the certificate authority"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(preflight: Preflight, given: dict[str, Any], sentence: str) -> None:
    [said] = problems(preflight(**given))
    assert sentence in said
    assert said.endswith(".")


@pytest.mark.parametrize(
    "given",
    [
        {
            "monitor1": {
                "alertmanager_port": 9090,
                "alertmanager_listen_address": "10.0.0.1",
                "prometheus_listen_address": "::1",
            }
        },
        {"monitor1": {"prometheus_replica": "a", "prometheus_cluster": "b"}, "monitor2": {"prometheus_replica": "a"}},
        {"monitor1": {"ansible_host": "10.0.0.5"}, "web1": {"ansible_host": "10.0.0.5", "node_exporter_port": 9200}},
        {"every": {"prometheus_external_url": "https://{{ prometheus_address }}:{{ prometheus_port }}/"}},
        {"every": {"node_exporter_port": "{{ shifted }}", "shifted": " 9200.0 "}},
        {"every": {"prometheus_version": "{{ {'x86_64': '3.5.0'}[ansible_facts.architecture] }}"}},
        {"every": {"prometheus_listen_address": "{{ ansible_default_ipv4.address }}"}},
        {"every": {"prometheus_scrape_configs": [{"job_name": "{{ inventory_hostname }}"}]}},
        {"every": {"prometheus_uid": "{{ 900 }}", "prometheus_accept_irreversible": "yes"}},
        {"spare": {"prometheus_port": "{{ nowhere }}"}},
        {"facts": {"vigil_disk_bytes": {"prometheus": 1}}},
        {
            "every": {
                "prometheus_version": "9.9.9",
                "vigil_catalogue_extra": {"prometheus": {"9.9.9": {"arm64": {"url": "https://a/b", "sha256": DIGEST}}}},
            }
        },
        {"only": "node_exporter", "monitor1": {"node_exporter_port": 9094}, "monitor2": {"ansible_host": "::1"}},
        {
            "only": "node_exporter",
            "secrets": False,
            "every": {"node_exporter_certificate_file": "/etc/own.crt", "node_exporter_key_file": "/etc/own.key"},
        },
        {"every": {"prometheus_rules": [WEEKS]}},
        {"every": {"vigil_labels": {"team": "shop", "rack": 7}, "prometheus_probes": [{**PROBE, "labels": None}]}},
        {"every": {"prometheus_config": {"global": {"external_labels": {"environment": "production"}}}}},
        {"spare": {"vigil_labels": {"job": "web"}}},
        {"every": {"prometheus_data_dir": "/data/prometheus", "alertmanager_data_dir": "/data/alertmanager"}},
        {"every": {"vigil_textfile_dir": "/run/textfile"}},
        {"spare": {"prometheus_data_dir": "/"}},
        {"every": {"prometheus_flags": {"web.listen-address": ["10.0.0.1:9090", "localhost:9090"]}}},
        {"alertmanager": ["monitor1"], "monitor1": {"node_exporter_port": 9094}},
        {"every": {"prometheus_uid": 900, "alertmanager_uid": 900, "alertmanager_user": "prometheus"}},
        {"every": {"vigil_environment": {"https_proxy": "http://me:battery@proxy:3128"}}},
        {"every": {"prometheus_rules": [WEEKS], "prometheus_retention_time": "7d", "prometheus_remote_read": [{}]}},
        {"play": {"prometheus_port": 9191}, "monitor1": {"prometheus_port": "http"}},
        {"only": "prometheus", "every": {"alertmanager_passwords": None}},
        {
            "secrets": False,
            "every": SECRETS
            | {"prometheus_passwords": {**WORDS, "admin": Encrypted("a" * 12), "prometheus": "b" * 72}},
        },
    ],
)
def test_what_can_be_used_is_not_refused(preflight: Preflight, given: dict[str, Any]) -> None:
    assert problems(preflight(**given)) == []


@pytest.mark.parametrize(
    ("members", "given", "sentence"),
    [
        (["web1"], {}, ""),
        (["monitor1", "web1"], {"grafana_database": {"type": "postgres"}, "grafana_database_password": "foxtrot"}, ""),
        (
            ["monitor1", "web1"],
            {},
            "grafana_database of monitor1 and web1 is SQLite, which several hosts cannot share: use PostgreSQL ",
        ),
        (
            ["web1"],
            {"grafana_database": {"type": "postgres"}},
            "grafana_database_password of web1 is missing: postgres requires it, so set it in the inventory",
        ),
        (
            ["web1"],
            {"grafana_passwords": None},
            # Prometheus needs it too, on its own hosts.
            "grafana_passwords of monitor1, monitor2 and web1 is missing: run ",
        ),
    ],
)
def test_several_grafanas_need_a_database_that_they_share(
    preflight: Preflight, members: list[str], given: dict[str, Any], sentence: str
) -> None:
    every = {"grafana_passwords": WORDS, "grafana_secret_key": "echo-echo-echo", **given}
    found = problems(preflight(every=every, grafana=members))
    assert len(found) == (1 if sentence else 0)
    assert "".join(found).startswith(sentence)


def test_metrics_of_certificates_that_node_exporter_does_not_read_are_warned_of(preflight: Preflight) -> None:
    assert preflight(web1={"node_exporter_textfile_dir": "/srv/textfile"})["warnings"] == [
        (
            "certificates_textfile_dir of web1 is /var/lib/vigil/textfile, but node_exporter reads /srv/textfile: "
            "certificate alerts would have no data, so set both to the same directory."
        )
    ]
    assert preflight(web1={"vigil_textfile_dir": "/srv/textfile"})["warnings"] == []


def test_port_of_the_alerting_of_grafana_and_that_of_the_mesh_are_one_port(preflight: Preflight) -> None:
    given = {"grafana_config": {"unified_alerting": {"ha_peers": "monitor2:9094"}, "server": {"http_port": 3001}}}
    every = {"grafana_passwords": WORDS, "grafana_secret_key": "echo-echo-echo", **given}
    assert problems(preflight(every=every, grafana=["monitor1"])) == [
        (
            "grafana_config.server.http_port of monitor1 is 3001, but the collection uses port 3000: set grafana_port "
            "instead."
        ),
        (
            "Port 9094 of monitor1 is used by alertmanager_mesh_port and "
            "grafana_config.unified_alerting.ha_listen_address: set them to different ports."
        ),
    ]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"grafana_config": {"paths": {"logs": "/var/log/grafana"}}}, "grafana_config.paths.logs"),
        ({"grafana_environment": {"GF_PATHS_DATA": "/srv/grafana"}}, "grafana_environment.GF_PATHS_DATA"),
        ({"grafana_environment": {"GF_SERVER_HTTP_PORT": "3001"}}, "grafana_environment.GF_SERVER_HTTP_PORT"),
        ({"grafana_environment": {"GF_SERVER_HTTP_PORT": "3000", "GF_PATHS_LOGS": "/var/lib/grafana/log"}}, ""),
        ({"grafana_config": {"database": {"path": "/srv/grafana.db"}}}, "grafana_config.database.path"),
        ({"grafana_database": {"type": "sqlite3", "path": "/var/lib/grafana2/a.db"}}, "grafana_database.path"),
        ({"grafana_database": {"path": "/srv/g/grafana.db"}, "grafana_data_dir": "//srv/g/"}, ""),
        ({"grafana_config": {"paths": {"data": "/var/lib/grafana/"}, "database": "x"}}, ""),
    ],
)
def test_grafana_is_told_to_write_to_its_data_directory_and_listen_at_its_port_alone(
    preflight: Preflight, given: Variables, named: str
) -> None:
    every = {"grafana_passwords": WORDS, "grafana_secret_key": "echo-echo-echo", **given}
    found = [sentence.partition(" of web1 is ")[0] for sentence in problems(preflight(every=every, grafana=["web1"]))]
    assert found == ([named] if named else [])


PUBLIC_KEY = "SW2YcwTIb9zpOOhoPsMm"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"grafana_secret_key": PUBLIC_KEY},
            "grafana_secret_key of web1 is Grafana's default secret_key, which everybody",
        ),
        (
            {"grafana_config": {"security": {"secret_key": PUBLIC_KEY}}},
            "grafana_config.security.secret_key of web1 is Grafana's default secret_key",
        ),
        (
            {"grafana_config": {"server": {"http_addr": "127.0.0.1"}}},
            "grafana_config.server.http_addr of web1 is set, but the playbooks connect to grafana_listen_address",
        ),
        (
            {"grafana_config": {"server": {"protocol": "socket", "socket": "/run/grafana.sock"}}},
            "grafana_config.server.protocol of web1 is socket, but its health is checked over TLS",
        ),
        (
            {"provision_dashboard_directory": "/nowhere/dashboards"},
            "provision_dashboard_directory of web1 cannot be used: There is no dashboard in /nowhere/dashboards",
        ),
        ({"grafana_config": {"server": {"protocol": "h2", "http_addr": None}, "security": None}}, ""),
    ],
)
def test_grafana_is_refused_what_cannot_work_or_everybody_knows(
    preflight: Preflight, given: Variables, sentence: str
) -> None:
    every = {"grafana_passwords": WORDS, "grafana_secret_key": "echo-echo-echo", **given}
    found = problems(preflight(every=every, grafana=["web1"]))
    assert len(found) == (1 if sentence else 0)
    assert "".join(found).startswith(sentence)


def test_a_dashboard_that_cannot_be_used_is_no_matter_of_the_inventory(preflight: Preflight, tmp_path: Path) -> None:
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards/broken.json").write_text("{")
    every = {"grafana_passwords": WORDS, "grafana_secret_key": "echo-echo-echo"}
    every["provision_dashboard_directory"] = str(tmp_path / "dashboards")
    assert problems(preflight(every=every, grafana=["web1"])) == []


def test_a_key_of_grafana_that_is_soon_guessed_is_a_warning(preflight: Preflight) -> None:
    every = {"grafana_passwords": WORDS, "grafana_secret_key": "short"}
    [warning] = preflight(every=every, grafana=["web1"])["warnings"]
    assert warning.startswith("grafana_secret_key of web1 has fewer than 12 bytes and can be guessed")


@pytest.mark.parametrize(
    ("service", "host", "given", "sentence"),
    [
        (
            "grafana",
            "web1",
            {"grafana_listen_address": "127.0.0.1"},
            "grafana_listen_address of web1 is 127.0.0.1, but Prometheus scrapes web1:3000, where",
        ),
        ("grafana", "web1", {"grafana_listen_address": "127.0.0.1", "grafana_address": "proxy.example.com"}, ""),
        ("grafana", "web1", {"grafana_listen_address": "192.0.2.7"}, ""),
        (
            "node_exporter",
            "web1",
            {"node_exporter_listen_address": "::1", "node_exporter_port": 9200, "ansible_host": "192.0.2.7"},
            "node_exporter_listen_address of web1 is ::1, but Prometheus scrapes 192.0.2.7:9200",
        ),
        (
            "prometheus",
            "monitor1",
            {"prometheus_listen_address": "localhost"},
            "prometheus_listen_address of monitor1 is localhost, but Prometheus scrapes monitor1:9090",
        ),
        (
            "alertmanager",
            "monitor1",
            {"alertmanager_listen_address": "127.0.0.1", "alertmanager_address": "127.0.0.1"},
            "alertmanager_address of monitor1 is 127.0.0.1, which monitor2 cannot reach: set the address at",
        ),
    ],
)
def test_a_service_that_others_do_not_reach_is_a_warning(
    preflight: Preflight, service: str, host: str, given: Variables, sentence: str
) -> None:
    every = {"grafana_passwords": WORDS, "grafana_secret_key": "echo-echo-echo"}
    result = preflight(every=every, grafana=["web1"], **{host: given})
    assert problems(result) == []
    found = [warning for warning in result["warnings"] if warning.startswith(service)]
    assert len(found) == (1 if sentence else 0)
    assert "".join(found).startswith(sentence)


def test_version_that_the_tests_do_not_run_is_a_warning(preflight: Preflight) -> None:
    [warning] = preflight(every={"prometheus_version": "2.45.0"})["warnings"]
    assert warning == (
        "prometheus_version of monitor1 and monitor2 is 2.45.0, a version that is not tested with this "
        "collection: try it on one host first."
    )


@pytest.mark.parametrize(
    ("release", "reason"),
    [
        ({"amd64": {"url": "https://a/b"}}, "prometheus 9.9.9 for amd64 needs a url and either sha256 or sha512"),
        (
            {"amd64": {"url": "https://a/b", "sha512": "abc"}},
            "The sha512 of prometheus 9.9.9 in vigil_catalogue_extra has to be 128 hexadecimal digits.",
        ),
        (
            {"amd64": {"url": "https://a/b", "sha256": "abc"}},
            "The sha256 of prometheus 9.9.9 in vigil_catalogue_extra has",
        ),
    ],
)
def test_version_without_a_digest_for_any_architecture_is_refused(
    preflight: Preflight, release: dict[str, Any], reason: str
) -> None:
    extra = {"prometheus": {"9.9.9": release}}
    [said] = problems(preflight(every={"prometheus_version": "9.9.9", "vigil_catalogue_extra": extra}))
    assert reason in said
    assert "has no archive for arm64" in said


def test_missing_secrets_are_named_for_the_hosts_that_need_them_with_what_makes_them(preflight: Preflight) -> None:
    assert problems(preflight(secrets=False)) == [
        (
            "alertmanager_passwords and prometheus_passwords of monitor1 and monitor2 are missing: "
            f"run {MAKE}, or set your own."
        ),
        (
            "certificates_authority_certificate and certificates_authority_key of monitor1, monitor2 and web1 are "
            f"missing: run {MAKE}, or set your own."
        ),
    ]


@pytest.mark.parametrize("empty", ["", None, "{{ '' }}"])
def test_empty_secret_is_missing(preflight: Preflight, empty: str | None) -> None:
    said = problems(preflight(every={"certificates_authority_key": empty}))
    assert said == [
        f"certificates_authority_key of monitor1, monitor2 and web1 is missing: run {MAKE}, or set your own."
    ]


def test_members_of_passwords_that_the_playbook_needs_are_missing_by_name(preflight: Preflight) -> None:
    said = problems(preflight(every={"prometheus_passwords": {**WORDS, "prometheus": ""}}))
    assert said == [
        f"prometheus_passwords.prometheus of monitor1 and monitor2 is missing: run {MAKE}, or set your own."
    ]


def test_secret_that_the_playbook_hands_to_another_service_is_asked_for_by_its_own_name(preflight: Preflight) -> None:
    said = problems(
        preflight(
            every={"alertmanager_passwords": None},
            alertmanager=["monitor2"],
            monitor2={"alertmanager_passwords": SECRETS["alertmanager_passwords"]},
        )
    )
    assert said == [f"alertmanager_passwords of monitor1 is missing: run {MAKE}, or set your own."]


def test_required_input_that_is_no_secret_is_asked_for(preflight: Preflight, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory_preflight, "wanted_secrets", dict)
    said = problems(preflight(secrets=False, only="alertmanager"))
    assert said[0] == (
        "alertmanager_passwords of monitor1 and monitor2 is missing: "
        "the role alertmanager requires it, so set it in the inventory."
    )


@pytest.mark.parametrize(("start", "end"), [(-20, -10), (10, 20)])
def test_authority_that_is_not_valid_now_is_refused(preflight: Preflight, start: int, end: int) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    made = certificate("Ours", key, start=now + timedelta(days=start), end=now + timedelta(days=end))
    authority = {"certificates_authority_certificate": pem_of(made), "certificates_authority_key": pem_of_key(key)}
    [said] = problems(preflight(every=authority))
    assert "The certificate authority of monitor1, monitor2 and web1 cannot be used: The certificate" in said
    assert "replace the authority, or correct the controller's clock" in said


@pytest.mark.parametrize("vault", [None, VaultSecret(b"another")])
def test_secret_that_cannot_be_decrypted_is_named_with_the_reason(
    preflight: Preflight, vault: VaultSecret | None
) -> None:
    [said] = problems(preflight(every={"certificates_authority_key": Encrypted(KEY)}, vault=vault))
    assert said.startswith("certificates_authority_key of monitor1, monitor2 and web1 cannot be decrypted (")
    assert said.endswith(": run again with the vault password that it was encrypted with.")


def test_everything_that_is_wrong_is_said_in_one_message(preflight: Preflight) -> None:
    said = problems(
        preflight(
            every={"prometheus_retension": "90d", "prometheus_passwords": {**WORDS, "admin": "short"}},
            monitor1={"prometheus_port": "http", "alertmanager_port": 9100},
            web1={"node_exporter_version": "9.9.9", "node_exporter_flags": "{{ nowhere }}"},
        )
    )
    assert [sentence.partition(" of ")[0] for sentence in said] == [
        "prometheus_retension",
        "prometheus_port",
        "node_exporter_flags",
        "prometheus_passwords.admin",
        "Port 9100",
        "node_exporter_version",
    ]


def test_no_secret_is_in_any_message(preflight: Preflight) -> None:
    """However wrong the inventory is: secrets of a wrong type, too short, in templates, and used by other inputs."""
    hidden = [line for line in KEY.splitlines() if not line.startswith("-----")]
    wrong = {
        "certificates_authority_key": KEY.replace("BEGIN", "B"),
        "prometheus_passwords": {"admin": "hunter2-1", "prometheus": Encrypted("hunter2-2")},
        "prometheus_uid": "{{ prometheus_passwords.admin }}",
        "prometheus_port": Encrypted("hunter2-3"),
        "prometheus_start_timeout": "{{ prometheus_passwords.prometheus }}",
        "alertmanager_passwords": "hunter2-4",
        "alertmanager_secrets": ["hunter2-5"],
        "alertmanager_uid": "{{ alertmanager_secrets | from_json }}",
        "prometheus_retention_size": "{{ prometheus_passwords.admin }}",
    }
    said = (
        f"{preflight(every=wrong)}{preflight(every={'prometheus_passwords': {'admin': 'hunter2 {{', 'b': 'hunter2'}})}"
    )
    assert "********" in said
    assert "prometheus_passwords.admin" in said
    assert "alertmanager_passwords of monitor1 and monitor2 is a text: it has to be a mapping." in said
    assert not [secret for secret in ["hunter2", *hidden] if secret in said]


def test_name_that_is_almost_an_input_without_its_prefix_is_a_warning(preflight: Preflight) -> None:
    assert preflight(monitor1={"promethues_port": 1})["warnings"] == [
        "promethues_port of monitor1 is not a variable of this collection: did you mean prometheus_port?",
    ]


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("node_exporter_clients", [], "add those outside the inventory to node_exporter_more_clients."),
        ("alertmanager_peers", [], "add those outside the inventory to alertmanager_more_peers."),
        ("prometheus_alertmanager_password", "a", "set alertmanager_passwords.prometheus."),
        ("metrics_targets", {"grafana": []}, "add those outside the inventory to prometheus_more_targets."),
        ("provision_services", [], "give your variable another name."),
    ],
)
@pytest.mark.parametrize("where", ["every", "extra"])
def test_variable_that_the_playbooks_set_is_refused_with_what_to_set_instead(
    preflight: Preflight, name: str, value: Any, instead: str, where: str
) -> None:
    result = preflight(**{where: {name: value}})
    assert problems(result) == [
        f"{name} of monitor1, monitor2 and web1 is set by the playbooks, whatever the inventory says: {instead}"
    ]
    assert result["warnings"] == []


def test_every_variable_that_the_playbooks_set_for_a_role_has_one_to_set_instead() -> None:
    inputs = {name for options in described_inputs().values() for name in options}
    assert inputs & played_inputs() <= INSTEAD.keys()
    assert {"node_exporter_clients", "metrics_targets", "secrets_step"} <= played_inputs()
    named = {word for text in INSTEAD.values() for word in re.findall(r"[a-z_]+_more_[a-z]+", text)}
    assert {name for name in named if not name.startswith("provision_")} <= inputs


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"__prometheus_flags": {}},
            (
                "__prometheus_flags of monitor1 is an internal variable of the role prometheus: set one of its "
                "inputs instead."
            ),
        ),
        (
            {"provision_more_datasorces": []},
            (
                "provision_more_datasorces of monitor1 is not a variable of this collection: correct it to "
                "provision_more_datasources, or remove it."
            ),
        ),
        (
            {"prometheus_scrape_configs": [{"job_name": "a"}], "prometheus_config": {"scrape_configs": []}},
            (
                "prometheus_scrape_configs of monitor1 has no effect, because prometheus_config.scrape_configs "
                "replaces it: set only one of them."
            ),
        ),
    ],
)
def test_value_that_another_one_would_replace_is_refused(preflight: Preflight, given: Variables, sentence: str) -> None:
    every = {"grafana_passwords": WORDS, "grafana_secret_key": "echo-echo-echo"}
    assert problems(preflight(every=every, monitor1=given, grafana=["monitor1"])) == [sentence]


@pytest.mark.parametrize("service", ["elasticsearch", "grafana"])
def test_what_provisioning_reads_of_the_inventory_is_known(service: str) -> None:
    read = ("vars", "tasks", "parts")
    text = "".join((COLLECTION / "playbooks" / one / f"provision_{service}.yml").read_text() for one in read)
    own = {f"provision_{service}", "provision_answer", "provision_dashboards_made", "provision_log_answer"}
    assert set(re.findall(r"\bprovision_[a-z_]+", text)) - played_inputs() - own == set(PROVISIONED[service])


def test_variables_of_others_that_look_like_those_of_provisioning_are_left_alone(preflight: Preflight) -> None:
    given = {"provision_vm_size": "large", "__provision_more": 1, "__shop_flags": 1}
    assert preflight(web1={"provision_more_datasorces": []}, monitor1=given) == PASSED


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"certificates_more_services": [{"name": "shop"}, {"name": "prometheus"}]},
            "certificates_more_services of monitor1 contains prometheus more than once: a service has one certificate",
        ),
        (
            {"certificates_more_services": [{"name": "No Name"}]},
            "A certificate of monitor1 cannot be made: 'No Name' is not a valid name of a service",
        ),
        (
            {"alertmanager_more_peers": [{"host": "other", "address": "10.9.0.1:9093"}]},
            "alertmanager_more_peers of monitor1 needs identity in each entry: set it.",
        ),
        (
            {"prometheus_more_targets": {"node_exporter": [{"host": "other"}]}},
            (
                "prometheus_more_targets of monitor1 cannot be used: node_exporter has to be a list of targets, "
                "each with an address and its port."
            ),
        ),
        (
            {"prometheus_more_targets": {"node_exporter": [{"address": "a:9100", "labels": {"job": "x"}}]}},
            "prometheus_more_targets of monitor1 cannot be used: node_exporter cannot contain job, which is a label of",
        ),
    ],
)
def test_addition_that_cannot_be_added_is_refused(preflight: Preflight, given: Variables, sentence: str) -> None:
    [said] = problems(preflight(monitor1=given))
    assert said.startswith(sentence)


def test_what_is_outside_of_the_inventory_is_added(preflight: Preflight) -> None:
    added = {
        "certificates_more_services": [{"name": "shop"}],
        "node_exporter_more_clients": ["vigil://other/prometheus"],
        "blackbox_exporter_more_clients": ["vigil://other/prometheus"],
        "alertmanager_more_peers": [{"host": "o", "address": "o:9093", "identity": "vigil://o/alertmanager"}],
        "prometheus_more_targets": {"node_exporter": [{"address": "o:9100", "labels": {"host": "o", "team": "b"}}]},
    }
    assert preflight(monitor1=added) == PASSED


def test_variables_of_others_are_one_warning_together(preflight: Preflight) -> None:
    result = preflight(
        monitor1={"grafana_agent_version": "0.43.3", "grafana_loki_url": "https://loki.example"},
        web1={"prometheus_multiproc_dir": "/run/app", "prometheus_retension": "90d", "vigil_zzz": 1},
    )
    assert problems(result) == []
    assert result["warnings"] == [
        (
            "grafana_agent_version, grafana_loki_url, prometheus_multiproc_dir, prometheus_retension and vigil_zzz of "
            "monitor1 and web1 are not inputs of roles that run there, and nothing here reads them: add the prefixes "
            "of other roles to vigil_foreign_prefixes, and correct or remove the rest."
        )
    ]


def test_many_variables_of_others_are_counted(preflight: Preflight) -> None:
    [warning] = preflight(every={f"grafana_agent_x{number}": 1 for number in range(9)})["warnings"]
    assert warning.startswith("grafana_agent_x0, grafana_agent_x1, ")
    assert "grafana_agent_x4 and 4 more variables of monitor1, monitor2 and web1 are not inputs" in warning


def test_variables_of_hosts_that_run_nothing_of_ours_are_left_alone(preflight: Preflight) -> None:
    others = {"prometheus_retention_tme": 1, "grafana_agent_version": 1, "promethues_port": 1, "vigil_miror": 1}
    assert preflight(spare=others) == PASSED


def test_variables_with_a_prefix_of_others_are_left_alone(preflight: Preflight) -> None:
    others = {"prometheus_retention_tme": 1, "prometheus_multiproc_dir": 1, "promethues_port": 1}
    prefixes = ["prometheus_multiproc_", "prometheus_retention_tme", "promethues_"]
    result = preflight(every={**others, "vigil_foreign_prefixes": prefixes})
    assert result == PASSED


def test_input_of_a_service_that_runs_elsewhere_is_a_warning(preflight: Preflight) -> None:
    result = preflight(web1={"prometheus_scrape_interval": "5s", "grafana_port": 3001, "prometheus_passwords": WORDS})
    assert problems(result) == []
    assert result["warnings"] == [
        (
            "prometheus_scrape_interval of web1 has no effect, as prometheus does not run there: "
            "move it to the group prometheus, or remove it."
        )
    ]
    assert preflight(every={"prometheus_scrape_interval": "5s"})["warnings"] == []


@pytest.mark.parametrize(
    "given",
    [
        {"prometheus_external_url": "https://{{ ansible_facts['fqdn'] }}:9090/"},
        {"prometheus_listen_address": "{{ ansible_default_ipv4.address }}"},
        {"prometheus_listen_address": "{{ mine }}", "mine": "{{ its }}", "its": "{{ ansible_default_ipv4.address }}"},
        {"prometheus_listen_address": "{{ ansible_default_ipv4.address | default('127.0.0.1') }}"},
        {"certificates_address": "{{ ansible_fqdn }}"},
        {"prometheus_resources": {"MemoryMax": "{{ ansible_memtotal_mb // 2 }}M"}},
    ],
)
def test_input_that_is_made_of_facts_asks_for_those_of_its_host(preflight: Preflight, given: Variables) -> None:
    cached = {"ansible_default_ipv4": {"address": "10.0.0.9"}, "module_setup": True}
    result = preflight(monitor1=given, monitor2=given, facts=cached)
    assert problems(result) == []
    assert result["fact_hosts"] == ["monitor1", "monitor2"]


@pytest.mark.parametrize(
    "given",
    [
        {
            "prometheus_external_url": "https://{{ ansible_host }}/{{ ansible_playbook_python }}",
            "ansible_host": "10.0.0.5",
        },
        {"prometheus_user": "{{ ansible_shop_user }}", "ansible_shop_user": "shop"},
        {"prometheus_external_url": "https://ansible_facts.example/"},
        {"shop_address": "{{ ansible_default_ipv4.address }}"},
    ],
)
def test_variable_that_is_no_fact_asks_for_none(preflight: Preflight, given: Variables) -> None:
    assert preflight(monitor1=given) == PASSED


@pytest.mark.parametrize(
    ("host", "given", "rest"),
    [
        (
            "web1",
            {"node_exporter_address": "{{ mine }}", "mine": "{{ ansible_default_ipv4.address | default('x') }}"},
            (
                "node_exporter_address of web1 is built from facts, which a run on other hosts does not have "
                "although their files need it: set it to a value in the inventory, or leave it out where ansible_host "
                "is that "
                "address."
            ),
        ),
        (
            "web1",
            {"vigil_labels": {"os": "{{ ansible_distribution }}"}},
            "vigil_labels of web1 is built from facts, which a run on other hosts does not have although their files",
        ),
        (
            "monitor1",
            {"prometheus_external_url": "https://{{ hostvars['web1'].ansible_fqdn }}/"},
            (
                "prometheus_external_url of monitor1 is built from facts of other hosts, which a run may not reach: "
                "set it to a value in the inventory."
            ),
        ),
    ],
)
def test_fact_that_another_host_would_need_is_refused(
    preflight: Preflight, host: str, given: Variables, rest: str
) -> None:
    [said] = problems(preflight(**{host: given}, facts={"ansible_default_ipv4": {"address": "10.0.0.9"}}))
    assert said.startswith(rest)


def test_gathered_facts_are_what_inputs_are_judged_by(preflight: Preflight) -> None:
    given = {"prometheus_port": "{{ ansible_facts.fqdn }}", "prometheus_user": "{{ ansible_facts.eth9 }}"}
    facts = {"ansible_fqdn": "m.example", "module_setup": True}
    result = preflight(monitor1={"prometheus_user": "{{ ansible_facts.eth9 }}"}, facts=facts, gathered=True)
    assert problems(result) == []
    result = preflight(monitor2={**given, "grafana_agent_version": 1}, facts=facts, gathered=True)
    assert result["msg"].startswith(HEADS[1])
    said = " ".join(problems(result))
    assert "prometheus_port of monitor2 is built from facts" in said
    assert "prometheus_user of monitor2 cannot be evaluated" in said
    assert result["warnings"] == []


def test_500_hosts_are_looked_at_in_seconds(preflight: Preflight) -> None:
    hosts = {
        f"host{number}": {
            "ansible_host": f"10.1.{number // 250}.{number % 250}",
            "node_exporter_external_url": "https://{{ ansible_host }}/",
            "node_exporter_resources": {"MemoryMax": "1G"},
        }
        for number in range(500)
    }
    begun = time.process_time()
    result = preflight(hosts=hosts, every={"node_exporter_flag": {}})
    assert time.process_time() - begun < 5
    assert [sentence.partition(" is ")[0] for sentence in problems(result)] == [
        "node_exporter_flag of monitor1, monitor2, host0 and 500 more hosts"
    ]


def _played(folder: Path, inventory: str, name: str, *arguments: str) -> str:
    """Run a playbook of the collection on an inventory in a folder, and return what it said.

    Whether ssh was called is told by the file `called`.
    """
    ssh = folder / "ssh"
    ssh.write_text(f"#!/bin/sh\ntouch {folder}/called\nexit 255\n")
    ssh.chmod(0o755)
    (folder / "vault-password").write_text("correct horse")
    collections = next(parent for parent in COLLECTION.parents if parent.name == "ansible_collections").parent
    environment = {
        **os.environ,
        "HOME": str(folder),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_SSH_EXECUTABLE": str(ssh),
        "ANSIBLE_SSH_RETRIES": "0",
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(folder / inventory), "-vvv"]
    command += [*arguments, "--vault-password-file", "vault-password", str(COLLECTION / "playbooks" / f"{name}.yml")]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    return f"{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def inventories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped inventories, with secrets that the collection made."""
    folder = tmp_path_factory.mktemp("inventories")
    shutil.copytree(COLLECTION / "inventories", folder, dirs_exist_ok=True)
    for inventory in ("single_node", "three_nodes"):
        _played(folder, inventory, "secrets")
    return folder


@pytest.fixture
def playbook(tmp_path: Path, inventories: Path) -> Callable[..., str]:
    """A function that runs a playbook on a copy of an inventory with secrets, and returns what it said."""

    def run(inventory: str, name: str, *arguments: str) -> str:
        shutil.copytree(inventories / inventory, tmp_path / inventory)
        return _played(tmp_path, inventory, name, *arguments)

    return run


@pytest.mark.parametrize("inventory", ["single_node", "three_nodes"])
def test_shipped_inventory_with_made_secrets_passes_and_shows_none(
    tmp_path: Path, playbook: Callable[..., str], inventory: str
) -> None:
    said = playbook(inventory, "preflight")
    begun = said.index("TASK [Validate the inventory]")
    assert "ok: [monitor1]" in said[begun : said.index("PLAY [Check the hosts before changing anything]")]
    assert "Gather the host's facts" not in said
    assert (tmp_path / "called").exists()
    encrypted = (tmp_path / inventory / "group_vars" / "all" / "secrets.yml").read_bytes()
    values = yaml.safe_load(VaultLib([("default", VAULT)]).decrypt(encrypted))
    secrets = [password for name, said in values.items() if "passwords" in name for password in said.values()]
    secrets += values["certificates_authority_key"].splitlines()[1:-1]
    assert len(secrets) > 4
    assert not [secret for secret in secrets if secret in said]


@pytest.mark.parametrize("arguments", [[], ["--check", "--diff"], ["--limit", "web1"]])
def test_refused_inventory_is_refused_before_a_connection(
    tmp_path: Path, playbook: Callable[..., str], arguments: list[str]
) -> None:
    said = playbook("three_nodes", "preflight", *arguments, "-e", "prometheus_retension=90d")
    assert "prometheus_retension of monitor1 and monitor2 is not an input of the role prometheus" in said
    assert "Check the hosts before changing anything" not in said
    assert not (tmp_path / "called").exists()


def test_host_whose_facts_cannot_be_gathered_stops_the_run(playbook: Callable[..., str]) -> None:
    broken = {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": "/bin/false"}
    given = {"prometheus_user": "{{ ansible_facts['nodename'] }}"}
    said = playbook("single_node", "metrics", "-e", json.dumps({**broken, **given}))
    assert "monitor1 cannot run the services of the inventory" in said
    assert "no attribute 'nodename'" not in said
    assert "Stage" not in said


def test_facts_that_inputs_ask_for_are_gathered_and_judged_before_anything_is_touched(
    tmp_path: Path, playbook: Callable[..., str]
) -> None:
    local = {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": sys.executable}
    given = {"prometheus_user": "{{ ansible_facts['nodename'] }}", "prometheus_uid": "{{ ansible_facts['machine'] }}"}
    said = playbook("single_node", "preflight", "-e", json.dumps({**local, **given}))
    assert "TASK [Gather the host's facts]" in said
    assert "prometheus_uid of monitor1 is '" in said
    assert "it has to be a whole number" in said
    assert "Check the hosts before changing anything" not in said
    assert not (tmp_path / "called").exists()


NODES = {
    "elasticsearch": ["monitor1", "monitor2", "web1"],
    "every": {
        "elasticsearch_passwords": {
            name: f"{name}-{name}-{name}"
            for name in ("admin", "deployment", "writer", "jaeger", "grafana", "analysis", "exporter")
        },
        "elasticsearch_keystore_seed": Encrypted("x" * 40),
    },
}


WATERMARK = "cluster.routing.allocation.disk.watermark."


def watermarks(*values: str) -> Variables:
    """Return the settings of the watermarks."""
    return {f"{WATERMARK}{name}": value for name, value in zip(("low", "high", "flood_stage"), values, strict=True)}


def test_cluster_of_three_nodes_with_roles_of_their_own_is_accepted(preflight: Preflight) -> None:
    inputs = {
        "elasticsearch_heap_size": "2g",
        "elasticsearch_config": {"cluster.max_shards_per_node": 500, "path.repo": ["/srv"]},
        "provision_log_replicas": 2,
        "provision_snapshot_repository": {"type": "fs", "settings": {"location": "/srv/snapshots"}},
    }
    assert problems(preflight(**NODES, monitor1=inputs)) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"web1": {"elasticsearch_node_roles": ["data"]}},
            "elasticsearch_node_roles of monitor1 and monitor2 makes exactly two nodes master-eligible, which cannot",
        ),
        (
            {name: {"elasticsearch_node_roles": ["data"]} for name in NODES["elasticsearch"]},
            "makes none of them master-eligible: add master to the roles",
        ),
        (
            {"monitor2": {"elasticsearch_node_name": "monitor1"}},
            "elasticsearch_node_name of monitor1 and monitor2 is 'monitor1' for each of them, but names a single node",
        ),
        (
            {"web1": {"elasticsearch_empty_failed_node": "web2"}},
            "elasticsearch_empty_failed_node of web1 is 'web2', but the nodes are monitor1, monitor2, web1: name one",
        ),
        ({"web1": {"elasticsearch_node_roles": ["master", "dat"]}}, "contains 'dat', which is no role of a node"),
        ({"web1": {"elasticsearch_heap_size": "32g"}}, "elasticsearch_heap_size of web1 is 32g: use at most 31g"),
        ({"web1": {"elasticsearch_heap_size": "2 GB"}}, "elasticsearch_heap_size of web1 is '2 GB': write it like 2g"),
        (
            {"web1": {"elasticsearch_heap_size": "4g"}},
            "elasticsearch_heap_size of web1 is 4g, but MemoryMax in elasticsearch_resources is 4G: use at most half",
        ),
        (
            {"web1": {"elasticsearch_config": {f"{WATERMARK}low": "85"}}},
            f"elasticsearch_config.{WATERMARK}low of web1 is '85': write a share of the disk, such as 85%, or",
        ),
        (
            {"web1": {"elasticsearch_config": {f"{WATERMARK}high": "50gb"}}},
            f"elasticsearch_config.{WATERMARK}high of web1 cannot be compared with the other watermarks: give",
        ),
        (
            {"web1": {"elasticsearch_config": {f"{WATERMARK}low": "92%"}}},
            f"elasticsearch_config.{WATERMARK}low of web1 is not in order: a disk that fills up has to pass low, then",
        ),
        (
            {"web1": {"elasticsearch_config": watermarks("10gb", "20gb", "5gb")}},
            f"elasticsearch_config.{WATERMARK}low of web1 is not in order",
        ),
        (
            {"web1": {"elasticsearch_config": {"node.name": "x"}}},
            "elasticsearch_config.node.name of web1 belongs to the role: set elasticsearch_node_name instead.",
        ),
        (
            {"web1": {"elasticsearch_config": {"cluster": {"max_shards_per_node": 500}}}},
            "elasticsearch_config.cluster of web1 is a mapping: write each setting as one key with dots",
        ),
        (
            {"web1": {"elasticsearch_user_roles": {"kim": ["logs_reader"]}}},
            "elasticsearch_user_roles.kim of web1 has no password: add one to elasticsearch_passwords.",
        ),
        ({"web1": {"elasticsearch_transport_port": 9200}}, "9200"),
        ({"web1": {"provision_log_retention_days": 0}}, "provision_log_retention_days of web1 is 0: it has to be at"),
        (
            {"web1": {"provision_log_retention_days": "30d"}},
            "provision_log_retention_days of web1 is '30d': it has to be a whole number.",
        ),
        ({"web1": {"provision_log_replicas": 3}}, "each copy needs a node beside that of the original: use at most 2."),
        ({"web1": {"provision_log_feilds": {}}}, "correct it to provision_log_fields, or remove it."),
        ({"web1": {"provision_log_template": {}}}, "set provision_log_fields, provision_log_field_limit or"),
        (
            {"web1": {"provision_snapshot_repository": {"settings": {"location": "/srv"}}}},
            "provision_snapshot_repository of web1 lacks type: set it, such as fs, beside settings.",
        ),
        (
            {"web1": {"provision_snapshot_repository": {"type": "fs", "settings": {"location": "/srv"}}}},
            "which Elasticsearch uses only below path.repo: set that in elasticsearch_config.",
        ),
    ],
)
def test_nodes_that_cannot_be_one_cluster_are_refused(
    preflight: Preflight, given: dict[str, Variables], sentence: str
) -> None:
    [said] = problems(preflight(**NODES, **given))
    assert sentence in said
    assert said.endswith(".")


READER = cast("Variables", NODES["every"])
LOG_ALERT = {"name": "errors", "query": "level:ERROR", "threshold": 10, "window": "5m", "severity": "critical"}


def test_log_exporter_needs_no_release_of_the_catalogue(preflight: Preflight) -> None:
    every = {**READER, "vigil_log_alerts": [LOG_ALERT]}
    assert problems(preflight(elasticsearch=["web1"], log_exporter=["monitor1"], every=every)) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"vigil_log_alerts": [{**LOG_ALERT, "threshold": 0}]},
            "vigil_log_alerts of monitor1 and monitor2 cannot be used: errors has the threshold 0: it has to be",
        ),
        (
            {"vigil_log_alerts": [{**LOG_ALERT, "window": "31d"}]},
            "errors has the window 31d, but logs are kept for 30d: shorten it, or keep them longer.",
        ),
        (
            {"vigil_log_alerts": [{**LOG_ALERT, "window": "3d"}], "provision_log_retention_days": 2},
            "errors has the window 3d, but logs are kept for 2d",
        ),
        (
            {"vigil_log_alerts": [LOG_ALERT], "prometheus_scrape_interval": "10m"},
            "errors has the window 5m, but Prometheus looks every 10m: lines between would not be counted.",
        ),
        (
            {"log_exporter_alerts": [LOG_ALERT, LOG_ALERT]},
            "log_exporter_alerts of monitor1 cannot be used: errors is there 2 times: a name is that of one alert.",
        ),
        (
            {"prometheus_log_alerts": [{**LOG_ALERT, "severity": "bad"}]},
            "prometheus_log_alerts of monitor1 and monitor2",
        ),
        ({"log_exporter_lag": -1}, "log_exporter_lag of monitor1 is -1: use at least 0."),
        ({"log_exporter_timeout": 0}, "log_exporter_timeout of monitor1 is 0"),
        ({"log_exporter_elasticsearch_urls": ["https://es"]}, "add hosts to the group elasticsearch."),
    ],
)
def test_log_alerts_that_cannot_be_counted_are_refused(preflight: Preflight, given: Variables, sentence: str) -> None:
    every = {**READER, **given}
    [said] = problems(preflight(elasticsearch=["web1"], log_exporter=["monitor1"], every=every))
    assert sentence in said
    assert said.endswith(".")


def test_log_exporter_without_elasticsearch_is_refused(preflight: Preflight) -> None:
    [said] = problems(preflight(log_exporter=["monitor1"], every=READER))
    assert said == "log_exporter of monitor1 cannot be deployed, because the group elasticsearch has no host: add one."


def test_log_exporters_of_which_none_counts_lines_are_refused(preflight: Preflight) -> None:
    hosts = {"elasticsearch": ["web1"], "log_exporter": ["monitor1", "web1"]}
    every = {**READER, "log_exporter_count_lines": False}
    [said] = problems(preflight(**hosts, every=every))
    assert said == (
        "log_exporter_count_lines of monitor1 is false on every host of log_exporter, so that no alert on log lines "
        "can fire: count them on one."
    )
    assert problems(preflight(**hosts, every=READER, web1={"log_exporter_count_lines": False})) == []


def test_logstash_that_nothing_measures_is_warned_of(preflight: Preflight) -> None:
    hosts = {"elasticsearch": ["web1"], "logstash": ["web1"]}
    [said] = [one for one in preflight(**hosts, every=READER)["warnings"] if "unnoticed" in one]
    assert said == (
        "logstash of web1 has no metrics, so its queues fill unnoticed: add the host to the group log_exporter, with "
        "log_exporter_count_lines: false if others count log lines."
    )
    measured = preflight(**hosts, log_exporter=["monitor1", "web1"], every=READER)
    assert [one for one in measured["warnings"] if "unnoticed" in one] == []


def test_rsyslog_needs_no_release_and_no_port(preflight: Preflight) -> None:
    every = {**READER, "vigil_log_services": ["shop"], "rsyslog_files": [{"path": "/var/log/shop/*.json"}]}
    assert problems(preflight(elasticsearch=["web1"], rsyslog=["monitor1"], every=every)) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"vigil_log_services": ["shop", "../x"]},
            "monitor1, monitor2 and web1 contains '../x': use up to 63",
        ),
        (
            {"vigil_log_services": ["Shop"]},
            "monitor1, monitor2 and web1 contains 'Shop': use up to 63 of a-z",
        ),
        (
            {"vigil_log_services": [f"shop{number}" for number in range(201)]},
            "has 201 services, each with an index in each day: use 200 or fewer.",
        ),
        ({"vigil_log_services": "shop"}, "web1 is a text: it has to be a list of texts."),
        (
            {"rsyslog_files": [{"path": "shop.json"}]},
            "rsyslog_files.0.path of monitor1 is 'shop.json': use an absolute path without blanks.",
        ),
        (
            {"rsyslog_files": [{"path": "/var/log/a", "rotated": "/var/log/a b"}]},
            "rsyslog_files.0.rotated of monitor1 is '/var/log/a b': use an absolute path without blanks.",
        ),
        (
            {"rsyslog_files": [{"path": "/var/log/a", "service": "_A"}]},
            "rsyslog_files.0.service of monitor1 is '_A': use up to 63 of a-z, 0-9, dot, _ and -, beginning with",
        ),
        ({"rsyslog_queue_size": "0g"}, "rsyslog_queue_size of monitor1 is '0g': write it like 256k, 512m or 4g."),
        ({"rsyslog_refused_size": "1GB"}, "rsyslog_refused_size of monitor1 is '1GB': write it like"),
        ({"rsyslog_max_line_size": 100}, "rsyslog_max_line_size of monitor1 is '100': write it like"),
        ({"rsyslog_data_dir": "/opt/vigil-rsyslog"}, "/opt/vigil-rsyslog"),
        ({"rsyslog_services": ["shop"]}, "set vigil_log_services"),
    ],
)
def test_what_rsyslog_cannot_ship_is_refused(preflight: Preflight, given: Variables, sentence: str) -> None:
    [said] = problems(preflight(elasticsearch=["web1"], rsyslog=["monitor1"], every={**READER, **given}))
    assert sentence in said
    assert said.endswith(".")


def test_rsyslog_without_elasticsearch_is_refused(preflight: Preflight) -> None:
    [said] = problems(preflight(rsyslog=["monitor1"], every=READER))
    assert said == "rsyslog of monitor1 cannot be deployed, because the group elasticsearch has no host: add one."


def test_metrics_of_rsyslog_that_node_exporter_does_not_read_are_a_warning(preflight: Preflight) -> None:
    groups = {"elasticsearch": ["web1"], "rsyslog": ["monitor1"]}
    result = preflight(**groups, every={**READER, "rsyslog_textfile_dir": "/srv/metrics"})
    assert any("alerts on rsyslog would have no data" in said for said in result["warnings"])


@pytest.mark.parametrize("given", [("80%", "85%", "95%"), ("0.8", "0.85", "95%"), ("50gb", "30gb", "10.5GB")])
def test_watermarks_in_order_are_accepted_as_shares_and_in_bytes(preflight: Preflight, given: Sequence[str]) -> None:
    inputs = {"elasticsearch_heap_size": "2g", "elasticsearch_config": watermarks(*given)}
    assert problems(preflight(**NODES, web1=inputs)) == []


def test_exporter_has_nodes_in_the_inventory_or_the_address_of_one(preflight: Preflight) -> None:
    groups = {"elasticsearch_exporter": ["web1"]}
    [said] = problems(preflight(**groups))
    assert "elasticsearch_exporter_url of web1 is missing: name a node of the cluster, or add hosts" in said
    assert problems(preflight(**groups, **NODES)) == []
    assert problems(preflight(**groups, web1={"elasticsearch_exporter_url": "https://logs.example.com:9200"})) == []
    [said] = problems(preflight(**groups, web1={"elasticsearch_exporter_url": "https://me:hidden@logs.example.com"}))
    assert "elasticsearch_exporter_url of web1" in said
    assert "hidden" not in said


LOGSTASH = {**NODES, "logstash": ["web1"]}


@pytest.mark.parametrize("name", ["shop", "0a.b_c-d", "s" * 63])
def test_logstash_of_any_services_is_accepted(preflight: Preflight, name: str) -> None:
    assert problems(preflight(**LOGSTASH, web1={"vigil_log_services": [name]})) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"vigil_log_services": ["../x"]}, "vigil_log_services of web1 contains '../x': use up to 63 of a-z, 0-9"),
        ({"vigil_log_services": ["Shop"]}, "vigil_log_services of web1 contains 'Shop'"),
        ({"vigil_log_services": ["s" * 64]}, "vigil_log_services of web1 contains 'ssss"),
        ({"vigil_log_services": ["shop\n"]}, "vigil_log_services of web1 contains 'shop\\n'"),
        (
            {"vigil_log_services": [f"s{number}" for number in range(201)]},
            "vigil_log_services of web1 has 201 services, each with an index in each day: use 200 or fewer.",
        ),
        ({"logstash_services": ["shop"]}, "logstash_services of web1 is set by the playbooks"),
        ({"logstash_queue_size": "1 GB"}, "logstash_queue_size of web1 is '1 GB': write it like 512mb or 4gb."),
        ({"logstash_dead_letter_queue_size": "0mb"}, "logstash_dead_letter_queue_size of web1 is '0mb'"),
        ({"logstash_heap_size": "1 GB"}, "logstash_heap_size of web1 is '1 GB': write it like 2g or 512m."),
        (
            {"logstash_config": {"path.data": "/srv"}},
            "logstash_config.path.data of web1 belongs to the role: set logstash_data_dir instead.",
        ),
        (
            {"logstash_config": {"pipeline": {"workers": 1}}},
            "logstash_config.pipeline of web1 is a mapping: write each setting as one key with dots",
        ),
        (
            {"logstash_pipelines": {"../x": {"config": "input { }"}}},
            "logstash_pipelines.../x of web1 is no pipeline: name it with letters, digits, _ and -, and set",
        ),
        ({"logstash_pipelines": {"own": {"config": " "}}}, "logstash_pipelines.own of web1 is no pipeline"),
        (
            {"logstash_pipelines": {"replay": {"config": "input { }"}}},
            "logstash_pipelines.replay of web1 has the name of a pipeline of the playbook logstash_replay",
        ),
        ({"logstash_beats_port": 9600}, "9600"),
        ({"elasticsearch_version": "8.9.0"}, "logstash_version of web1 is 8.17.4, but elasticsearch on web1 is 8.9.0"),
    ],
)
def test_logstash_that_cannot_be_deployed_is_refused(preflight: Preflight, given: Variables, sentence: str) -> None:
    [said] = problems(preflight(**LOGSTASH, web1=given))
    assert sentence in said
    assert said.endswith(".")


@pytest.mark.parametrize("password", ["both-'-and-\"-quotes", "a-${VARIABLE}-in-it"])
def test_password_that_logstash_cannot_read_is_refused_without_it(preflight: Preflight, password: str) -> None:
    passwords = {**READER["elasticsearch_passwords"], "writer": password}
    [said] = problems(preflight(**LOGSTASH, web1={"elasticsearch_passwords": passwords}))
    assert "elasticsearch_passwords.writer of web1 contains both kinds of quotes, or ${, which Logstash cannot" in said
    assert password not in said


def test_newest_logstash_is_not_newer_than_the_newest_elasticsearch(preflight: Preflight) -> None:
    assert problems(preflight(**LOGSTASH)) == []
    older = {"elasticsearch_version": "8.9.0", "logstash_version": "8.9.0"}
    assert problems(preflight(**NODES | {"every": {**READER, **older}}, logstash=["web1"])) == []


SHIPPED = {"filebeat_inputs": {"shop": {"paths": ["/var/log/shop/*.log*"]}, "journal": {"type": "journald"}}}
RELEASE = {"amd64": {"url": "https://archives.example.com/filebeat.tar.gz", "sha512": "0" * 128}}
CHAIN = {"elasticsearch": ["monitor1"], "logstash": ["monitor1"], "filebeat": ["monitor1"]}


def test_files_and_journals_are_shipped_by_way_of_logstash(preflight: Preflight) -> None:
    assert problems(preflight(**CHAIN, every={**READER, **SHIPPED})) == []


def test_metrics_of_filebeat_that_node_exporter_does_not_read_are_warned_of(preflight: Preflight) -> None:
    result = preflight(**CHAIN, every={**READER, **SHIPPED, "filebeat_textfile_dir": "/srv/metrics"})
    assert problems(result) == []
    assert any("filebeat_textfile_dir of monitor1 is /srv/metrics" in warning for warning in result["warnings"])


def test_filebeat_without_logstash_is_refused(preflight: Preflight) -> None:
    [said] = problems(preflight(filebeat=["monitor1"], every=SHIPPED))
    assert said == "filebeat of monitor1 cannot be deployed, because the group logstash has no host: add one."


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"filebeat_inputs": {}}, "filebeat_inputs of monitor1 is empty: name the files and journals to ship."),
        ({"filebeat_inputs": {"shop": []}}, "filebeat_inputs.shop of monitor1 is []: write a mapping"),
        ({"filebeat_inputs": {"shop": {"paths": ["*.log"]}}}, "filebeat_inputs.shop of monitor1 has no paths"),
        (
            {"filebeat_config": {"output": {"logstash": {"hosts": ["elsewhere:5044"]}}}},
            "filebeat_config.output.logstash.hosts of monitor1 belongs to the role: set the group logstash instead.",
        ),
        (
            {"filebeat_config": {"path.data": "/srv"}},
            "filebeat_config.path.data of monitor1 belongs to the role: set filebeat_data_dir instead.",
        ),
        ({"filebeat_logstash_hosts": ["logs:5044"]}, "add hosts to the group logstash"),
        (
            {"filebeat_version": "8.9.2", "vigil_catalogue_extra": {"filebeat": {"8.9.2": RELEASE}}},
            "filebeat_version of monitor1 is 8.9.2, which knows files only by their inodes",
        ),
        (
            {"filebeat_version": "8.18.0", "vigil_catalogue_extra": {"filebeat": {"8.18.0": RELEASE}}},
            "filebeat_version of monitor1 is 8.18.0, but logstash on monitor1 is 8.17.4: upgrade logstash first",
        ),
    ],
)
def test_filebeat_that_cannot_ship_is_refused(preflight: Preflight, given: Variables, sentence: str) -> None:
    [said] = problems(preflight(**CHAIN, every={**READER, **SHIPPED, **given}))
    assert sentence in said


TRACES = {"jaeger_passwords": {name: f"{name}-{name}-{name}" for name in ("admin", "grafana", "analysis")}}


def strategy(kind: object, param: object, **more: object) -> Variables:
    """Return a strategy of sampling."""
    return {"type": kind, "param": param, **more}


def test_jaeger_of_any_inputs_that_it_knows_is_accepted(preflight: Preflight) -> None:
    operation = {"operation": "GET /health", **strategy("probabilistic", 0)}
    shop = {"service": "shop", **strategy("ratelimiting", 5, operations=[operation])}
    given = {
        "jaeger_sampling": {"default": strategy("probabilistic", 1), "services": [shop]},
        "jaeger_tail_sampling": {"slower_than": "500ms", "share": 0, "decision_wait": "10s"},
        "jaeger_index_prefix": "jaeger-shop",
    }
    assert problems(preflight(jaeger=["web1"], every=TRACES)) == []
    assert problems(preflight(jaeger=["web1"], every=TRACES, web1=given)) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"jaeger_components": []}, "jaeger_components of web1 is empty: name collector, query or both."),
        ({"jaeger_components": ["colector", "query"]}, "jaeger_components of web1"),
        ({"jaeger_retention_days": 0}, "jaeger_retention_days of web1 is 0: it has to be at least 1."),
        ({"jaeger_queue_spans": 0}, "jaeger_queue_spans of web1 is 0"),
        ({"jaeger_memory_limit": "1 GB"}, "jaeger_memory_limit of web1 is '1 GB': write it like 512M or 2G."),
        ({"jaeger_memory_limit": "300M"}, "jaeger_memory_limit of web1 is 300M: with less than 512M, requests at"),
        ({"jaeger_index_prefix": "traces"}, "jaeger_index_prefix of web1 is 'traces': use jaeger, or jaeger-shop"),
        (
            {"jaeger_version": "2.12.0", "vigil_catalogue_extra": {"jaeger": {"2.12.0": RELEASE}}},
            "jaeger_version of web1 is 2.12.0, whose query knows no passwords",
        ),
        (
            {"jaeger_storage": "elasticsearch"},
            "jaeger_storage of web1 is elasticsearch, but the group elasticsearch has",
        ),
        ({"jaeger_components": ["collector"]}, "jaeger_storage of web1 is badger, which only the process itself reads"),
        ({"jaeger_tail_sampling": {"share": 1.5}}, "jaeger_tail_sampling.share of web1 is 1.5: a share is a number"),
        ({"jaeger_tail_sampling": {"share": True}}, "jaeger_tail_sampling.share of web1 is True"),
        ({"jaeger_tail_sampling": {"slower_than": "1 s"}}, "jaeger_tail_sampling.slower_than of web1 is '1 s'"),
        ({"jaeger_tail_sampling": {"shares": 1}}, "jaeger_tail_sampling.shares of web1 is not known: set slower_than"),
        ({"jaeger_metrics_port": 4317}, "Port 4317 of web1 is used by"),
    ],
)
def test_jaeger_that_cannot_be_deployed_is_refused(preflight: Preflight, given: Variables, sentence: str) -> None:
    [said] = problems(preflight(jaeger=["web1"], every=TRACES, web1=given))
    assert sentence in said
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "jaeger_sampling.default of web1 is missing: set its type and param"),
        ({"default": strategy("const", 1)}, "jaeger_sampling.default of web1 has the type 'const': use probabilistic"),
        ({"default": strategy("probabilistic", 10)}, "jaeger_sampling.default of web1 has the param 10: a share is a"),
        (
            {"default": strategy("ratelimiting", "5")},
            "jaeger_sampling.default of web1 has the param '5': write how many",
        ),
        ({"default": strategy("probabilistic", 1, rate=2)}, "jaeger_sampling.default.rate of web1 is not known"),
        ({"default": strategy("probabilistic", 1), "service": []}, "jaeger_sampling.service of web1 is not known"),
        (
            {"default": strategy("probabilistic", 1), "services": {"shop": 1}},
            "jaeger_sampling.services of web1 is no list of strategies",
        ),
        (
            {"default": strategy("probabilistic", 1), "services": [strategy("probabilistic", 1)]},
            "jaeger_sampling.services of web1 has a strategy without a service",
        ),
        (
            {
                "default": strategy("probabilistic", 1),
                "services": 2 * [{"service": "shop", **strategy("probabilistic", 1)}],
            },
            "jaeger_sampling.services.shop of web1 has two strategies: keep one.",
        ),
        (
            {
                "default": strategy(
                    "probabilistic", 1, operations=[{"operation": "GET /", **strategy("ratelimiting", 1)}]
                )
            },
            "jaeger_sampling.default.operations.GET / of web1 is ratelimiting, which upstream knows for whole services",
        ),
    ],
)
def test_sampling_that_jaeger_does_not_know_is_refused(preflight: Preflight, given: Variables, sentence: str) -> None:
    [said] = problems(preflight(jaeger=["web1"], every=TRACES, web1={"jaeger_sampling": given}))
    assert sentence in said


def test_several_jaegers_share_a_storage_and_judge_no_traces_alone(preflight: Preflight) -> None:
    two = {"jaeger": ["web1", "monitor1"]}
    [said] = problems(preflight(**two, every=TRACES))
    assert "jaeger_storage of" in said
    assert "is badger, which only the process itself reads: have one host in the group jaeger" in said
    stored = NODES | {"every": {**READER, **TRACES}}
    assert problems(preflight(**two, **stored)) == []
    [said] = problems(preflight(**two, **stored, web1={"jaeger_tail_sampling": {"share": 0.1}}))
    assert "jaeger_tail_sampling of web1 needs a single collector, because spans of one trace reach any of" in said
    queries = {"jaeger_components": ["query"]}
    assert problems(preflight(**two, **stored, web1={"jaeger_tail_sampling": {"share": 0.1}}, monitor1=queries)) == []


def test_two_jaegers_at_one_address_are_refused(preflight: Preflight) -> None:
    stored = NODES | {"every": {**READER, **TRACES}}
    same = {"jaeger_address": "192.0.2.1"}
    [said] = problems(preflight(jaeger=["web1", "monitor1"], **stored, web1=same, monitor1=same))
    assert "jaeger of monitor1 and web1 has one address, 192.0.2.1" in said


SHOP_WORDS = {"telemetry_passwords": {"database": "golf-golf-golf", "faults": "hotel-hotel-hotel"}}


def test_shop_needs_nothing_but_its_group_and_its_secrets(preflight: Preflight) -> None:
    assert problems(preflight(telemetry=["web1"], every=SHOP_WORDS)) == []
    [said] = problems(preflight(telemetry=["web1"]))
    assert said == f"telemetry_passwords of web1 is missing: run {MAKE}, or set your own."


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"node_exporter_port": 9464},
            "Port 9464 of web1 is used by node_exporter_port and telemetry_units.shop-1.metrics_port: set them to",
        ),
        (
            {"telemetry_uid": 900, "node_exporter_uid": 900},
            "is 900 for node_exporter, and telemetry_uid is 900 for shop",
        ),
        ({"telemetry_units": {"shop-1": {"process": "shop"}}}, "telemetry_units.shop-1 of web1 has process: a unit of"),
        (
            {
                "telemetry_load_rate": 1,
                "telemetry_units": {
                    "shop-1": {"process": "shop", "port": 1, "metrics_port": 2},
                    "till": {"process": "payment", "port": 3, "metrics_port": 4},
                },
            },
            "telemetry_units of web1 has no unit for customers, but telemetry_load_rate is set: add shop-load",
        ),
        ({"telemetry_collectors": ["https://a:4318"]}, "add hosts to the group jaeger, or set telemetry_otlp_endpoint"),
        ({"telemetry_load_rat": 1}, "correct it to telemetry_load_rate"),
    ],
)
def test_shop_that_cannot_be_deployed_is_refused(preflight: Preflight, given: Variables, sentence: str) -> None:
    [said] = problems(preflight(telemetry=["web1"], every=SHOP_WORDS, web1=given))
    assert sentence in said
    assert said.endswith(".")


RUNBOOK: Variables = {
    "name": "shop_down",
    "summary": "The shop does not answer",
    "owner": "shop",
    "level": "partial",
    "matchers": ['alertname="ShopDown"'],
    "target": {"host": WATCHED},
    "limit": {"cooldown": "30m", "attempts": 3, "within": "1d"},
    "steps": [{"step": "restart_service", "parameters": {"unit": "shop"}}],
    "verification": {"promql": "up"},
}


def test_actions_and_runbooks_that_fit_each_other_are_accepted(preflight: Preflight) -> None:
    given = {"incident_response_runbooks": [RUNBOOK], "incident_response_levels": {"shop_down": "manual"}}
    declared = {"runbook_actions": {"units": ["shop"]}, "runbook_target_engine_addresses": ["192.0.2.1"]}
    result = preflight(incident_response=["monitor1"], runbook_target=["web1"], monitor1=given, web1=declared)
    assert (problems(result), result["warnings"]) == ([], [])


@pytest.mark.parametrize(
    ("by_host", "sentence"),
    [
        (
            {"web1": {"runbook_actions": {"units": ["../shop"]}}},
            "runbook_actions of web1 cannot be used: runbook_actions.units must be names of units, not '../shop'.",
        ),
        ({"spare": {"runbook_actions": []}}, "runbook_actions of spare is a list: it has to be a mapping"),
        (
            {"monitor1": {"incident_response_runbooks": [{**RUNBOOK, "owner": ""}]}},
            "incident_response_runbooks of monitor1 cannot be used: Runbook 'shop_down': owner is missing.",
        ),
        (
            {"monitor1": {"incident_response_runbooks": [{**RUNBOOK, "target": {"host": "prometheus"}}]}},
            "target.host: prometheus is a group, and has to be one host.",
        ),
        (
            {"monitor1": {"incident_response_runbooks": [{**RUNBOOK, "target": {"host": "monitor1"}}]}},
            "target.host: monitor1 is the engine's own host, on which it never acts.",
        ),
        (
            {"monitor1": {"incident_response_runbooks": [RUNBOOK]}},
            "web1 does not declare restart shop.service in its runbook_actions.",
        ),
        (
            {"monitor1": {"incident_response_levels": {"exporter_up": "full"}}},
            "There is no runbook 'exporter_up' to set the level of.",
        ),
        (
            {"monitor1": {"incident_response_delay": "10s", "incident_response_levels": {"unit_failed": "full"}}},
            "Runbook 'unit_failed': delay must be longer than 30 s, the time between two looks at Alertmanager.",
        ),
        (
            {
                "monitor1": {
                    "incident_response_delay": "60s",
                    "incident_response_levels": {"unit_failed": "full"},
                    "incident_response_reconciliation_interval": 120,
                }
            },
            "Runbook 'unit_failed': delay must be longer than 120 s, the time between two looks at Alertmanager.",
        ),
    ],
)
def test_actions_and_runbooks_that_cannot_be_used_are_refused(
    preflight: Preflight, by_host: Variables, sentence: str
) -> None:
    [said] = problems(preflight(incident_response=["monitor1"], **by_host))
    assert sentence in said


MEND = """- hosts: "{{ step_hosts }}"
  become: true
  tasks: [{ansible.builtin.command: mend}]
"""


@pytest.mark.parametrize(
    ("monitor", "web", "sentences"),
    [
        ({"incident_response_root_runbooks": ["shop_down"]}, {"runbook_target_root_runbooks": ["shop_down"]}, []),
        (
            {},
            {"runbook_target_root_runbooks": ["shop_down"]},
            ["Runbook 'shop_down': mend becomes root: name the runbook in incident_response_root_runbooks."],
        ),
        (
            {"incident_response_root_runbooks": ["shop_down"]},
            {},
            ["web1 does not let it become root: name it in runbook_target_root_runbooks of web1."],
        ),
        (
            {"incident_response_root_runbooks": ["shop_down"]},
            {"runbook_target_root_runbooks": ["shop_down", "shop_up"]},
            ["runbook_target_root_runbooks of web1 has shop_up, which is no runbook: take it out."],
        ),
        (
            {"incident_response_playbooks": ["steps/mend.yml"]},
            {},
            ["incident_response_playbooks of monitor1 cannot be used: steps/mend.yml must be an absolute path"],
        ),
    ],
)
def test_runbook_that_becomes_root_needs_the_engine_and_the_host_to_name_it(
    preflight: Preflight, tmp_path: Path, monitor: Variables, web: Variables, sentences: list[str]
) -> None:
    (tmp_path / "mend.yml").write_text(MEND)
    runbook = {**RUNBOOK, "steps": [{"step": "mend"}]}
    given = {
        "incident_response_runbooks": [runbook],
        "incident_response_playbooks": [str(tmp_path / "mend.yml")],
        **monitor,
    }
    found = problems(preflight(incident_response=["monitor1"], runbook_target=["web1"], monitor1=given, web1=web))
    assert len(found) == len(sentences)
    assert all(sentence in said for sentence, said in zip(sentences, found, strict=True))


@pytest.mark.parametrize(
    ("engines", "alertmanagers", "sentences"),
    [
        (["monitor1"], MONITORS, []),
        (
            MONITORS,
            MONITORS,
            [
                (
                    "incident_response of monitor1 and monitor2 has to run on one host, or each has a journal of its "
                    "own: leave one host in its group."
                )
            ],
        ),
        (["web1"], [], ["incident_response of web1 gets no alerts: add hosts to the group alertmanager."]),
    ],
)
def test_incidents_are_of_one_host_and_of_some_alertmanager(
    preflight: Preflight, engines: Sequence[str], alertmanagers: Sequence[str], sentences: list[str]
) -> None:
    assert problems(preflight(incident_response=engines, alertmanager=alertmanagers)) == sentences


@pytest.mark.parametrize(
    ("accounts", "words", "sentences"),
    [
        ({"anna": {"*": "approve"}, "ben": {"sales": "look"}}, ("anna", "ben"), []),
        ({"anna": {"*": "look"}}, (), ["accounts of monitor1 has anna, who has no password: add one to incident_resp"]),
        ({}, ("anna",), ["account_passwords of monitor1 has anna, who is not in incident_response_accounts: add the"]),
        ({"anna": {"*": "act"}}, ("anna",), ["accounts of monitor1 has to give anna one of look, respond and approve"]),
        ({"anna": {}}, ("anna",), ["accounts of monitor1 has to give anna one of look, respond and approve by team"]),
        ({"anna": "look"}, ("anna",), ["accounts of monitor1 has to give anna one of look, respond and approve by"]),
        ({"admin": {"*": "look"}}, (), ["accounts of monitor1 has admin, a user of the service: give the person"]),
    ],
)
def test_people_who_could_not_work_on_incidents_are_named(
    preflight: Preflight, accounts: Variables, words: Sequence[str], sentences: list[str]
) -> None:
    given = {
        "incident_response_accounts": accounts,
        "incident_response_account_passwords": {name: f"{name}-password" for name in words},
    }
    said = problems(preflight(incident_response=["monitor1"], monitor1=given))
    assert [one[: len(f"incident_response_{start}")] for one, start in zip(said, sentences, strict=True)] == [
        f"incident_response_{start}" for start in sentences
    ]


NIGHTS = [{"receiver": "duty", "hours": "22:00-06:00"}, {"receiver": "nobody", "priorities": ["low"]}]


@pytest.mark.parametrize(
    ("paths", "receivers", "fault"),
    [
        (NIGHTS, {"monitor1": ["duty"], "monitor2": ["day", "duty"]}, None),
        (
            NIGHTS,
            {"monitor1": ["duty"], "monitor2": ["day"]},
            "entry 1 has the receiver 'duty', which alertmanager_config of monitor2 lacks: add it, or use day, nobody.",
        ),
        (
            [{"receiver": "nobody", "priorities": ["urgent"]}],
            {},
            "entry 1: priorities has 'urgent', which is unknown: use critical, high, medium, low.",
        ),
    ],
)
def test_escalation_paths_that_lead_nowhere_are_refused(
    preflight: Preflight, paths: list[Any], receivers: dict[str, list[str]], fault: str | None
) -> None:
    by_host: dict[str, Variables] = {
        host: {"alertmanager_config": {"receivers": [{"name": name} for name in names]}}
        for host, names in receivers.items()
    }
    by_host["monitor1"] = {**by_host.get("monitor1", {}), "incident_response_escalations": paths}
    sentences = [f"incident_response_escalations of monitor1 cannot be used: {fault}"] if fault else []
    assert problems(preflight(incident_response=["monitor1"], **by_host)) == sentences
