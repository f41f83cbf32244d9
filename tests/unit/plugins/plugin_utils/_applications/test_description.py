# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applications of an inventory: what they become, and what of them is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import (
    application,
    applications,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.objective import minutes_of

AVAILABILITY = {"kind": "availability", "target": 0.999}
LATENCY = {"kind": "latency", "target": 0.99, "threshold": 0.5}


def app(**keys: Any) -> dict[str, Any]:
    """Return an application as an inventory describes it."""
    return {"name": "shop", "team": "web", **keys}


def test_an_application_needs_no_more_than_a_name_and_a_team() -> None:
    (shop,) = applications([app()])
    assert (shop.name, shop.team, shop.environment, shop.job) == ("shop", "web", "production", "shop")
    assert shop.unit == "shop.service"
    assert shop.metrics["requests"] == "http_requests_total"
    assert (shop.objectives, shop.depends_on, shop.business) == ((), (), ())


def test_an_objective_is_named_by_its_kind_and_counts_over_30_days_unless_it_says_otherwise() -> None:
    own = {**LATENCY, "name": "checkout", "window": "7d"}
    (shop,) = applications([app(objectives=[AVAILABILITY, own])])
    assert [(one.name, one.window) for one in shop.objectives] == [("availability", "30d"), ("checkout", "7d")]
    assert [one.threshold for one in shop.objectives] == [None, 0.5]


@pytest.mark.parametrize(("target", "bad"), [(0.999, 0.001), (0.9, 0.1), (0.99999, 0.00001)])
def test_what_may_be_bad_has_no_rounding_error(target: float, bad: float) -> None:
    assert applications([app(objectives=[{**AVAILABILITY, "target": target}])])[0].objectives[0].bad_ratio == bad


def test_metrics_of_its_own_replace_the_usual_ones_alone() -> None:
    metrics = applications([app(metrics={"requests": "rpc_total"})])[0].metrics
    assert (metrics["requests"], metrics["status_label"]) == ("rpc_total", "status_code")


def test_an_application_that_is_measured_by_its_spans_is_found_in_what_jaeger_counts() -> None:
    (shop,) = applications([app(measured_by="spans", matchers=['span_name!="GET /healthz"'])])
    assert shop.job == "jaeger"
    assert (shop.metrics["requests"], shop.metrics["bad_status"], shop.metrics["build_info"]) == (
        "traces_span_metrics_calls_total",
        "STATUS_CODE_ERROR",
        "",
    )
    assert [str(one) for one in shop.matchers] == [
        'service_name="shop"',
        'span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"',
        'span_name!="GET /healthz"',
    ]


def test_names_of_span_metrics_can_be_changed_and_those_of_what_spans_do_not_tell_are_refused() -> None:
    (shop,) = applications([app(measured_by="spans", job="collectors", metrics={"requests": "calls_total"})])
    assert (shop.job, shop.metrics["requests"], shop.metrics["status_label"]) == (
        "collectors",
        "calls_total",
        "status_code",
    )
    with pytest.raises(OperatorError) as failure:
        applications([app(measured_by="spans", metrics={"orders": "orders_total", "build_info": "build"})])
    assert str(failure.value) == (
        "Application 'shop': metrics.orders cannot be set, because measured_by is spans: Jaeger does not count it. "
        "Application 'shop': metrics.build_info cannot be set, because measured_by is spans: Jaeger does not count it."
    )


def test_a_text_with_a_matcher_does_not_replace_those_of_spans() -> None:
    (shop,) = applications([app(measured_by="spans", matchers='span_name!="a",http_route!="/b"')])
    assert [one.label for one in shop.matchers] == ["service_name", "span_kind", "span_name", "http_route"]


@pytest.mark.parametrize(("key", "value"), [("metrics", ["a"]), ("matchers", {"a": 1}), ("measured_by", "traces")])
def test_wrong_types_are_refused_of_an_application_that_is_measured_by_its_spans(key: str, value: Any) -> None:
    with pytest.raises(OperatorError, match=rf"^Application 'shop': .*{key}"):
        applications([app(**{"measured_by": "spans", key: value})])


@pytest.mark.parametrize(
    ("window", "days"), [("7d", 7), ("4w", 28), ("1w2d", 9), ("672h", 28), ("30d", 30), ("90d", 90)]
)
def test_a_window_is_a_duration_of_prometheus_of_7_to_90_days(window: str, days: int) -> None:
    objective = applications([app(objectives=[{**AVAILABILITY, "window": window}])])[0].objectives[0]
    assert (objective.window, minutes_of(objective.window)) == (window, days * 24 * 60)


def test_requests_count_that_match_the_application_and_the_objective() -> None:
    described = app(
        matchers=[' route !~ "/healthz" '],
        objectives=[{**AVAILABILITY, "matchers": ["tenant='a\\\\b'", "path=~`/v\\d`"]}],
    )
    (shop,) = applications([described])
    assert [str(one) for one in shop.matchers] == ['route!~"/healthz"']
    assert [str(one) for one in shop.objectives[0].matchers] == ['tenant="a\\\\b"', 'path=~"/v\\\\d"']


