# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.vigil.observability.plugins.filter.shipped_dashboards import FilterModule, shipped_dashboards

SERVICES = ["node_exporter", "prometheus", "alertmanager", "grafana"]


def folders(applications: list[dict[str, Any]], **options: str) -> dict[str, str]:
    shipped = shipped_dashboards(applications, services=SERVICES, **options)
    return {item["dashboard"]["title"]: item["folder_uid"] for item in shipped}


def test_the_monitoring_and_the_applications_lie_in_folders_of_their_own() -> None:
    shop, billing = {"name": "shop", "team": "sales"}, {"name": "billing", "team": "sales"}
    found = folders([shop, billing])
    assert found["System Alerts & SLA"] == "vigil-monitoring"
    assert [title for title, folder in found.items() if folder == "vigil-applications"] == [
        "shop - Application Metrics",
        "billing - Application Metrics",
    ]
    assert folders([shop], folder_uid="ops", applications_folder_uid="apps")["shop - Application Metrics"] == "apps"


def test_every_dashboard_has_a_uid_of_its_own() -> None:
    models = [item["dashboard"] for item in shipped_dashboards([{"name": "shop", "team": "sales"}], services=SERVICES)]
    assert len({model["uid"] for model in models}) == len(models)


def test_an_application_leads_to_its_traces_where_there_are_some() -> None:
    def types(services: list[str]) -> set[str]:
        (model,) = [
            item["dashboard"]
            for item in shipped_dashboards([{"name": "shop", "team": "sales"}], services=services)
            if item["folder_uid"] == "vigil-applications"
        ]
        return {variable["query"] for variable in model["templating"]["list"] if variable["type"] == "datasource"}

    assert types(SERVICES) == {"prometheus"}
    assert types([*SERVICES, "jaeger", "elasticsearch"]) == {"prometheus", "jaeger", "elasticsearch"}


def test_an_application_leads_to_its_hosts_where_there_is_a_page_of_them() -> None:
    def leads(services: list[str]) -> bool:
        models = shipped_dashboards([{"name": "shop", "team": "sales"}], services=services)
        return any("/d/vigil-hosts?" in str(item) for item in models if item["folder_uid"] == "vigil-applications")

    assert leads(SERVICES)
    assert not leads(["prometheus"])


def test_playbooks_know_the_filter_by_its_name() -> None:
    assert FilterModule().filters() == {"shipped_dashboards": shipped_dashboards}
