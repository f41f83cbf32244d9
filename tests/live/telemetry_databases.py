"""Has programs with the application library use real databases, and requires that no value leaves in what it records.

PostgreSQL, MariaDB and Redis of Debian run in one container. Values go through statements, parameters, scripts and
passwords, and the servers repeat them in their errors, as they do in production.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from ansible_collections.vigil.observability.tests.runner.jobs import LOGS, ROOT

HOST = "telemetry-databases"
KINDS = ("telemetry_oldest", "telemetry_newest")
SECRETS = [f"canary{number:03d}x{(number * 7919) % 99991:05d}" for number in range(400)]
PASSWORD = SECRETS[0]
REFUSED, LINES_OF_EACH = 28, 4  # what the servers refuse, and the lines of an application of each
# Some of those that are recorded of each server, as they leave the process.
STATEMENTS = (
    "postgresql: INSERT INTO users (email) VALUES (?)",
    "postgresql: SELECT * FROM users WHERE id = ?::int",
    "mysql: SET @email = ?",
    "mysql: SIGNAL SQLSTATE ? SET MESSAGE_TEXT = ?",
    "redis: AUTH ?",
    "redis: LPUSH ?",
)

# Servers that a container without systemd starts, each with the password from its standard input.
PREPARE = {
    "mariadb": f"""
mkdir -p /run/mysqld && useradd --system mysql && chown mysql /run/mysqld
mariadb-install-db --user=mysql --datadir=/var/lib/mysql --skip-test-db >/dev/null
(umask 077; for kind in {" ".join(KINDS)}; do
  echo "CREATE DATABASE $kind;"
  echo "CREATE USER $kind IDENTIFIED BY '$password';"
  echo "GRANT ALL ON *.* TO $kind WITH GRANT OPTION;"
done >/run/mariadb.sql; chown mysql /run/mariadb.sql)
mariadbd --user=mysql --init-file=/run/mariadb.sql --bind-address=0.0.0.0 >/var/log/mariadb.log 2>&1 &
""",
    "postgresql": f"""
echo "host all all all scram-sha-256" >>/etc/postgresql/15/main/pg_hba.conf
pg_ctlcluster 15 main start -o '-c listen_addresses=* -c fsync=off'
until pg_isready --quiet; do sleep 0.2; done
for kind in {" ".join(KINDS)}; do
  echo "CREATE USER $kind PASSWORD '$password' SUPERUSER; CREATE DATABASE $kind OWNER $kind;"
done | su postgres -c "psql --quiet --set ON_ERROR_STOP=1"
""",
    "redis": """
printf 'bind 0.0.0.0\\nrequirepass %s\\nsave ""\\ndaemonize yes\\n' "$password" | redis-server - >/dev/null
""",
}


def docker(*words: str, given: str | None = None) -> str:
    """Return what the engine prints, or leave with what it complains about."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, input=given, check=False)
    if done.returncode:
        raise SystemExit(f"docker {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


@contextmanager
def databases() -> Iterator[str]:
    """Yield the address of a host with the three databases."""
    subprocess.run([str(ROOT / "tests/hosts/image"), "bookworm"], check=True)
    docker("rm", "--force", HOST)
    own = ("--label", f"vigil.observability={HOST}", "--network", "vigil-test")
    docker("run", "--detach", "--rm", "--name", HOST, *own, "vigil-host:bookworm", "sleep", "1800")
    try:
        # Nothing starts by itself where there is no systemd.
        policy = "/usr/sbin/policy-rc.d"
        docker("exec", HOST, "sh", "-c", rf"printf '#!/bin/sh\nexit 101\n' >{policy} && chmod +x {policy}")
        packages = ["postgresql", "mariadb-server-core", "mariadb-client-core", "redis-server"]
        subprocess.run([sys.executable, str(ROOT / "tests/hosts/packages.py"), HOST, *packages], check=True)
        with ThreadPoolExecutor() as pool:
            list(pool.map(prepare, PREPARE.values()))
        yield docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", HOST)
    finally:
        docker("rm", "--force", HOST)


def prepare(script: str) -> None:
    """Run a script on the host."""
    docker("exec", "--interactive", HOST, "sh", "-euc", f"read -r password\n{script}", given=f"{PASSWORD}\n")


def ran(kind: str, address: str, folder: str) -> dict[str, Any]:
    """Return what the program has recorded with the packages of this environment."""
    asked = [sys.executable, str(ROOT / "tests/environments.py"), kind]
    tools = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()[-1]
    paths = os.pathsep.join(str(ROOT / "packages/telemetry" / name) for name in ("src", "tests"))
    done = subprocess.run(
        [f"{tools}/python", str(ROOT / "packages/telemetry/tests/databases.py"), address, kind, folder],
        env={**os.environ, "PYTHONPATH": paths},
        input=json.dumps(SECRETS),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{kind}: {done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def require_no_values(found: dict[str, Any]) -> None:
    """Require that everything was recorded, with its statements, and no secret in any form."""
    text = json.dumps(found)
    leaked = {secret for secret in SECRETS if any(form in text for form in forms(secret))}
    assert not leaked, [part for part in (*found["spans"], *found["lines"]) if any(one in part for one in leaked)][:3]
    assert found["refused"] == REFUSED, found["refused"]
    assert len(found["lines"]) > LINES_OF_EACH * REFUSED, len(found["lines"])
    assert set(STATEMENTS) <= set(found["statements"]), found["statements"]


def forms(secret: str) -> tuple[str, ...]:
    """Return how a secret may be written."""
    return secret, secret.encode().hex(), base64.b64encode(secret.encode()).decode()


def main() -> int:
    """Return the exit code: 0 where no value was recorded."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with databases() as address:
        for kind in KINDS:
            with tempfile.TemporaryDirectory(prefix="vigil-databases-") as folder:
                require_no_values(ran(kind, address, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
