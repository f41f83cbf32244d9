# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._alertmanager import silences
from ansible_collections.vigil.observability.plugins.module_utils._http.session import HttpError
from ansible_collections.vigil.observability.plugins.modules import alertmanager_info, alertmanager_silence
from ansible_collections.vigil.observability.tests.servers.standin_alertmanager import StandinAlertmanager, running

Run = Callable[..., dict[str, Any]]

HOST = {"name": "host", "value": "web1"}
JOB = {"name": "job", "value": "node.*", "isRegex": True}
FAR = "2036-01-01T00:00:00Z"


@pytest.fixture
def standin() -> Iterator[StandinAlertmanager]:
    with running() as standin:
        yield standin


@pytest.fixture
def silence(standin: StandinAlertmanager, run_module: Run) -> Run:
    """A function that runs alertmanager_silence for the key k1 unless another is given."""

    def run(**options: Any) -> dict[str, Any]:
        return run_module(alertmanager_silence, url=standin.url, **{"key": "k1", **options})

    return run


def active(standin: StandinAlertmanager) -> list[dict[str, Any]]:
    _status, listed = standin.answer("GET", "/api/v2/silences", None)
    return [one for one in listed if one["status"]["state"] != "expired"]


def test_a_new_silence_is_made_and_found_again_whatever_the_order_of_its_matchers(
    silence: Run, standin: StandinAlertmanager
) -> None:
    made = silence(matchers=[HOST, JOB], duration="2h", comment="Upgrade", diff=True)
    assert (made["changed"], made["requests"], made["connections"]) == (True, 2, 1)
    assert "job=~'node.*'" in made["diff"][0]["after"]
    again = silence(matchers=[JOB, HOST], duration="2h", comment="Upgrade")
    assert (again["changed"], again["id"], again["requests"]) == (False, made["id"], 1)
    (one,) = active(standin)
    assert (one["createdBy"], one["comment"]) == ("vigil.observability", "Upgrade [k1]")


def test_check_mode_writes_nothing(silence: Run, standin: StandinAlertmanager) -> None:
    made = silence(matchers=[HOST], duration="2h", check=True, diff=True)
    assert made["changed"]
    assert "host='web1'" in made["diff"][0]["after"]
    assert "id" not in made
    silence(matchers=[HOST], duration="2h")
    assert silence(matchers=[JOB], duration="2h", check=True)["changed"]
    assert silence(state="absent", check=True)["changed"]
    assert [one["matchers"][0]["name"] for one in active(standin)] == ["host"]


def test_an_end_is_an_instant_however_it_is_written(silence: Run) -> None:
    silence(matchers=[HOST], ends_at="2036-01-01T01:00:00+01:00")
    assert not silence(matchers=[HOST], ends_at=FAR)["changed"]


def test_a_later_end_changes_the_silence_that_is_there(silence: Run, standin: StandinAlertmanager) -> None:
    first = silence(matchers=[HOST], ends_at=FAR)
    later = silence(matchers=[HOST], ends_at="2037-01-01T00:00:00Z")
    assert (later["changed"], later["id"]) == (True, first["id"])
    assert len(active(standin)) == 1


def test_other_matchers_leave_one_silence_of_the_key(silence: Run, standin: StandinAlertmanager) -> None:
    silence(matchers=[HOST], ends_at=FAR)
    assert silence(matchers=[{**HOST, "isEqual": False}], ends_at=FAR, diff=True)["changed"]
    assert [one["matchers"][0]["isEqual"] for one in active(standin)] == [False]


def test_a_silence_that_ends_soon_is_extended_only_when_that_is_asked_for(silence: Run) -> None:
    silence(matchers=[HOST], duration="10m")
    assert not silence(matchers=[HOST], duration="2h")["changed"]
    assert silence(matchers=[HOST], duration="2h", extend_below="15m")["changed"]
    assert not silence(matchers=[HOST], duration="2h", extend_below="15m")["changed"]


