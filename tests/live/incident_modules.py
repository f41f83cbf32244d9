"""Has ansible-playbook run the guide's examples of modules for incidents, and every action, against a real engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ansible_collections.vigil.observability.tests.runner.jobs import LOGS, ROOT
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    listing,
    named,
    notified,
    webhook,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lister import Lister

GUIDE = ROOT / "docs/an-incident-what-now.md"
SHOP = named("ShopFails", service="shop", team="sales", host="web1")
COLLECTION = "vigil.observability"
# What deploys the shop requires that automation leaves it alone meanwhile.
DEPLOYMENT = [
    {f"{COLLECTION}.incident_info": {}, "register": "found", "delegate_to": "localhost"},
    {"ansible.builtin.assert": {"that": "found.windows | length == 1"}, "when": "not ansible_check_mode"},
]


class Case(NamedTuple):
    """A task for a person: whether it has to change something, or what its failure has to say."""

    person: str
    module: str
    options: Mapping[str, Any]
    expected: bool | str
    check: bool = False

    def tasks(self, connection: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the task as a play has it."""
        login = {**connection, "username": self.person, "password": f"{self.person}-password"}
        name = f"{self.person}: {self.module} {json.dumps(self.options)}, check mode {self.check}"
        if isinstance(self.expected, str):
            wrong = f"{json.dumps(self.expected)} not in found.msg | default('')"
        else:
            wrong = f"found.msg is defined or found.changed != {self.expected}"
        task = {f"{COLLECTION}.incident_{self.module}": {**login, **self.options}}
        return [{"name": name, **task, "check_mode": self.check, "register": "found", "failed_when": wrong}]


def action(person: str, name: str, expected: bool | str, *, check: bool = False, **options: Any) -> Case:
    """Return an action on the incident, or one on all automation."""
    subject = {} if name.endswith("automation") else {"incident": 1}
    return Case(person, "action", {"action": name, **subject, **options}, expected, check)


def window(person: str, expected: bool | str, *, check: bool = False, **options: Any) -> Case:
    """Return a window that is wanted."""
    return Case(person, "maintenance", {"reason": "new disks", **options}, expected, check)


CASES = (
    action("ben", "acknowledge", True, check=True),
    action("ben", "acknowledge", True, text="I look"),
    action("ben", "acknowledge", False),
    action("anna", "acknowledge", "ben has acknowledged incident 1 already"),
    action("anna", "acknowledge", "ben has acknowledged incident 1 already", check=True),
    action("cleo", "take_over", "answered 403: cleo may not respond to incidents of the team sales"),
    action("dora", "take_over", "answered 403: dora may not look at incidents of sales"),
    action("anna", "take_over", True, check=True),
    action("anna", "take_over", True),
    action("anna", "take_over", False),
    action("anna", "stop", False),
    action("anna", "hand_over", True, to="ben"),
    action("anna", "hand_over", False, to="ben"),
    action("anna", "hand_over", "answered 400: eve is no account that may respond to incident 1", to="eve"),
    action("ben", "release", True, check=True),
    action("ben", "release", True),
    action("ben", "release", False),
    action("ben", "note", True, text="a cable"),
    action("ben", "note", False, text="a cable"),
    action("ben", "acknowledge", "answered 404: There is no incident 99", incident=99),
    action("ben", "approve", "Could not approve a step of incident 1: none waits for it"),
    action("ben", "stop_automation", True, reason="it makes it worse", check=True),
    action("ben", "stop_automation", True, reason="it makes it worse"),
    action("anna", "stop_automation", False, reason="again"),
    action("ben", "resume_automation", "answered 403: ben may not approve for all teams", reason="repaired"),
    action("anna", "resume_automation", True, reason="repaired"),
    action("anna", "resume_automation", False, reason="repaired"),
    window("ben", True, service="shop", check=True),
    window("ben", True, service="shop"),
    window("ben", False, service="shop"),
    window("ben", True, service="shop", minutes=120),
    window("dora", "answered 403: dora may not respond for the team sales", service="shop", state="absent"),
    window("ben", "answered 403: ben may not respond for all teams", host="web1"),
    window("anna", True, kind="freeze"),
    window("anna", True, kind="freeze", state="absent"),
    window("ben", True, service="shop", state="absent"),
    window("ben", False, service="shop", state="absent"),
    Case("ben", "info", {"incident": 99}, "answered 404: There is no incident 99"),
    Case("ben", "info", {"incident": 1, "post_mortem": "md"}, False),
    Case("eve", "info", {}, "answered 401: Log in"),
)


