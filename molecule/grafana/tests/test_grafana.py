"""A Grafana that people reach over TLS with their password, and nobody without one."""

from __future__ import annotations

import json
import re

import pytest

testinfra_hosts = ["grafana"]
URL = "https://localhost:3000"
INI = "/etc/grafana/grafana.ini"


@pytest.fixture
def passwords(secrets):
    """Return the passwords by user."""
    return secrets["grafana_passwords"]


@pytest.mark.restart
def test_it_is_healthy_with_its_database(ask):
    answer = ask(f"{URL}/api/health")
    assert (answer.status, answer.json()["database"]) == (200, "ok")


@pytest.mark.restart
def test_people_are_known_by_their_password(ask, passwords):
    answer = ask(f"{URL}/api/user", user="admin", password=passwords["admin"])
    assert (answer.status, answer.json()["isGrafanaAdmin"]) == (200, True)
    # Not as the administrator, whom five wrong passwords would lock.
    assert ask(f"{URL}/api/user", user="nobody", password="not the password").status == 401


@pytest.mark.parametrize("path", ["/api/search", "/api/org", "/api/user", "/api/datasources"])
def test_nobody_gets_in_without_a_password(ask, path):
    assert ask(f"{URL}{path}").status == 401


def test_the_home_page_shows_no_news(ask, passwords):
    settings = ask(f"{URL}/api/frontend/settings", user="admin", password=passwords["admin"]).json()
    # 9.4 has neither the setting nor the news.
    assert not settings.get("newsFeedEnabled")


def test_nobody_signs_up(ask):
    answer = ask(f"{URL}/api/user/signup", "--json", json.dumps({"email": "a@example.org"}))
    assert answer.status in (401, 403, 404)


@pytest.mark.restart
def test_metrics_are_for_prometheus(ask, passwords):
    answer = ask(f"{URL}/metrics", user="prometheus", password=passwords["prometheus"])
    assert answer.status == 200
    assert re.search(r"^grafana_build_info\{", answer.body, re.MULTILINE)
    assert ask(f"{URL}/metrics").status == 401


def test_tls_before_1_3_is_refused(host):
    command = "curl -sk -o /dev/null --ciphers DEFAULT@SECLEVEL=0 --tls-max {} {}"
    assert {oldest: host.run(command.format(oldest, URL)).rc for oldest in ("1.1", "1.2", "1.3")} == {
        "1.1": 35,
        "1.2": 35,
        "1.3": 0,
    }


def test_secrets_are_in_files_alone(host, secrets):
    process = host.check_output("systemctl show --property=MainPID --value grafana")
    values = [*secrets["grafana_passwords"].values(), secrets["grafana_secret_key"], "the password of the mail server"]
    places = [INI, f"/proc/{process}/environ", f"/proc/{process}/cmdline", "/etc/systemd/system/grafana.service"]
    journal = host.check_output("journalctl --unit=grafana --output=cat")
    shown = "".join(host.check_output("tr '\\0' ' ' < %s", place) for place in places) + journal
    assert [value for value in values if value in shown] == []
    found = host.check_output("find -L /etc/grafana/secrets -type f -printf '%f %m %u:%g\n'")
    names = ("admin", "mail", "prometheus", "secret_key")
    assert set(found.splitlines()) == {f"{name} 640 root:grafana" for name in names}


def test_user_of_the_image_is_as_it_was_and_runs_it_with_a_group_of_its_own(host):
    user = host.user("grafana")
    assert (user.home, user.shell, user.groups) == ("/home/grafana", "/usr/sbin/nologin", ["nogroup"])
    pid = host.check_output("systemctl show --property=MainPID --value grafana")
    assert host.check_output("stat --format=%%U:%%G /proc/%s", pid) == "grafana:grafana"


def test_database_is_its_own_alone(host):
    database = host.file("/var/lib/grafana/grafana.db")
    assert (database.user, database.mode & 0o007) == ("grafana", 0)
    assert host.file("/var/lib/grafana").mode == 0o750


def test_plugin_of_the_inventory_is_named_in_the_configuration_and_can_be_read(host):
    section = host.file(INI).content_string.partition("[plugin.vigil-test-panel]\n")[2]
    folder = section.splitlines()[0].removeprefix("path = ")
    assert folder.startswith("/opt/vigil/grafana-vigil-test-panel/1.0.0-")
    read = f"setpriv --reuid=grafana --clear-groups cat {folder}/vigil-test-panel/plugin.json"
    assert json.loads(host.check_output(read))["id"] == "vigil-test-panel"
