# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of metrics that applications export."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import application
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.metrics import (
    APPLICATION_METRICS,
    series_names,
)


def test_histograms_are_asked_for_by_three_names() -> None:
    names = {name for name in series_names() if name.startswith("http_request_duration_seconds")}
    assert names == {f"http_request_duration_seconds_{part}" for part in ("bucket", "sum", "count")}


def test_histograms_alone_have_buckets_and_these_rise() -> None:
    for metric in APPLICATION_METRICS.values():
        assert bool(metric.buckets) == (metric.type == "histogram")
        assert list(metric.buckets) == sorted(set(metric.buckets))


def test_names_say_their_type_and_unit() -> None:
    for name, metric in APPLICATION_METRICS.items():
        assert metric.type != "counter" or name.endswith("_total")
        assert metric.unit != "s" or "_seconds" in name
        assert metric.unit != "By" or name.endswith(("_bytes", "_bytes_total"))


def test_application_is_assumed_to_export_what_the_library_exports() -> None:
    usual = application({"name": "shop", "team": "sales"}).metrics
    named = {usual[key] for key in ("requests", "duration", "build_info")}
    assert named <= set(APPLICATION_METRICS)
    assert {usual["route_label"], usual["status_label"]} <= set(APPLICATION_METRICS[usual["requests"]].labels)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the list of the library for applications, without the packages that the library needs."""
    file = Path(__file__).parents[5] / "packages/telemetry/src/vigil_telemetry/metrics/names.py"
    spec = importlib.util.spec_from_file_location("names_of_the_library", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_library_exports_what_dashboards_and_rules_rely_on(library: ModuleType) -> None:
    keys = ("type", "labels", "unit", "help", "buckets")
    exported, relied = (
        {name: {key: getattr(metric, key) for key in keys} for name, metric in metrics.items()}
        for metrics in (library.APPLICATION_METRICS, APPLICATION_METRICS)
    )
    assert exported == relied


def test_library_exports_nothing_that_rules_record() -> None:
    assert not [name for name in APPLICATION_METRICS if name.startswith("sla_")]
