# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tables of all pages have in common, in Grafana's words."""

from __future__ import annotations

import json
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

SINCE = Column(head="since", scale=Scale(unit="dateTimeFromNow"), no_value="never")


def written(**columns: Any) -> dict[str, Any]:
    """Return a table of these labels and one value, ordered by another, as Grafana reads it."""
    panel = table("Alerts", "Alerts.", Query("since"), labels=columns, values=[SINCE], order="rank", no_value="none")
    made: dict[str, Any] = json.loads(json.dumps(panel.build(), cls=JSONEncoder))
    return made


def properties(panel: dict[str, Any], head: str) -> dict[str, Any]:
    """Return what is said of a column alone."""
    [found] = [one for one in panel["fieldConfig"]["overrides"] if one["matcher"]["options"] == head]
    return {one["id"]: one["value"] for one in found["properties"]}


def test_rows_are_ordered_by_a_value_that_is_no_column() -> None:
    shown = written(host=Column(head="host"))
    assert [target["expr"].split()[0] for target in shown["targets"]] == ["(since)", "(rank)"]
    merged, _filtered, ordered, organized = shown["transformations"]
    assert merged["id"] == "merge"
    assert ordered == {"id": "sortBy", "options": {"sort": [{"field": "Value #B", "desc": True}]}}
    assert organized["options"]["excludeByName"] == {"Time": True, "Value #B": True}
    assert organized["options"]["renameByName"] == {"host": "host", "Value #A": "since"}


def test_one_empty_answer_of_several_leaves_the_others_and_no_row() -> None:
    shown = written(host=Column(head="host"))
    assert shown["targets"][0]["expr"] == '(since) or on () label_replace(vector(0), "host", "-", "", "")'
    [no_row] = shown["transformations"][1]["options"]["filters"]
    assert shown["transformations"][1]["options"]["type"] == "exclude"
    assert (no_row["fieldName"], no_row["config"]["options"]["value"]) == ("host", "-")


def test_rows_are_ordered_by_a_label_that_is_no_column() -> None:
    panel = table("A", "A.", Query("since"), labels={"host": Column(head="host")}, values=[SINCE], ranked="rank")
    ordered, organized = json.loads(json.dumps(panel.build(), cls=JSONEncoder))["transformations"]
    assert ordered == {"id": "sortBy", "options": {"sort": [{"field": "rank", "desc": True}]}}
    assert organized["options"]["excludeByName"] == {"Time": True, "rank": True}


def test_cell_without_a_value_says_what_that_means_and_has_no_colour() -> None:
    [none] = properties(written(host=Column(head="host")), "since")["mappings"]
    assert none["options"]["match"] == "null"
    assert none["options"]["result"] == {"text": "never", "color": "transparent"}


def test_text_in_place_of_no_rows_stands_in_no_cell() -> None:
    shown = written(host=Column(head="host"))
    assert shown["fieldConfig"]["defaults"]["noValue"] == "none"
    assert [properties(shown, head)["noValue"] for head in ("host", "since")] == ["", "never"]


def test_texts_of_labels_are_not_read_as_numbers() -> None:
    assert properties(written(host=Column(head="host")), "host")["unit"] == "string"


def test_texts_have_colours_of_their_own() -> None:
    told = properties(written(severity=Column(head="severity", colors={"critical": "red"})), "severity")
    assert told["mappings"][0]["options"] == {"critical": {"text": "critical", "color": "red", "index": 0}}
    assert told["custom.cellOptions"] == {"type": "color-background", "mode": "basic"}


def test_address_is_a_word_that_leads_there() -> None:
    address = Link(title="Runbook", url="${__value.raw}", outside=True)
    told = properties(written(url=Column(head="runbook", shown="read", links=(address,))), "runbook")
    assert told["mappings"][0]["type"] == "regex"
    assert told["mappings"][0]["options"]["result"]["text"] == "read"
    assert told["links"][0]["url"] == "${__value.raw}"


def test_hidden_column_is_there_for_links_alone() -> None:
    assert properties(written(page=Column(head="page", hidden=True)), "page")["custom.hidden"] is True
