# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts on the symptoms of an application: where the cause is, where only its effect is, and what cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import Rule, alert

__all__ = ["CAUSE", "EFFECT", "PAGE", "UNSEEN", "Words", "alert_labels", "alert_texts", "alerts"]

CAUSE = "ServiceDegradedCorrelated"
EFFECT = "ServiceDegradedByDependency"
UNSEEN = "SymptomSignalMissing"
PAGE = "correlation"
_SEVERITIES = {CAUSE: "critical", EFFECT: "info", UNSEEN: "warning"}


@dataclass(frozen=True, kw_only=True)
class Words:
    """What an alert fills in when it fires: its value, the symptoms that showed, the dependencies that are degraded.

    A rule has templates for them, a test what they become.
    """

    value: str
    symptoms: str = ""
    culprits: str = ""


def alerts(application: Application) -> Iterator[Rule]:
    """Yield the alerts; the one on dependencies only for an application that has some."""
    of = f'{{service="{application.name}"}}'
    showing = f"service:symptoms:active10m{of} >= {application.symptoms_needed}"
    victim = f"on (service) (service:symptoms:victim{of} > 0)"
    if application.depends_on:
        yield _alert(application, CAUSE, f"{showing}\nunless {victim}", wait="1m")
        yield _alert(application, EFFECT, f"{showing}\nand {victim}", wait="1m")
    else:
        yield _alert(application, CAUSE, showing, wait="1m")
    yield _alert(application, UNSEEN, f"service:symptoms:observed{of} < {len(application.symptoms)}", wait="10m")


def alert_labels(application: Application, alertname: str) -> dict[str, str]:
    """Return the labels of an alert."""
    action = {"action": "incident_creation"} if alertname == CAUSE else {}
    return {
        "service": application.name,
        "team": application.team,
        "environment": application.environment,
        "severity": _SEVERITIES[alertname],
        **action,
    }


def alert_texts(application: Application, alertname: str, words: Words) -> dict[str, str]:
    """Return summary and description of an alert."""
    service, total = application.name, len(application.symptoms)
    seen = f"{words.value} of its {total} symptoms appeared within ten minutes: {words.symptoms}."
    if alertname == UNSEEN:
        return {
            "summary": f"Some symptoms of {service} cannot be detected",
            "description": (
                f"Only {words.value} of its {total} symptoms have data. Its symptoms are "
                f"{', '.join(sorted(one.name for one in application.symptoms))}. "
                "A symptom without data cannot be detected."
            ),
        }
    if alertname == EFFECT:
        return {
            "summary": f"{service} suffers from a degraded dependency",
            "description": f"{seen} Its dependencies are degraded as well: {words.culprits}. Start there.",
        }
    sound = f" Of {', '.join(application.depends_on)} none is known to be degraded." if application.depends_on else ""
    return {"summary": f"{service} shows several symptoms at once", "description": f"{seen}{sound} Begin here."}


def _alert(application: Application, name: str, expr: str, *, wait: str) -> Rule:
    of, others = f"{{service='{application.name}'}}", f"{{service=~'{'|'.join(application.depends_on)}'}}"
    words = Words(
        value="{{ $value }}",
        symptoms=_listed(f"max_over_time(service:symptom:active{of}[10m]) > 0", label="symptom"),
        culprits=_listed(f"service:symptoms:correlated{others} > 0", label="service"),
    )
    labels, texts = alert_labels(application, name), alert_texts(application, name, words)
    return alert(name, expr, wait=wait, labels=labels, page=PAGE, texts=texts)


def _listed(expr: str, *, label: str) -> str:
    """Return a template that gives the values that a label has in the answer to a query."""
    return (
        f'{{{{ range $number, $one := query "{expr}" | sortByLabel "{label}" }}}}'
        f"{{{{ if $number }}}}, {{{{ end }}}}{{{{ $one.Labels.{label} }}}}{{{{ end }}}}"
    )
