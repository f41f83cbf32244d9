"""Has two people on call work in real browsers: one on a phone, one on a desk, who reload nothing.

Alerts come from a real Prometheus and Alertmanager, and steps are run by ansible-playbook on this machine. They see an
incident appear, approve a step and watch it, hand over and take over, stop and resume all automation, and open and end
windows; who may only look, and pages of other sites, do nothing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ansible_collections.vigil.observability.tests.live.incident_failures import Hosts, Stage, staged
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.browser import Browser
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook

PHONE, DESK = (360, 740), (1200, 800)
# Each host has an alert, a runbook and an incident of its own. Steps for the first two have to be approved.
APPROVED, TAKEN, STOPPED = HOSTS = ("web1", "web2", "web3")
BEFORE, AFTER = "workers=2", "workers=4"
STEP = """\
- name: Write the configuration
  ansible.builtin.copy:
    dest: "{folder}/{host}.conf"
    content: "{after}\\n"
- name: Restart the service
  ansible.builtin.raw: while test -e '{holds}/{host}'; do sleep 0.1; done; rm -f '{down}/{host}'
"""
APPROVE = "[formaction$='/approve']"
# A page that is kept has what was put there; one that was loaded anew has not.
KEPT = "window.kept === true"
FORGED = """fetch('/incidents/1/approve', {{method: 'POST', body: new URLSearchParams({{token: '{token}'}})}})
    .then(async answer => [answer.status, new DOMParser().parseFromString(await answer.text(), 'text/html')
    .querySelector('main').innerText])"""


class Shop(Hosts):
    """The hosts of this test."""

    hosts = HOSTS


def write_steps(stage: Stage) -> None:
    """Write the step for each host, which changes a file, waits until it may go on, and mends its host."""
    for host in HOSTS:
        (stage.folder / f"{host}.conf").write_text(f"{BEFORE}\n")
        told = {"folder": stage.folder, "holds": stage.holds, "down": stage.down, "host": host, "after": AFTER}
        stage.place.step(STEP.format(**told), name=f"mend_{host}")


def runbooks() -> list[dict[str, Any]]:
    """Return a runbook for each host."""
    check = {"kind": "promql", "text": ["works{of=", {"label": "host"}, "}"], "within": 20, "stable": 1, "samples": 2}
    return [
        runbook(
            name=f"{host}_fails",
            level="partial" if host in (APPROVED, TAKEN) else "full",
            matchers=[{"label": "host", "operator": "=", "value": host}],
            steps=[{"step": f"mend_{host}", "parameters": {"unit": f"{host}.service"}}],
            verification=check,
        )
        for host in HOSTS
    ]


class Person:
    """Somebody who looks at pages, and finds no fault with them."""

    def __init__(self, name: str, browser: Browser, screen: tuple[int, int], address: str) -> None:
        self.name, self.browser, self.screen, self.address = name, browser, screen, address
        self._pictures = 0
        browser.log_in(name, f"{name}-password")
        browser.resize(*screen)

    def open(self, path: str) -> None:
        """Open a page, by day."""
        self.browser.darken(dark=False)
        self.browser.open(f"{self.address}{path}")

    def keeps(self) -> None:
        """Mark the page as one that is not loaded anew from here on."""
        self.browser.evaluate("window.kept = true")

    def sees(self, *words: str, place: str = "main", kept: bool = False) -> None:
        """Wait for words in a place of the page, which is the one that was marked if that is said."""
        for one in words:
            self.browser.wait_for(f"document.querySelector({place!r})?.innerText.includes({one!r})")
        if kept:
            assert self.browser.evaluate(KEPT), f"{self.name} sees another page than before"

    def sees_no(self, selector: str) -> None:
        """Require that nothing of a kind is on the page."""
        assert not self.browser.evaluate(f"document.querySelectorAll({selector!r}).length"), selector

    def follows(self, number: int) -> None:
        """Wait for an incident on the list, and follow its link."""
        link = f".incidents a[href='/incidents/{number}']"
        self.browser.wait_for(f"document.querySelector({link!r})")
        self.browser.press(link)

    def is_content(self, what: str) -> None:
        """Require that the page has no fault, by day and by night, and keep a picture of it."""
        self._pictures += 1
        self.browser.picture(LOGS / f"incident_on_call-{self.name}-{self._pictures:02}-{what}.png")
        for dark in (True, False):
            self.browser.darken(dark=dark)
            faults = self.browser.faults(self.screen[0])
            assert not faults, f"{what}, {self.screen[0]} pixels wide: {faults}"

    def decides(self, action: str, text: str = "") -> None:
        """Press a button of an incident, with a text for the timeline."""
        if text:
            self.browser.write("#text", text)
        self.browser.wait_for(f"document.querySelector(\"[formaction$='/{action}']:enabled\")")
        self.browser.press(f"[formaction$='/{action}']")


def require_seen_at_once(stage: Stage, anna: Person, ben: Person) -> None:
    """Require that an incident appears on the list, and that its page says what waits for whom."""
    for one in (anna, ben):
        one.open("/")
        one.keeps()
    anna.sees("No incident is open.")
    anna.is_content("nothing-open")
    (stage.holds / APPROVED).touch()
    stage.fail(APPROVED)
    for one in (anna, ben):
        one.sees("HostFails", "nobody has it", APPROVED, kept=True)
    anna.follows(1)
    anna.sees(f"mend_{APPROVED} on {APPROVED}", f"unit: {APPROVED}.service", "UTC")
    anna.is_content("approval-wanted")


def require_refused(stage: Stage, _anna: Person, ben: Person) -> None:
    """Require that nobody approves without the right, from a page that is not theirs, or by another site's."""
    ben.open("/incidents/1")
    ben.sees(f"mend_{APPROVED} on {APPROVED}")
    ben.sees_no(APPROVE)
    token = ben.browser.evaluate("document.querySelector('[name=token]').value")
    answers = [ben.browser.evaluate(FORGED.format(token=token))]
    ben.browser.log_in("cleo", "cleo-password")
    ben.open("/incidents/1")
    ben.sees_no("main form, main button")
    ben.is_content("who-may-only-look")
    answers += [ben.browser.evaluate(FORGED.format(token=one)) for one in (token, "")]
    form = f"<form method=post action='{ben.address}/incidents/1/approve'></form>"
    ben.browser.log_in("anna", "anna-password")
    ben.browser.open(f"data:text/html,{quote(form)}")
    ben.browser.evaluate("document.forms[0].submit()")
    ben.sees("A page of another site sent this.")
    for (status, text), reason in zip(answers, ("ben may not approve", *["The form is outdated"] * 2), strict=True):
        assert (status, reason in text) == (403, True), text
    assert not stage.events(APPROVED, "approved")
    ben.browser.log_in("ben", "ben-password")


