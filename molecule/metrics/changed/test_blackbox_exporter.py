"""What became of the process when inputs changed."""

from __future__ import annotations

import pytest

testinfra_hosts = ["probers"]


@pytest.fixture
def steps(host):
    """Return action, process and the answers to a foreign certificate and to an older client of every step."""
    return {
        step: rest for step, *rest in (line.split() for line in host.check_output("cat /run/prober_steps").splitlines())
    }


def test_a_changed_module_is_read_by_the_same_process(steps):
    assert (steps["before"][0], steps["module"][0]) == ("none", "reloaded")
    assert steps["module"][1] == steps["before"][1]


def test_a_misspelt_module_is_refused_in_the_words_of_the_exporter(host):
    said = host.check_output("cat /run/refused")
    assert "the running service was not touched" in said
    assert "field tiemout not found" in said


def test_a_missing_certificate_is_refused_with_the_role_that_makes_it_before_anything_is_touched(host, steps):
    said = host.check_output("cat /run/uncertified")
    assert "blackbox_exporter needs files that do not exist: /etc/vigil/certificates/missing/tls.crt" in said
    assert "Run the role vigil.observability.certificates for blackbox_exporter first" in said
    assert steps["uncertified"][:2] == ["none", steps["module"][1]]


def test_a_changed_option_is_for_another_process(steps):
    assert steps["option"][0] == "restarted"
    assert steps["option"][1] != steps["newer"][1]


def test_a_release_that_cannot_tell_clients_apart_serves_all_of_our_authority(steps):
    assert {step: foreign for step, (_action, _process, foreign, _older) in steps.items()} == {
        "before": "000",
        "module": "000",
        "uncertified": "000",
        "older": "200",
        "newer": "000",
        "option": "000",
        "older_clients": "000",
    }


def test_a_client_without_tls_1_3_is_let_in_by_the_same_process_where_the_inventory_says_so(steps):
    assert {step for step, (*_rest, older) in steps.items() if older != "000"} == {"older_clients"}
    assert steps["older_clients"][3] == "200"
    assert steps["older_clients"][:2] == ["reloaded", steps["option"][1]]
