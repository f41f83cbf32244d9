# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Episodes: one is open per alert from its first sight until it is gone."""

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.schema import (
    read_only,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    NOW,
    listing,
    named,
    notified,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake

DOWN = named(host="web1", service="shop")


def kinds(intake: Intake, number: int = 1) -> list[str]:
    """Return the kinds of the events of an incident, in their order."""
    return [event["kind"] for event in intake.incident(number)["events"]]


def test_a_duplicate_opens_nothing_and_is_kept_with_its_reason(intake: Intake) -> None:
    assert intake.notify(notified(DOWN)) == {"opened": 1}
    assert intake.notify(notified(DOWN), sender="http://mon2:9093") == {"repeated": 1}
    assert intake.open() == (1, 1)
    repeated = intake.incident(1)["events"][-1]
    assert (repeated["source"], repeated["reason"]) == ("webhook http://mon2:9093", "the episode is open")


@pytest.mark.parametrize("moved", [-300.0, 300.0])
def test_a_start_that_moves_is_the_same_episode(intake: Intake, moved: float) -> None:
    intake.notify(notified(DOWN))
    assert intake.notify(notified(DOWN, NOW + moved)) == {"moved": 1}
    assert intake.open() == (1, 1)


def test_a_list_with_another_start_moves_it_once(intake: Intake) -> None:
    intake.notify(notified(DOWN))
    assert intake.reconcile([listing(DOWN, NOW + 60)], [listing(DOWN, NOW + 30)]) == {"moved": 1}
    assert intake.reconcile([listing(DOWN, NOW + 60)], [listing(DOWN, NOW + 30)]) == {}


def test_a_resolved_alert_is_open_while_any_alertmanager_lists_it(intake: Intake) -> None:
    intake.notify(notified(DOWN))
    intake.now += 10
    assert intake.notify(notified(DOWN, ended_at=NOW + 9)) == {"resolved": 1}
    assert intake.notify(notified(DOWN, ended_at=NOW + 9)) == {"repeated": 1}
    intake.now += 10
    assert intake.reconcile([], [listing(DOWN)]) == {}
    assert intake.open() == (1, 1)
    assert intake.reconcile([], []) == {"closed": 1}
    assert intake.open() == (0, 0)
    (alert,) = intake.incident(1)["alerts"]
    assert (alert["state"], alert["ended_at"]) == ("gone", "2026-01-01T00:00:09.000Z")


def test_nothing_ends_while_no_alertmanager_answers(intake: Intake) -> None:
    intake.notify(notified(DOWN), notified(named("Other"), ended_at=NOW + 9))
    intake.notify(notified(DOWN, ended_at=NOW + 9))
    intake.now += 86_400
    assert intake.reconcile(None, None) == {}
    assert intake.open() == (1, 1)
    assert intake.reconcile(None, []) == {"closed": 1}


def test_a_lost_webhook_is_made_up_for_by_the_list(intake: Intake) -> None:
    assert intake.reconcile([listing(DOWN)], None) == {"opened": 1}
    assert intake.notify(notified(DOWN)) == {"repeated": 1}


def test_a_lost_resolve_is_made_up_for_when_the_end_has_passed(intake: Intake) -> None:
    intake.reconcile([listing(DOWN, ends_at=NOW + 240)])
    intake.now += 200
    assert intake.reconcile([]) == {}, "a restarted Alertmanager gets it again from Prometheus"
    intake.now += 60
    assert intake.reconcile([]) == {"closed": 1}
    assert intake.incident(1)["events"][1]["ended_at"] == "2026-01-01T00:04:00.000Z"


def test_a_notification_does_not_put_off_the_end_that_a_list_gives(intake: Intake) -> None:
    intake.notify(notified(DOWN))
    intake.reconcile([listing(DOWN, ends_at=NOW + 100)])
    intake.now += 20
    intake.notify(notified(DOWN))
    intake.now += 90
    assert intake.reconcile([]) == {"closed": 1}


def test_a_notification_after_the_end_that_a_list_gave_outdates_it(intake: Intake) -> None:
    intake.reconcile([listing(DOWN, ends_at=NOW + 100)])
    intake.now += 110
    intake.notify(notified(DOWN))
    intake.now += 290
    assert intake.reconcile([]) == {}
    intake.now += 12
    assert intake.reconcile([]) == {"closed": 1}
    assert intake.incident(1)["alerts"][0]["ended_at"] == "2026-01-01T00:06:50.000Z"


def test_an_end_that_nobody_gave_is_that_of_alertmanager(intake: Intake) -> None:
    intake.notify(notified(DOWN))
    intake.now += 299
    assert intake.reconcile([]) == {}
    intake.now += 3
    assert intake.reconcile([]) == {"closed": 1}


def test_a_restarted_engine_knows_no_end_and_waits(intake: Intake) -> None:
    intake.notify(notified(DOWN))
    intake.journal.close()
    intake.__init__(intake.journal.path.parent, NOW + 1000)  # type: ignore[misc]  # it is the restart
    assert intake.reconcile([]) == {}
    intake.now += 302
    assert intake.reconcile([]) == {"closed": 1}


def test_a_list_from_before_an_alert_arrived_does_not_end_it(intake: Intake) -> None:
    intake.notify(notified(DOWN))
    intake.notify(notified(DOWN, ended_at=NOW + 1))
    intake.now += 3
    assert intake.reconcile([], asked_ago=4) == {}


def test_what_ended_before_the_clock_was_set_back_is_closed(intake: Intake) -> None:
    intake.notify(notified(DOWN))
    intake.now += 3600
    intake.notify(notified(DOWN, ended_at=intake.now))
    intake.now -= 3500
    assert intake.reconcile([]) == {"closed": 1}


def test_an_alert_that_fires_again_before_it_is_gone_goes_on(intake: Intake) -> None:
    intake.notify(notified(DOWN))
    intake.now += 10
    intake.notify(notified(DOWN, ended_at=NOW + 9))
    assert intake.notify(notified(DOWN, NOW + 10)) == {"fires_again": 1}
    assert intake.open() == (1, 1)
    intake.now += 10
    assert intake.reconcile([]) == {}


@pytest.mark.parametrize(("starts_at", "seconds"), [(NOW + 20, 1), (NOW, 61)])
def test_a_resolved_alert_that_is_still_listed_fires(intake: Intake, starts_at: float, seconds: float) -> None:
    intake.notify(notified(DOWN))
    intake.notify(notified(DOWN, ended_at=NOW + 9))
    intake.now += seconds
    assert "fires_again" in intake.reconcile([listing(DOWN, starts_at)])
    assert intake.incident(1)["alerts"][0]["state"] == "firing"


def test_a_resolve_of_an_earlier_occurrence_is_late(intake: Intake) -> None:
    intake.notify(notified(DOWN, NOW))
    assert intake.notify(notified(DOWN, NOW - 100, ended_at=NOW - 50)) == {"late": 1}
    assert intake.incident(1)["alerts"][0]["state"] == "firing"


def test_an_alert_may_end_when_it_starts(intake: Intake) -> None:
    intake.notify(notified(DOWN, NOW))
    assert intake.notify(notified(DOWN, NOW, ended_at=NOW)) == {"resolved": 1}
    intake.now += 2
    assert intake.reconcile([]) == {"closed": 1}


def closed_at(intake: Intake, seconds: float) -> None:
    """Have an episode that ended so many seconds after its start."""
    intake.notify(notified(DOWN))
    intake.now += seconds
    intake.notify(notified(DOWN, ended_at=intake.now - 1))
    intake.now += 2
    assert intake.reconcile([]) == {"closed": 1}


def test_a_replay_after_the_end_opens_nothing_unless_it_is_listed(intake: Intake) -> None:
    closed_at(intake, 60)
    assert intake.notify(notified(DOWN)) == {"late": 1}
    assert intake.open() == (0, 0)
    assert intake.reconcile([listing(DOWN)]) == {"opened": 1}


@pytest.mark.parametrize(("starts_at", "later"), [(NOW + 61, 0), (NOW, 301)])
def test_what_starts_after_the_end_is_a_new_episode(intake: Intake, starts_at: float, later: float) -> None:
    closed_at(intake, 60)
    intake.now += later
    assert intake.notify(notified(DOWN, starts_at)) == {"opened": 1}
    assert [one["id"] for one in intake.incidents()] == [2]


def test_a_resolve_of_nothing_is_kept_and_opens_nothing(intake: Intake) -> None:
    assert intake.notify(notified(DOWN, ended_at=NOW)) == {"unknown": 1}
    assert intake.incidents("all") == []


def test_a_resolve_without_an_end_ends_when_it_arrives(intake: Intake) -> None:
    intake.notify(notified(DOWN, NOW - 60))
    intake.notify(notified(DOWN, ended_at=NOW, endsAt="0001-01-01T00:00:00Z"))
    intake.now += 5
    intake.reconcile([])
    assert intake.incident(1)["alerts"][0]["ended_at"] == "2026-01-01T00:00:00.000Z"


def test_other_labels_under_a_known_fingerprint_change_nothing(intake: Intake) -> None:
    intake.notify(notified(DOWN))
    other = notified(named(host="web2"), fingerprint=notified(DOWN)["fingerprint"])
    assert intake.notify({**other, "status": "resolved"}) == {"mismatched": 1}
    (alert,) = intake.incident(1)["alerts"]
    assert (alert["labels"]["host"], alert["state"]) == ("web1", "firing")


def test_who_mutes_an_alert_is_kept_when_it_changes(intake: Intake) -> None:
    silenced = [listing(DOWN, silenced_by=["s1"])]
    assert intake.reconcile(silenced) == {"opened": 1, "muted": 1}
    assert intake.reconcile(silenced, [listing(DOWN)]) == {}
    assert intake.incident(1)["alerts"][0]["silenced_by"] == ["s1"]
    assert intake.reconcile([listing(DOWN)]) == {"unmuted": 1}
    assert kinds(intake) == ["opened", "muted", "unmuted"]


def test_an_alert_that_always_fires_is_for_nobody(intake: Intake) -> None:
    switch = {**named("DeadMansSwitch"), "severity": "none"}
    assert intake.notify(notified(switch)) == {}
    assert intake.reconcile([listing(switch)]) == {}


@pytest.mark.parametrize("text", ["{{ 7 * 7 }}", "$(reboot)", "'; DROP TABLE event; --", "<script>", "\0", "é" * 3000])
def test_the_text_of_a_label_is_data(intake: Intake, text: str) -> None:
    intake.notify(notified(named(text, host=text, service=text)))
    (alert,) = intake.incident(1)["alerts"]
    assert alert["labels"]["host"] == text
    assert intake.incidents()[0]["services"] == [text]


def test_an_alert_without_labels_is_kept(intake: Intake) -> None:
    assert intake.notify(notified({})) == {"opened": 1}
    assert intake.incidents()[0]["cause"] == {"alert": 1, "name": "", "because": "it is the only alert"}


def test_what_changes_nothing_adds_nothing(intake: Intake) -> None:
    intake.reconcile([listing(DOWN)])
    connection = read_only(intake.journal.path)
    before = connection.execute("SELECT count(*) FROM event").fetchone()[0]
    for _time in range(5):
        intake.now += 30
        intake.reconcile([listing(DOWN, ends_at=intake.now + 240)])
    assert connection.execute("SELECT count(*) FROM event").fetchone()[0] == before
    connection.close()


def test_a_silenced_alert_is_gone_when_prometheus_does_not_fire_it_any_more(intake: Intake) -> None:
    intake.notify(notified(DOWN))
    intake.reconcile([listing(DOWN, silenced_by=["s1"], ends_at=NOW + 2400)])
    intake.now += 30
    assert intake.reconcile([]) == {}
    assert intake.reconcile([listing(DOWN, silenced_by=["s1"], ends_at=NOW + 2400)], fires=False) == {}
    intake.now += 30
    assert intake.reconcile([], fires=False) == {"closed": 1}
    assert intake.incident(1)["alerts"][0]["ended_at"] == "2026-01-01T00:01:00.000Z"
