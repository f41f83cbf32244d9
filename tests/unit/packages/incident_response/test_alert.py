# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is a notification or a list of alerts, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.intake.alert import (
    AlertError,
    listed,
    notification,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    NOW,
    listing,
    named,
    notified,
    webhook,
)


def test_a_notification_names_its_sender_and_what_it_left_out() -> None:
    found = notification(webhook(notified(named()), truncatedAlerts=3))
    assert (found.sender, len(found.alerts), found.left_out) == ("http://mon1:9093", 1, 3)
    assert notification(webhook(truncatedAlerts="many")).left_out == 0


def test_a_time_has_nanoseconds_and_that_of_go_is_none() -> None:
    (alert,) = notification(webhook(notified(named(), NOW + 0.5))).alerts
    assert (round(alert.starts_at - NOW, 3), alert.ends_at) == (0.5, None)


def test_a_long_annotation_is_shortened_and_a_label_is_not() -> None:
    told = notified(named(host="h" * 5000), annotations={"summary": "s" * 5000}, generatorURL=None)
    (alert,) = notification(webhook(told)).alerts
    assert (len(alert.labels["host"]), len(alert.annotations["summary"]), alert.generator) == (5000, 1000, "")


def test_a_list_tells_who_mutes_an_alert() -> None:
    (alert,) = listed([listing(named(), silenced_by=["s1"], inhibited_by=["0" * 16])])
    assert (alert.silenced_by, alert.inhibited_by) == (("s1",), ("0" * 16,))


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([], "The notification is not a mapping."),
        (webhook(version="3"), "not one of version 4"),
        (webhook(alerts=None), "Alerts is not a list."),
        (webhook(externalURL=None), "externalURL is missing."),
        (webhook("x"), "An alert is not a mapping."),  # type: ignore[arg-type]  # it is what is refused
        (webhook(notified(named(), status="pending")), "'pending': it has to be firing or resolved"),
        (webhook(notified(named(), fingerprint="../x")), "not one of Alertmanager's"),
        (webhook(notified(named(), startsAt="yesterday")), "startsAt is 'yesterday', which is not a time"),
        (webhook(notified(named(), startsAt="2026-01-01T00:00:00")), "has no time zone"),
        (webhook(notified(named(), startsAt=None)), "has no startsAt"),
        (webhook({**notified(named()), "labels": None}), "Labels is not a mapping."),
        (webhook({**notified(named()), "labels": {"a": 1}}), "A value in the labels of an alert is not a text."),
    ],
)
def test_anything_else_is_refused_in_a_sentence(told: Any, reason: str) -> None:
    with pytest.raises(AlertError, match=reason):
        notification(told)


def test_a_list_of_something_else_is_refused() -> None:
    wrong: list[Any] = [{}, [{**listing(named()), "status": None}]]
    for told in wrong:
        with pytest.raises(AlertError):
            listed(told)
