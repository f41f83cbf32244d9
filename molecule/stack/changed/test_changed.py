"""What people changed in Grafana is put back, what the inventory no longer has goes, and what is theirs stays."""

from __future__ import annotations

testinfra_hosts = ["stack-1"]


def test_an_application_that_left_the_inventory_has_no_dashboard_and_no_rules(grafana, prometheus):
    titles = {one["title"] for one in grafana("search?type=dash-db&limit=5000")}
    assert "billing - Application Metrics" in titles
    assert "shop - Application Metrics" not in titles
    groups = {group["name"] for group in prometheus("rules")["groups"]}
    assert any("billing" in group for group in groups)
    assert not any("shop" in group for group in groups)


def test_what_was_edited_by_hand_is_as_the_inventory_says(grafana):
    assert {one["uid"] for one in grafana("search?query=Edited")} == set()


def test_a_dashboard_of_somebody_else_stays(grafana):
    assert grafana("dashboards/uid/theirs")["dashboard"]["title"] == "Theirs"
