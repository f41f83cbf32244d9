"""Installs packages of Debian on a test host, from files that this machine downloads once: hosts ask nobody.

packages.py HOST PACKAGE...
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ansible_collections.vigil.observability.tests.servers.debian import Debian, DebianError

# Debian's unit of Redis asks for a namespace of users, which hosts cannot have within one.
DROP_INS = {"redis-server": "[Service]\nPrivateUsers=false\n"}


def main() -> None:
    host, *packages = sys.argv[1:]
    cache = Path(os.environ["VIGIL_CACHE"])
    with tempfile.TemporaryDirectory() as temporary:
        status = Path(temporary) / "status"
        docker("cp", f"{host}:/var/lib/dpkg/status", str(status))
        digest = hashlib.sha256(b"\0".join([status.read_bytes(), *map(str.encode, packages)])).hexdigest()[:12]
        files = cache / "hosts" / f"packages-{digest}"
        if not files.exists():
            suite = docker("exec", host, "sh", "-c", ". /etc/os-release && echo $VERSION_CODENAME").strip()
            new = Path(temporary) / "files"
            (new / "partial").mkdir(parents=True)
            Debian(cache / "apt").download(suite, packages, status, new)
            shutil.copytree(new, files, ignore=shutil.ignore_patterns("partial", "lock"))
    for name in DROP_INS.keys() & set(packages):
        folder = f"/etc/systemd/system/{name}.service.d"
        docker("exec", host, "sh", "-c", f"mkdir -p {folder} && printf %s '{DROP_INS[name]}' >{folder}/container.conf")
    docker("cp", f"{files}/.", f"{host}:/var/cache/apt/archives")
    install = "DEBIAN_FRONTEND=noninteractive dpkg --install /var/cache/apt/archives/*.deb && apt-get clean"
    docker("exec", host, "sh", "-c", install)


def docker(*words: str) -> str:
    """Return what the engine prints, or leave with what it complains about."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"docker {words[0]}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    try:
        main()
    except DebianError as error:
        sys.exit(f"packages: {error}")