def test_a_silence_of_later_is_left_until_its_start_changes(silence: Run, standin: StandinAlertmanager) -> None:
    times = {"starts_at": "2035-01-01T00:00:00Z", "ends_at": FAR}
    assert silence(matchers=[HOST], **times)["changed"]
    assert not silence(matchers=[HOST], **times)["changed"]
    assert silence(matchers=[HOST], **{**times, "starts_at": "2035-02-01T00:00:00Z"})["changed"]
    assert [one["startsAt"] for one in active(standin)] == ["2035-02-01T00:00:00.000Z"]


def test_silences_of_others_and_of_other_keys_are_not_touched(silence: Run, standin: StandinAlertmanager) -> None:
    theirs = {
        "matchers": [{**HOST, "isRegex": False, "isEqual": True}],
        "startsAt": FAR,
        "endsAt": "2037-01-01T00:00:00Z",
    }
    standin.answer("POST", "/api/v2/silences", {**theirs, "createdBy": "ops", "comment": "mine [k1]"})
    silence(key="k2", matchers=[HOST], duration="1h")
    assert not silence(state="absent")["changed"]
    assert len(active(standin)) == 2


def test_absent_ends_all_silences_of_the_key(silence: Run, standin: StandinAlertmanager) -> None:
    made = silence(matchers=[HOST], duration="1h")
    double = {**standin.silences[made["id"]], "id": ""}
    standin.answer("POST", "/api/v2/silences", double)
    assert silence(state="absent", diff=True)["changed"]
    assert active(standin) == []
    assert not silence(state="absent")["changed"]


def test_of_two_silences_of_a_key_one_is_left(silence: Run, standin: StandinAlertmanager) -> None:
    made = silence(matchers=[HOST], duration="1h")
    standin.answer("POST", "/api/v2/silences", {**standin.silences[made["id"]], "id": ""})
    assert silence(matchers=[HOST], duration="1h")["changed"]
    assert len(active(standin)) == 1
    assert not silence(matchers=[HOST], duration="1h")["changed"]


def test_a_failure_after_the_first_change_says_what_was_made(
    silence: Run, standin: StandinAlertmanager, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = silence(matchers=[HOST], duration="1h")
    standin.answer("POST", "/api/v2/silences", {**standin.silences[made["id"]], "id": ""})

    def refused(*_: object) -> None:
        raise HttpError("Could not end the silence 'k1'.", again=True)

    monkeypatch.setattr(silences, "expire", refused)
    result = silence(matchers=[HOST], duration="1h", comment="Longer")
    told = "1 of 2 changes were made before this: updated silence 'k1'; run again to make the rest."
    assert result["msg"] == f"Could not end the silence 'k1'. {told}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duration": "1h"}, "needs matchers"),
        ({"matchers": [], "duration": "1h"}, "needs matchers"),
        ({"matchers": [HOST]}, "needs either ends_at or duration"),
        ({"matchers": [HOST], "duration": "1h", "ends_at": FAR}, "and not both"),
        ({"matchers": [HOST], "ends_at": "now-1h"}, "which is in the past"),
        ({"matchers": [HOST], "duration": "soon"}, "duration 'soon' must be"),
    ],
)
def test_a_wrong_silence_is_refused_before_anything_is_asked(
    options: dict[str, Any], message: str, silence: Run, standin: StandinAlertmanager
) -> None:
    assert message in silence(**options)["msg"]
    assert standin.requests == []


def test_a_refusal_is_told_in_the_words_of_the_server(silence: Run, standin: StandinAlertmanager) -> None:
    result = silence(matchers=[{"name": "a", "value": "(", "isRegex": True}], duration="1h")
    assert result["msg"].startswith(f"Could not write the silence 'k1': Alertmanager at {standin.url} answered 400: ")
    assert "missing closing )" in result["msg"]


def test_what_is_gathered_has_no_configuration(standin: StandinAlertmanager, run_module: Run) -> None:
    result = run_module(alertmanager_info, url=standin.url, filters=['severity="critical"'])
    assert result["receivers"] == [{"name": "none"}]
    assert result["status"] == {"cluster": {"status": "disabled", "peers": []}}
    assert ("GET", "/api/v2/alerts?filter=severity%3D%22critical%22") in standin.requests
    assert ("GET", "/api/v2/status") in standin.requests
