# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tags of a run ask for, and what a run has left undone."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.filter import chosen_services, left_undone
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.run_tags import RunTags
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import pillars, services

EVERY = ["node_exporter", "alertmanager", "grafana"]
DONE = {"changed": False}


def tags(run: str = "all", skip: str = "", own: dict[str, list[str]] | None = None) -> dict[str, Any]:
    skipped = skip.split(",") if skip else []
    return {"run": run.split(","), "skip": skipped, "own": own or {}}


@pytest.mark.parametrize("module", [chosen_services, left_undone])
def test_a_filter_is_found_by_the_name_of_its_file(module: Any) -> None:
    name = module.__name__.rpartition(".")[2]
    assert module.FilterModule().filters() == {name: getattr(module, name)}


@pytest.mark.parametrize(
    ("asked", "stages", "chosen"),
    [
        (tags(), ["stage"], EVERY),
        (tags("tagged"), ["stage"], EVERY),
        (tags("grafana"), ["stage"], ["grafana"]),
        (tags("metrics"), ["certificates", "stage"], ["node_exporter", "alertmanager"]),
        (tags("certificates"), ["certificates", "stage"], EVERY),
        (tags("certificates"), ["stage"], []),
        (tags("stage,grafana"), ["activate"], ["grafana"]),
        (tags(skip="grafana"), ["stage"], ["node_exporter", "alertmanager"]),
        (tags("metrics", "alertmanager"), ["stage"], ["node_exporter"]),
        (tags(skip="stage"), ["certificates", "stage"], []),
        (tags("ours", own={"ours": ["dashboards"]}), ["stage"], ["grafana"]),
        (tags("theirs", own={"theirs": []}), ["stage"], []),
        (tags(skip="ours", own={"ours": ["metrics"]}), ["stage"], ["grafana"]),
    ],
)
def test_tags_choose_the_services_that_tasks_with_these_tags_would_run_for(
    asked: dict[str, Any], stages: list[str], chosen: list[str]
) -> None:
    assert chosen_services.chosen_services(EVERY, stages, asked) == chosen


def test_tag_that_no_playbook_has_is_named_with_the_one_that_was_probably_meant() -> None:
    (said,) = RunTags.of(tags("grafanna")).problems()
    assert said.startswith("--tags contains grafanna, which no playbook of this collection has: did you mean grafana?")
    assert said.endswith("vigil_tags: {grafanna: []}.")
    (said,) = RunTags.of(tags(skip="zzz")).problems()
    assert "--skip-tags contains zzz" in said
    assert f"the tags are {', '.join([*services(), *pillars()])}, certificates, stage, activate and provision." in said


@pytest.mark.parametrize("asked", [tags("activate"), tags(skip="stage"), tags("activate,certificates")])
def test_activation_without_staging_is_refused(asked: dict[str, Any]) -> None:
    (said,) = RunTags.of(asked).problems()
    assert said.startswith(f"The tags of this run activate {listed(list(services()))} without staging")


@pytest.mark.parametrize(
    "asked",
    [
        tags(),
        tags("stage,activate"),
        tags("grafana", "provision"),
        tags("always"),
        tags("untagged"),
        tags(skip="activate"),
        tags("theirs", own={"theirs": []}),
        tags("provision"),
    ],
)
def test_tags_that_make_a_whole_are_no_fault(asked: dict[str, Any]) -> None:
    assert not list(RunTags.of(asked).problems())


def test_provisioning_touches_provisioned_services_alone() -> None:
    assert RunTags.of(tags("provision")).touched([*EVERY, "elasticsearch"]) == ["grafana", "elasticsearch"]
    assert RunTags.of(tags("certificates")).touched(EVERY) == EVERY


def undone(
    hostvars: dict[str, dict[str, Any]],
    *,
    groups: dict[str, list[str]] | None = None,
    asked: dict[str, Any] | None = None,
    lost: str = "",
    stages: tuple[str, ...] = ("certificates", "stage", "activate", "provision"),
) -> list[str]:
    members = {"node_exporter": ["m1", "m2", "web1"], "alertmanager": ["m1", "m2"], "grafana": ["m1"]}
    looked_at = {host: {"__vigil_host_preflight": DONE, **said} for host, said in hostvars.items()}
    return left_undone.left_undone(
        EVERY,
        looked_at,
        {**members, **(groups or {})},
        asked or tags(),
        planned=list(hostvars),
        reached=[host for host in hostvars if host != lost],
        stages=stages,
    )