def require(found: Any, expected: Any, what: str) -> None:
    """Refuse what is not as expected."""
    if found != expected:
        raise SystemExit(f"incident_modules: {what}: {found!r} instead of {expected!r}")


def guide(connection: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the plays of the guide: the one that deploys, and one of the other tasks, all of them of ben."""
    text = GUIDE.read_text(encoding="utf-8").partition("## From a playbook")[2].replace("deployer", "ben")
    for shown, real in (("https://HOST:9095", "url"), ("/etc/vigil/certificates/authorities.crt", "ca_path")):
        text = text.replace(shown, connection[real])
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    (deployment,), *others = blocks
    tasks = [task for block in others for task in block]
    rest = {"hosts": "localhost", "module_defaults": deployment["module_defaults"], "tasks": tasks}
    return [{**play, "gather_facts": False} for play in (deployment, rest)]


def played(folder: Path, plays: list[dict[str, Any]], *words: str) -> None:
    """Run plays. Raises SystemExit if one fails."""
    role = folder / "roles/deploy_shop/tasks"
    role.mkdir(parents=True, exist_ok=True)
    (role / "main.yml").write_text(json.dumps(DEPLOYMENT))
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    (folder / "hosts.json").write_text(json.dumps({"shop": {"hosts": {"web1": here, "web2": here}}}))
    (folder / "play.yml").write_text(json.dumps(plays))
    passwords = {"incident_response_account_passwords": {"ben": "ben-password"}}
    command = ["ansible-playbook", "-i", str(folder / "hosts.json"), "-e", json.dumps(passwords), *words]
    run = subprocess.run([*command, str(folder / "play.yml")], env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, check=False)
    require(run.returncode, 0, f"the exit code of ansible-playbook {' '.join(words)}")


def done(engine: Engine) -> list[tuple[str, str]]:
    """Return what people did to the incident."""
    events = engine.get("/api/incidents/1").json()["events"]
    return [(one["kind"], one["source"]) for one in events if one["source"].startswith("user ")]


def require_guide(folder: Path, engine: Engine, connection: Mapping[str, Any]) -> None:
    """Require that the examples of the guide work, again too, and do nothing in check mode."""
    plays = guide(connection)
    played(folder, plays, "--check", "--diff")
    require(done(engine), [], "what was done in check mode")
    for words in (("--diff",), ()):
        played(folder, plays, *words)
        require(done(engine), [("acknowledged", "user ben")], "what the guide has done")
        automation = engine.get("/api/automation").json()
        require((automation["stopped"]["person"], automation["windows"]), ("ben", []), "the state of automation")
    engine.post({"reason": "repaired"}, "/api/automation/resume", "anna")
    engine.post({}, "/api/incidents/1/release", "ben")


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-modules-", ignore_cleanup_errors=True) as name, Lister() as lister:
        folders = [Path(name) / part for part in ("engine", "certificates", "play")]
        for folder in folders:
            folder.mkdir()
        certificates = Certificates(folders[1])
        with Engine(folders[0], certificates, [lister.url]) as engine:
            engine.start()
            now = time.time()
            lister.alerts = [listing(SHOP, now, ends_at=now + 3600)]
            engine.post(webhook(notified(SHOP, now)))
            connection = {"url": f"https://127.0.0.1:{engine.port}", "ca_path": str(certificates.authority)}
            require_guide(folders[2], engine, connection)
            tasks = [task for case in CASES for task in case.tasks(connection)]
            played(folders[2], [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
    print("incident_modules: passed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
