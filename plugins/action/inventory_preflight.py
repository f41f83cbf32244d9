# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuses an inventory for what it alone shows to be wrong, on the controller, before any connection to a host."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.vigil.observability.plugins.module_utils._http.secret_spellings import hidden
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks import (
    filebeat,
    grafana,
    incidents,
    jaeger,
    log_alerts,
    logstash,
    rsyslog,
    runbooks,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.credentials import (
    invalid_authorities,
    invalid_passwords,
    missing_inputs,
    wanted_secrets,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.directories import (
    misplaced_data,
    shared_directories,
    unread_metrics,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.elasticsearch import cluster, limits
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.facts import (
    hosts_that_need_facts,
    invalid_facts,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.files import unstaged_files
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.labels import invalid_labels
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.ports import invalid_ports
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.reach import unreached_services
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.services import (
    duplicate_replicas,
    invalid_values,
    shared_addresses,
    unknown_releases,
    unshared_databases,
    untested_releases,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.users import conflicting_users
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.variables import (
    invalid_prefixes,
    misplaced_inputs,
    misspelt_inputs,
    suspicious_names,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs, Play
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.left_out import left_out
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.played_inputs import (
    invalid_additions,
    played_inputs,
    replaced_inputs,
    shadowed_inputs,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem, messages
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.run_tags import RunTags
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["ActionModule"]

SPEC = {
    "deployed": {"type": "list", "elements": "str", "default": []},
    "tags": {"type": "dict", "default": {"run": ["all"], "skip": []}},
    "gathered": {"type": "bool", "default": False},
}
_REFUSED = "The inventory is not valid. No host was contacted. Correct the following:"
_REFUSED_LATER = "The inventory is not valid with the facts of its hosts. Nothing was changed. Correct the following:"
_MADE_BY = "vigil.observability.secrets"


class ActionModule(ActionBase):
    """Runs on the controller alone, and changes nothing."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the task, as the documentation of the module says."""
        super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=SPEC)
        known = task_vars or {}
        every = list(known["groups"]["all"])
        variables = {name: known["hostvars"].raw_get(name) for name in every}
        play = Play.of(known, self._templar, gathered=options["gathered"])
        hosts = _hosts(variables, known["groups"], play)
        sources = [f"-i {shlex.quote(str(source))}" for source in known.get("ansible_inventory_sources") or []]
        command = " ".join(["ansible-playbook", *sources, _MADE_BY])
        tags = RunTags.of(options["tags"])
        found = [*misspelt_inputs(hosts, play), *invalid_prefixes(hosts, play), *shadowed_inputs(hosts)]
        found += _wrong_inputs(hosts, known["groups"], play, command)
        secrets = {secret for host in hosts for secret in host.secrets}
        problems = [*tags.problems(), *_masked(messages(found, every), secrets)]
        head = _REFUSED_LATER if play.gathered else _REFUSED
        refused = {"failed": True, "msg": "\n- ".join([head, *problems])} if problems else {}
        absent = left_out(hosts, tags.touched(options["deployed"]), known.get("ansible_play_hosts_all", every))
        warnings = [] if play.gathered else [*messages(_warnings(hosts, play), every), *absent]
        needed = hosts_that_need_facts(hosts, play)
        return {"changed": False, "fact_hosts": needed, "warnings": warnings, **refused}


def _hosts(
    variables: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Iterable[str]], play: Play
) -> list[HostInputs]:
    members = {service: set(groups.get(service, ())) for service in services()}
    return [
        HostInputs(
            name,
            variables=said,
            services=[service for service in members if name in members[service]],
            play=play,
        )
        for name, said in variables.items()
    ]


def _wrong_inputs(
    hosts: Sequence[HostInputs], groups: Mapping[str, Iterable[str]], play: Play, command: str
) -> list[Problem]:
    """Return the problems of single inputs first, then of missing ones and of those that contradict each other."""
    wanted = wanted_secrets()
    members = sum("alertmanager" in host.services for host in hosts)
    nodes = sum("elasticsearch" in host.services for host in hosts)
    together: list[Problem] = []
    for host in hosts:
        host.check()
        together += chain(
            missing_inputs(host, play, wanted, command),
            invalid_passwords(host, play, wanted),
            invalid_ports(host, members),
            invalid_values(host, play),
            invalid_facts(host, play),
            invalid_labels(host),
            invalid_additions(host),
            replaced_inputs(host),
            shared_directories(host, play),
            misplaced_data(host, play),
            conflicting_users(host),
            grafana.invalid_grafana(host),
            cluster.invalid_node(host),
            limits.invalid_limits(host),
            cluster.invalid_provisioning(host, nodes),
            logstash.invalid_logstash(host),
            filebeat.invalid_filebeat(host),
            unstaged_files(host),
        )
    together += chain(
        invalid_authorities(hosts, datetime.now(UTC)),
        unknown_releases(hosts),
        shared_addresses(hosts),
        duplicate_replicas(hosts),
        unshared_databases(hosts),
        cluster.invalid_cluster(hosts),
        log_alerts.invalid_log_alerts(hosts),
        cluster.invalid_exporters(hosts),
        logstash.newer_shippers(hosts),
        rsyslog.invalid_rsyslog(hosts),
        filebeat.unreceived_logs(hosts),
        jaeger.invalid_jaegers(hosts),
        runbooks.invalid_runbooks(hosts, groups),
        incidents.invalid_engines(hosts),
    )
    return [*(problem for host in hosts for problem in host.problems), *together]


def _warnings(hosts: Sequence[HostInputs], play: Play) -> Iterator[Problem]:
    """Yield what is valid, but probably not what was meant."""
    for host in hosts:
        for name in sorted((host.variable_names & play.given.keys()) - played_inputs()):
            yield Problem(name, host.name, "has no effect, because the play sets it: remove it, or set it with -e.")
    yield from suspicious_names(hosts, play)
    yield from misplaced_inputs(hosts, play, wanted_secrets())
    yield from untested_releases(hosts)
    for host in hosts:
        yield from unread_metrics(host, play)
    yield from unreached_services(hosts)
    for host in hosts:
        yield from chain(grafana.weak_key(host), logstash.unlocated_addresses(host))


def _masked(problems: Iterable[str], secrets: Iterable[str]) -> list[str]:
    """Return the messages with every secret masked that an error from elsewhere quoted."""
    known = tuple(secrets)
    return [hidden(problem, known) for problem in problems]
