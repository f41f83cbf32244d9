"""Has a real browser show the console of a real engine, on a phone and on a desk, with labels that want to be code."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.tests.runner.jobs import LOGS
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    listing,
    named,
    notified,
    webhook,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.browser import Browser
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine, servers
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lister import Lister
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica

SCREENS = ((360, 740), (1200, 800))
CODE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">{{ 7 * 7 }}"
SHOP = named("ShopFails", service="shop", team="sales", host="web1")
HOSTILE = {**named(CODE, service=CODE, team="sales", host=CODE), "long": "x" * 300}
PAGES = ("/", "/?state=closed", "/incidents/1", "/incidents/2", "/automation", "/incidents/99")
# Elements that labels have made.
MADE = "document.querySelectorAll('main img, main script, main iframe').length"
# What is drawn of each curve, and how wide it is.
CURVES = (
    "[...document.querySelectorAll('svg')].map(one => one.getBoundingClientRect().width > 200"
    " && one.getBBox().width > 200)"
)
PRESSED = "document.querySelector('[formaction$={}]').click()"


def require(found: Any, expected: Any, what: str) -> None:
    """Refuse what is not as expected."""
    if found != expected:
        raise SystemExit(f"incident_console: {what}: {found!r} instead of {expected!r}")


def fill(engine: Engine, lister: Lister, replica: Replica) -> None:
    """Have an incident with its series, one of hostile labels, and a window."""
    now = time.time()
    times = [now - 120 * number for number in range(8, -1, -1) if number not in {2, 4}]
    labels = {"__name__": "sli:bad:ratio5m", "service": "shop", "slo": CODE, "long": "x" * 300}
    replica.series = [(labels, [(at, (at % 7) / 40) for at in times])]
    replica.series += [({"__name__": "up", "host": "web1", "job": "shop"}, [(at, int(at < now - 400)) for at in times])]
    lister.alerts = [listing(one, now - 600, ends_at=now + 3600) for one in (SHOP, HOSTILE)]
    annotations = {"summary": CODE, "runbook_url": "javascript:document.title='owned'"}
    engine.post(webhook(notified(SHOP, now - 600, annotations={"summary": "It fails"})))
    engine.post(webhook(notified(HOSTILE, now - 600, annotations=annotations)))
    engine.wait_for(lambda: engine.get("/api/incidents/2").json().get("context"))
    engine.post({"text": CODE}, "/api/incidents/2/note", "ben")
    engine.post({"service": "shop", "text": CODE}, "/api/reports", "reporter")
    engine.post({"kind": "freeze", "host": CODE, "reason": CODE, "minutes": 60}, "/api/windows", "anna")


def require_pages(browser: Browser, address: str) -> None:
    """Require that every page fits every screen, and that what labels say is only text."""
    for width, height in SCREENS:
        browser.resize(width, height)
        for path in PAGES:
            browser.open(f"{address}{path}")
            browser.picture(LOGS / f"incident_console{path.replace('/', '_').replace('?', '_')}-{width}.png")
            for dark in (True, False):
                browser.darken(dark=dark)
                require(browser.faults(width), [], f"faults of {path} on {width} pixels")
            if path == "/incidents/1":
                require(browser.evaluate(CURVES), [True, True], f"curves on a screen of {width} pixels")
            require(browser.evaluate(MADE), 0, f"elements that labels have made on {path}")
            require(browser.evaluate("document.title === 'owned'"), False, f"code of a label has run on {path}")
        browser.open(f"{address}/incidents/2")
        require(CODE in browser.evaluate("document.body.innerText"), True, "the label is shown as it is")


def require_actions(browser: Browser, address: str, engine: Engine) -> None:
    """Require that buttons act, and that what others do appears by itself."""
    browser.open(f"{address}/incidents/1")
    browser.evaluate("document.getElementById('text').value = 'I look'; " + PRESSED.format("acknowledge"))
    browser.wait_for("document.getElementById('situation')?.innerText.includes('anna has it')")
    browser.evaluate("document.getElementById('text').value = 'half a senten'")
    engine.post({"text": "from elsewhere"}, "/api/incidents/1/note", "ben")
    browser.wait_for("document.getElementById('history').innerText.includes('from elsewhere')")
    engine.post({}, "/api/incidents/1/take_over", "ben")
    browser.wait_for("document.getElementById('situation').innerText.includes('ben took over')")
    require(browser.evaluate("document.getElementById('text').value"), "half a senten", "what a person is writing")
    require(browser.evaluate("document.title === 'owned'"), False, "code has run in what was sent later")
    engine.stop()
    browser.wait_for("document.body.classList.contains('stale')")
    engine.start()
    browser.wait_for("!document.body.classList.contains('stale')")


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    place = tempfile.TemporaryDirectory(prefix="vigil-console-", ignore_cleanup_errors=True)
    with place as name, Lister() as lister, Replica() as replica:
        folders = [Path(name) / part for part in ("engine", "certificates", "browser")]
        for folder in folders:
            folder.mkdir()
        certificates = Certificates(folders[1])
        prometheus = servers([replica.url], certificates)
        served = Engine(folders[0], certificates, [lister.url], prometheus=prometheus)
        with served as engine, Browser(folders[2]) as browser:
            engine.start()
            fill(engine, lister, replica)
            browser.log_in("anna", "anna-password")
            address = f"https://127.0.0.1:{engine.port}"
            require_pages(browser, address)
            require_actions(browser, address, engine)
    print("incident_console: passed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