def ran(**other: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the variables of hosts on which everything was done, but for what differs."""
    results = {
        "m1": {"__node_exporter_activation": DONE, "__alertmanager_activation": DONE, "__grafana_activation": DONE},
        "m2": {"__node_exporter_activation": DONE, "__alertmanager_activation": DONE},
        "web1": {"__node_exporter_activation": DONE},
    }
    return {host: {**said, **other.get(host, {})} for host, said in results.items()}


def test_run_that_did_everything_left_nothing_undone() -> None:
    assert undone(ran()) == []


def test_host_that_was_never_reached_is_named_with_what_was_not_done_there() -> None:
    said = undone({**ran(), "web1": {}}, lost="web1")
    assert said == ["web1 could not be reached: node_exporter was not deployed there."]


def test_host_that_is_lost_on_the_way_is_named_with_what_it_did_not_get_any_more() -> None:
    said = undone(ran(m1={"__grafana_activation": {"unreachable": True}}))
    assert said == ["m1 could not be reached: grafana was not deployed there."]
    assert undone(ran(), lost="web1") == ["web1 could not be reached at the end."]


def test_host_whose_turn_did_not_come_is_named() -> None:
    said = undone(ran(m2={"__alertmanager_activation": {**DONE, "waits": True}}))
    assert said == [
        "alertmanager was to be changed last on m2, which did not happen there: run again.",
    ]


def test_mesh_of_which_a_member_is_left_out_is_said_not_to_be_whole() -> None:
    said = undone({**ran(), "m2": {}}, lost="m2")
    assert said[0] == "m2 could not be reached: node_exporter and alertmanager were not deployed there."
    assert said[1].startswith("The mesh of Alertmanagers is not whole: m2 kept")


def test_host_that_did_not_learn_of_an_authority_is_named() -> None:
    said = undone({**ran(), "web1": {"certificates_trusted": "-----BEGIN"}}, lost="web1")
    assert "web1 did not follow: take no further step of secrets_authority" in said[1]


def test_service_that_failed_is_named_with_the_hosts_that_were_left_alone() -> None:
    hosts = ran(
        m1={"__alertmanager_activation": {"failed": True}},
        m2={"__alertmanager_activation": {"skipped": True}},
    )
    said = undone(hosts, groups={"__vigil_failed_alertmanager": ["m1"]})
    assert said == ["alertmanager failed on m1, for the reasons above: m2 was not touched."]


def test_grafana_that_was_not_provisioned_is_said() -> None:
    unprovisioned = "grafana was not provisioned: data sources, folders and dashboards are as they were."
    failed = ran(m1={"__grafana_activation": {"failed": True}})
    assert undone(failed, groups={"__vigil_failed_grafana": ["m1"]})[-1] == unprovisioned
    assert undone({**ran(), "m1": {}}, lost="m1")[-1] == unprovisioned
    said = undone(ran(), groups={"__vigil_failed_provisioning_grafana": ["m1"]})
    assert said == ["Provisioning grafana failed on m1, for the reasons above."]


def test_cluster_is_provisioned_although_a_node_failed() -> None:
    hosts = {"s1": {"__vigil_host_preflight": DONE, "__elasticsearch_activation": {"failed": True}}}

    def said(reached: list[str], **failed: list[str]) -> list[str]:
        groups = {"elasticsearch": ["s1"], **{f"__vigil_failed_{name}": on for name, on in failed.items()}}
        return left_undone.left_undone(
            ["elasticsearch"], hosts, groups, tags(), planned=["s1"], reached=reached, stages=["activate", "provision"]
        )

    assert said(["s1"], elasticsearch=["s1"]) == ["elasticsearch failed on s1, for the reasons above."]
    failed = said(["s1"], elasticsearch=["s1"], provisioning_elasticsearch=["s1"])
    assert failed[-1] == "Provisioning elasticsearch failed on s1, for the reasons above."
    assert said([])[-1].startswith("elasticsearch was not provisioned: templates, retention, snapshots and settings")


def test_part_of_a_run_leaves_nothing_else_undone() -> None:
    nothing: dict[str, dict[str, Any]] = {"m1": {}, "m2": {}, "web1": {}}
    assert undone(nothing, asked=tags("certificates")) == []
    assert undone(nothing, stages=("provision",)) == []
    assert undone(nothing, asked=tags("stage"), lost="web1") == [
        "web1 could not be reached: node_exporter was not staged there."
    ]


def test_host_that_had_failed_before_the_playbook_is_not_called_unreachable() -> None:
    said = left_undone.left_undone(
        ["node_exporter"],
        {"web1": {}},
        {"node_exporter": ["web1"]},
        tags(),
        planned=["web1"],
        reached=[],
        stages=["stage", "activate"],
    )
    assert said == ["web1 had failed before: node_exporter was not deployed there."]
