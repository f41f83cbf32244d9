"""Changes of users in Grafana are reverted, what the inventory no longer has is removed, and what users own stays."""

from __future__ import annotations

testinfra_hosts = ["stack-1"]


def test_an_application_that_left_the_inventory_has_no_dashboard(grafana):
    titles = {one["title"] for one in grafana("search?type=dash-db&limit=5000")}
    assert "shop - Application Metrics" in titles
    assert "billing - Application Metrics" not in titles


def test_what_was_edited_by_hand_is_as_the_inventory_says(grafana):
    assert grafana("dashboards/uid/vigil-hosts")["dashboard"]["title"] == "Hosts"


def test_a_dashboard_of_somebody_else_stays(grafana):
    assert grafana("dashboards/uid/theirs")["dashboard"]["title"] == "Theirs"


def test_what_users_provisioned_themselves_stays(grafana):
    assert grafana("dashboards/uid/provisioned")["dashboard"]["tags"] == ["vigil.observability"]
    assert grafana("datasources/uid/loki")["url"] == "https://loki.example.com"


def test_a_dashboard_of_grafana_com_asks_the_prometheus_of_the_stack(grafana):
    (panel,) = grafana("dashboards/uid/from-grafana-com")["dashboard"]["panels"]
    assert panel["datasource"] == {"type": "prometheus", "uid": "prometheus"}
    assert panel["targets"][0]["expr"] == 'up{job="node_exporter"}'
