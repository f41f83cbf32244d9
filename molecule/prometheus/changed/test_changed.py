"""What was changed is what runs, with the samples from before, and nothing else on the host is another one."""

from __future__ import annotations

testinfra_hosts = ["prometheus"]
PLACES = "/etc /opt /root /home /usr/local /var/lib/vigil"
OWN = ("/etc/vigil/prometheus/", "/etc/vigil/local/prometheus/", "/opt/vigil/prometheus/")
SWITCHED = {
    "/etc/prometheus",
    "/opt/prometheus",
    "/etc/systemd/system/prometheus.service",
    "/var/lib/vigil/prometheus.json",
    "/var/lib/vigil/textfile/deployment_prometheus.prom",
}


def test_the_rules_and_the_option_that_came_later_are_in_effect(api):
    assert "late" in {group["name"] for group in api("rules")["groups"]}
    assert api("status/flags")["query.max-samples"] == "1000000"


def test_the_release_that_was_accepted_runs_and_reads_what_the_older_one_wrote(api, query):
    assert api("status/buildinfo")["version"] == "3.13.2"
    builds = query('last_over_time(prometheus_build_info{job="prometheus",instance="prometheus-2:9090"}[1h])')
    assert "2.53.3" in {build["version"].partition("+")[0] for build, _value in builds}


def test_no_file_of_another_service_changed(host):
    found = host.check_output(f"find {PLACES} -newer /run/converged -not -type d").splitlines()
    assert {path for path in found if not path.startswith(OWN)} <= SWITCHED
    assert "/etc/prometheus" in found


def test_no_other_service_was_restarted(host):
    converged = int(host.check_output("stat --format=%Y /run/converged"))
    started = host.check_output(
        "systemctl show --timestamp=unix --property=ExecMainStartTimestamp --value node_exporter prometheus"
    )
    other, own = (int(row.removeprefix("@")) for row in started.split())
    assert other <= converged < own


def test_each_test_of_rules_that_passed_is_remembered_for_each_promtool_and_no_other(host):
    tests = host.check_output("ls /etc/prometheus/tests").splitlines()
    promtools = 2 if host.backend.get_hostname() == "prometheus-2" else 1
    remembered = host.check_output("cat /etc/vigil/prometheus/.passed").splitlines()
    assert len(tests) > 2
    assert len(set(remembered)) == len(remembered) == promtools * len(tests)


def test_no_test_of_rules_ran_again_where_neither_the_rules_nor_promtool_changed(host):
    newer = host.check_output("find /etc/vigil/prometheus/.passed -newer /run/converged")
    assert bool(newer) == (host.backend.get_hostname() == "prometheus-2")
