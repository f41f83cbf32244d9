"""Shows one order: as a number, as the trace behind that number, and as lines of logs, all by one id."""

from __future__ import annotations

import time
from functools import partial

from ansible_collections.vigil.observability.demo.show_logs import Logs
from ansible_collections.vigil.observability.demo.show_traces import Traces
from ansible_collections.vigil.observability.demo.stack import Replica
from ansible_collections.vigil.observability.demo.visits import Shop, url_of
from ansible_collections.vigil.observability.demo.watch import Watch, awaited

__all__ = ["show_order"]

COUNTER = 'sum(orders_total{job="shop", status="completed"}) or vector(0)'
DURATIONS = 'http_request_duration_seconds_bucket{job="shop", route="/orders"}'


def show_order(watch: Watch, shop: Shop, replica: Replica, traces: Traces, logs: Logs | None) -> None:
    """Show where an order is seen. Raises ShowError."""
    watch.part("One order, followed by one id")
    with shop.without_customers(watch):
        before = awaited("Prometheus asks the shop", partial(counted, replica, time.time()))
        order = shop.order()
        watch.entered(shop.host, f"curl -X POST {url_of('/orders')}", f"order {order.body['number']}, id {order.id}")
        watch.seen("Prometheus has counted it", partial(one_more, replica, before))
        watch.seen("its duration in Prometheus has the id, as an exemplar", partial(exemplar, replica, order.id))
        watch.seen("Jaeger has a trace with this id", partial(traces.of, order.id, ("payment", "shop")))
        if logs:
            watch.seen("Elasticsearch has its log lines by this id", partial(logs.of, order.id, ("payment", "shop")))


def counted(replica: Replica, since: float) -> str:
    """Return how many orders there are, once Prometheus has asked every instance since that time."""
    asked = replica.query('min(timestamp(up{job="shop"}))')
    recent = asked and float(asked[0]["value"][1]) > since
    return str(replica.query(COUNTER)[0]["value"][1]) if recent else ""


def one_more(replica: Replica, before: str) -> str:
    """Return how many orders there are, nothing unless it is one more than before."""
    now = str(replica.query(COUNTER)[0]["value"][1])
    return f"(orders_total: {before}, now {now})" if int(now) == int(before) + 1 else ""


def exemplar(replica: Replica, trace: str) -> str:
    """Return the bucket and the value of the exemplar with this trace, nothing without one."""
    found = (
        f'(le="{series["seriesLabels"]["le"]}", {float(one["value"]):.3f} s)'
        for series in replica.exemplars(DURATIONS)
        for one in series["exemplars"]
        if one["labels"]["trace_id"] == trace
    )
    return next(found, "")