def require_approved_and_watched(stage: Stage, anna: Person, ben: Person) -> None:
    """Require that a step is approved with the keyboard, and that all see what it does, and whether it has helped."""
    ben.open("/incidents/1")
    ben.keeps()
    anna.browser.wait_for(f'document.querySelector("{APPROVE}:enabled")')
    anna.browser.evaluate("document.getElementById('text').focus()")
    anna.browser.key("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle != 'none'"
    assert anna.browser.evaluate(f"document.activeElement.matches({APPROVE!r}) && {outline}")
    anna.browser.key("Enter")
    started = f"mend_{APPROVED} starts on {APPROVED}"
    for one in (anna, ben):
        one.sees(f"anna approved mend_{APPROVED} on {APPROVED}", started, place="#history")
        one.sees(started, place="#situation")
    anna.keeps()
    anna.is_content("step-runs")
    (stage.holds / APPROVED).unlink()
    for one in (anna, ben):
        one.sees(f"mend_{APPROVED} on {APPROVED} is done", place="#history", kept=True)
        one.sees("Write the configuration: changed", f"- {BEFORE}", f"+ {AFTER}", place="#history", kept=True)
        one.sees("before: 1 of 1 series bad; after: 0 of 1 series bad", place="#history", kept=True)
        one.sees("closed", kept=True)
    ben.sees_no(APPROVE)
    for one in (anna, ben):
        one.is_content("verified")


def require_undisturbed(person: Person) -> None:
    """Require that a part that is replaced keeps who was chosen and what has the focus, and that new buttons wait."""
    person.browser.wait_for("document.readyState == 'complete'")
    done, to, focus, new, old = person.browser.evaluate(
        "(() => {const place = document.getElementById('buttons'), to = document.getElementById('to');"
        " to.value = 'ben'; to.focus(); replace(place, '<button value=new>New</button>' + place.innerHTML);"
        " const [first, second] = place.querySelectorAll('button');"
        " const found = [to.isConnected, document.getElementById('to').value, document.activeElement.id,"
        " first.disabled, second.disabled]; first.remove(); return found})()"
    )
    assert (done, to, focus, new, old) == (False, "ben", "to", True, False)


def something_happens(stage: Stage, person: Person) -> None:
    """Have something happen to the second incident that arrives on a page which waits to be released."""
    stage.engine.post({"text": "a cable"}, "/api/incidents/2/note", "admin")
    person.browser.wait_for("pending.has('history')")


def require_handed_and_taken_over(stage: Stage, anna: Person, ben: Person) -> None:
    """Require that people pass an incident on, and that nothing is done once one has taken it over."""
    stage.fail(TAKEN)
    anna.open("/")
    anna.follows(2)
    ben.open("/incidents/2")
    ben.sees(f"mend_{TAKEN} on {TAKEN}")
    ben.keeps()
    anna.browser.write("#text", "I look")
    anna.browser.press("[formaction$='/acknowledge']", partial(something_happens, stage, anna))
    anna.sees("anna has it")
    ben.sees("anna has it", kept=True)
    require_undisturbed(anna)
    anna.decides("hand_over", "I have to leave")
    anna.sees("ben has it")
    ben.sees("ben has it", "I have to leave", kept=True)
    anna.keeps()
    anna.browser.write("#text", "half a senten")
    ben.decides("take_over", "I restart it by hand")
    for one in (anna, ben):
        one.sees("ben took over", "I restart it by hand", "ended before its first step, as stopped: ben took over")
        one.sees_no(APPROVE)
    anna.sees(kept=True)
    assert anna.browser.evaluate("document.getElementById('text').value") == "half a senten"
    anna.is_content("taken-over")
    ben.keeps()
    assert not stage.events(TAKEN, "step_started")


def require_stopped(stage: Stage, anna: Person, ben: Person) -> None:
    """Require that one button stops everything, that all see it and why nothing is done, and that few may resume it."""
    anna.open("/automation")
    anna.is_content("automation")
    anna.browser.write("#reason", "the network is being moved")
    anna.browser.press("button.stop")
    anna.sees("All automation is stopped by anna", "the network is being moved")
    anna.is_content("all-stopped")
    ben.sees("All automation is stopped", "the network is being moved", place="#banner", kept=True)
    stage.fail(STOPPED)
    ben.open("/automation")
    ben.sees("Anyone with the right to approve for every team can resume it.")
    ben.sees_no("[action='/automation/resume']")
    ben.open("/")
    ben.follows(3)
    for place in ("#situation", "#history"):
        ben.sees("is not run: anna stopped all automation: the network is being moved", place=place)
    ben.keeps()
    ben.is_content("refused-all-stopped")


def window(person: Person, kind: str, reason: str, **fields: str) -> None:
    """Open a window with the form."""
    person.browser.evaluate(f"document.getElementById('kind').value = {kind!r}")
    for name, text in fields.items():
        person.browser.write(f"#{name}", text)
    person.browser.write("#why", reason)
    person.browser.press("[action='/windows'] button")
    person.sees(reason, place=".windows")


def require_frozen_and_resumed(_stage: Stage, anna: Person, ben: Person) -> None:
    """Require that windows are opened and ended, that who asks why nothing is done reads it, and that it goes on."""
    window(anna, "freeze", "inventory week", minutes="90")
    window(anna, "maintenance", "new disks", host="web7")
    anna.sees("Freeze of everything", "Maintenance of web7", "UTC, by anna")
    anna.browser.write("#reason", "it is moved")
    anna.browser.press("[action='/automation/resume'] button")
    anna.sees("Automation may act, except in the windows below.")
    anna.is_content("windows")
    ben.sees("Freeze of everything", "inventory week", place="#banner", kept=True)
    for place in ("#situation", "#history"):
        ben.sees("is not run: freeze until 20", " UTC, by anna: inventory week", place=place, kept=True)
    assert "web7" not in ben.browser.evaluate("document.getElementById('banner').innerText")
    ben.is_content("refused-freeze")
    for number, left in enumerate(("Maintenance of web7", "No window"), 1):
        anna.browser.press(".windows li form button")
        anna.browser.wait_for(f"document.querySelectorAll('.windows li form').length == {2 - number}")
        anna.sees(left)
    ben.sees(f"mend_{STOPPED} starts on {STOPPED}", place="#history", kept=True)


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vigil-on-call-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
        folders = [Path(name) / part for part in ("stage", "phone", "desk")]
        for folder in folders:
            folder.mkdir()
        with ThreadPoolExecutor() as pool:
            browsers = [pool.submit(Browser, folder) for folder in folders[1:]]
            stage = stack.enter_context(
                staged(folders[0], runbooks(), write_steps, kind=Shop, replicas=1, approval=600)
            )
        address = f"https://127.0.0.1:{stage.engine.port}"
        anna, ben = (
            Person(person, stack.enter_context(browser.result()), screen, address)
            for person, browser, screen in zip(("anna", "ben"), browsers, (PHONE, DESK), strict=True)
        )
        print(f"incident_on_call: started: {time.monotonic() - begun:.0f} s", flush=True)
        for require in (
            require_seen_at_once,
            require_refused,
            require_approved_and_watched,
            require_handed_and_taken_over,
            require_stopped,
            require_frozen_and_resumed,
        ):
            require(stage, anna, ben)
            said = require.__name__.removeprefix("require_").replace("_", " ")
            print(f"incident_on_call: {said}: {time.monotonic() - begun:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
