"""What is true of every host after a second run with the same inventory."""

from __future__ import annotations

import subprocess

# What runs and modules write to; data and logs of services lie elsewhere.
PLACES = "/etc /opt /root /home /usr/local /var/lib/vigil"


def test_a_second_run_writes_nothing(host):
    # Over SSH, Ansible's own folder for modules is filled and emptied by each task.
    written = host.check_output(f"find {PLACES} -newer /run/converged -not -path '*/.ansible/tmp'")
    assert written.splitlines() == []


def test_each_release_was_downloaded_once(host):
    name = host.check_output("hostname")
    shown = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}} {{.Created}}"
    address, created = docker("inspect", "--format", shown, name).split()
    log = docker("logs", "--since", created, "archives").splitlines()
    asked = sorted(line.split('"GET /')[1].split(" ")[0] for line in log if line.startswith(f"{address} "))
    # But for those that came from elsewhere than the server of the archives.
    marked = "find /opt/vigil -mindepth 3 -maxdepth 3 -name .staged -exec grep -l http://archives {} +"
    releases = host.run(marked).stdout.splitlines()
    assert len(asked) == len(releases) == len(set(asked))
    assert releases or host.check_output("ls /opt/vigil/*/*/pyvenv.cfg")


def docker(*words: str) -> str:
    """Return what the engine prints."""
    return subprocess.run(
        ["docker", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    ).stdout
