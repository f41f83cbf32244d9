"""Series have the labels that tests of rules give them, on both releases of what is scraped."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services
from ansible_collections.vigil.observability.tests.house_rules.recorded_labels import recording, sets_of
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

testinfra_hosts = ["stack-1"]
# Jaeger shows the version of the applications that it has spans of, too.
VERSIONS = """{__name__=~".+_build_info",version!=""}
    or label_replace(target_info{job="jaeger",service_version=~"v.+"}, "version", "$1", "service_version", "v(.+)")"""
RECORDED = recording(Tree.of(Path(__file__).resolve().parents[3]))


@pytest.fixture
def shown(prometheus):
    """Return a function that tells the labels of metrics of a target, without those that it gives all its series."""
    every = [one["labels"] for one in prometheus("targets")["activeTargets"]]
    targets = {(one["job"], one["instance"]): set(one) for one in every}

    def labels(names, job, instance):
        selector = f'{{job="{job}",instance="{instance}",__name__=~"{"|".join(names)}"}}'
        return {
            (one["__name__"], ",".join(sorted(set(one) - targets[job, instance] - {"__name__"})))
            for one in prometheus("series", **{"match[]": selector})
        }

    return labels


def test_servers_show_the_labels_that_were_recorded_of_their_release(prometheus, shown):
    found, strange = set(), set()
    for one in prometheus("query", query=VERSIONS)["result"]:
        job, version = one["metric"]["job"], one["metric"]["version"].partition("+")[0]
        # Any Grafana has to show what was recorded of the one that could be had.
        releases = RECORDED.get("vigil_telemetry" if job in services()["telemetry"].jobs else job, {})
        release = releases.get(version) or next(iter(releases.values()), {})
        series = shown(release, job, one["metric"]["instance"]) if release else set()
        found |= {(job, version, metric) for metric, _labels in series}
        strange |= {(job, version, *pair) for pair in series if pair[1] not in sets_of(release, pair[0])}
    assert strange == set()
    assert {job for job, _version, _metric in found} == {job for one in services().values() for job in one.jobs}
    assert len(found) > 150


def test_a_scrape_adds_no_more_labels_than_were_recorded(shown):
    for instance, release in (("stack-1:9090", "3.13.2"), ("stack-2:9090", "2.53.3")):
        assert shown(RECORDED["scrape"][release], "prometheus", instance) == set(RECORDED["scrape"][release].items())


def test_what_rules_record_has_the_labels_that_rules_say(prometheus):
    recorded = {}
    for group in prometheus("rules", type="record")["groups"]:
        for rule in group["rules"]:
            recorded.setdefault(rule["name"], set()).add(",".join(sorted(rule.get("labels", {}))))
    # Those of shipped rules have the labels of what they are recorded of.
    names = "|".join(name for name in recorded if not name.startswith(("alert:", "service:spans:")))
    wrong = {
        (one["__name__"], labels)
        for one in prometheus("series", **{"match[]": f'{{__name__=~"{names}"}}'})
        if (labels := ",".join(sorted(set(one) - {"__name__"}))) not in recorded[one["__name__"]]
    }
    assert wrong == set()