REFUSED: list[tuple[list[Any], str]] = [
    ([app(objectives=[{**AVAILABILITY, "target": 1}])], "target 1.0 of the objective 'availability'"),
    ([app(objectives=[{**AVAILABILITY, "target": 99.9}])], "target 99.9 of the objective"),
    ([app(objectives=[{**AVAILABILITY, "target": 0}])], "must lie between 0 and 1"),
    (
        [app(objectives=[{**AVAILABILITY, "window": "6d"}])],
        "of the objective 'availability', window 6d must be 7d to 90d",
    ),
    ([app(objectives=[{**AVAILABILITY, "window": "91d"}])], "must be 7d to 90d, such as 30d or 4w"),
    ([app(objectives=[{**AVAILABILITY, "window": "4 weeks"}])], "window is '4 weeks': write a duration"),
    ([app(objectives=[{**AVAILABILITY, "window": "2d1w"}])], "with the larger unit first"),
    ([app(matchers=["route"])], "the matcher 'route' must be a label matcher such as"),
    ([app(matchers=['route!~"("'])], "has an invalid regular expression"),
    ([app(matchers=['route!="\\."'])], "has an unknown escape"),
    ([app(matchers=['route="{{ x }}"'])], "must be one line of text without {{"),
    ([app(matchers=['job="x"'])], "is on job, which cannot select requests"),
    ([app(matchers=['status_code!="404"'])], "is on status_code, which cannot select requests"),
    ([app(matchers=['route=~".*"'])], 'route=~".*" excludes no value'),
    ([app(matchers=['route="a"', 'route!="a"'])], "no value of route was found for"),
    (
        [app(matchers=['route!="/a"'], objectives=[{**AVAILABILITY, "matchers": ['route="/a"']}])],
        "of the objective 'availability', no value of route was found",
    ),
    ([app(objectives=[{**AVAILABILITY, "kind": "speed"}])], "speed"),
    ([app(objectives=[{"kind": "latency", "target": 0.9}])], "the latency objective 'latency' needs a threshold"),
    ([app(objectives=[{**LATENCY, "threshold": 0}])], "needs a threshold"),
    (
        [app(objectives=[{**AVAILABILITY, "threshold": 1}])],
        "the availability objective 'availability' cannot have a threshold",
    ),
    ([app(objectives=[AVAILABILITY, AVAILABILITY])], "two of its objectives are named 'availability'"),
    (
        [app(objectives=[{**AVAILABILITY, "name": "Avail"}])],
        "objectives[0] name 'Avail' must be at most 40 lower-case letters",
    ),
    ([app(objectives=[{**AVAILABILITY, "burn": 1}])], "burn"),
    ([app(name="Shop")], "name 'Shop' must be at most 40 lower-case letters"),
    ([app(name="s" * 41)], "at most 40"),
    ([app(), app()], "Two applications are named 'shop'"),
    ([app(depends_on=["stock"])], "Application 'shop' depends on 'stock', which is not declared"),
    ([app(depends_on=["shop"])], "circle: shop -> shop"),
    ([app(depends_on=["stock"]), app(name="stock", depends_on=["shop"])], "circle"),
    ([app(metrics={"requests": "a b"})], "metrics.requests 'a b'"),
    ([app(metrics={"request": "a"})], "request"),
    ([app(metrics={"bad_status": "5.("})], "metrics.bad_status '5.(' is not a valid regular expression"),
    ([app(metrics={"requests": ""}, objectives=[AVAILABILITY])], "'availability' needs metrics.requests"),
    ([app(metrics={"status_label": ""}, objectives=[AVAILABILITY])], "'availability' needs metrics.status_label"),
    ([app(metrics={"duration": ""}, objectives=[LATENCY])], "'latency' needs metrics.duration"),
    ([app(logs_url="javascript:alert(1)")], "logs_url 'javascript:alert(1)' must begin with https:// or http://, or"),
    ([app(traces_url="//evil.example.com/")], "traces_url '//evil.example.com/' must begin with https:// or http://"),
    ([app(logs_url="https://logs/\n")], "must begin with https:// or http://, or with / for a page of Grafana."),
    ([app(team="")], "team '' must be one line of text"),
    ([app(team="a\nb")], "team 'a\\nb' must be one line of text"),
    ([app(environment="{{ env }}")], "environment '{{ env }}' must be one line of text without"),
    ([app(job="{{ job }}")], "job '{{ job }}' must be one line"),
    ([{"name": "shop"}], "missing required arguments: team"),
    (["shop"], "Application 0 must be a mapping"),
]


@pytest.mark.parametrize(("described", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused_by_name(described: list[Any], said: str) -> None:
    with pytest.raises(OperatorError) as refusal:
        applications(described)
    assert said in str(refusal.value)


def test_every_fault_of_every_application_is_named_at_once() -> None:
    with pytest.raises(OperatorError) as refusal:
        applications(
            [app(objectives=[{**AVAILABILITY, "target": 2}]), app(name="Stock"), app(name="bank", depends_on=["x"])]
        )
    assert all(word in str(refusal.value) for word in ("'shop'", "target 2.0", "'Stock'", "'bank'", "'x'"))


def test_one_application_alone_may_depend_on_others_and_is_refused_as_well() -> None:
    assert application(app(depends_on=["stock"])).depends_on == ("stock",)
    with pytest.raises(OperatorError, match="Application 'Shop'"):
        application(app(name="Shop"))
