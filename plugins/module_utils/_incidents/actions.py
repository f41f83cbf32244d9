# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an action of a person changes: of one incident, of a runbook, or of all automation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, NamedTuple
from urllib.parse import quote

from .._api.plan import PlanError

__all__ = ["ACTIONS", "Action", "Asked", "State", "asked", "automation_state", "incident_state"]

State = dict[str, Any]
_VERBS = {"note": "add a note to", "approve": "approve a step of", "stop": "stop the runs of"}
_OPTIONS = ("incident", "to", "attempt", "runbook", "text")


class Asked(NamedTuple):
    """What a task asks for: an action, in whose name, the number of its incident, its fields, and its runbook."""

    action: str
    person: str
    incident: int | None
    fields: Mapping[str, str]
    runbook: str = ""

    @property
    def what(self) -> str:
        """What it does, as in "acknowledge incident 4"."""
        if self.action == "trust_runbook":
            return f"trust the runbook {self.runbook}"
        verb = {"note": "add a note to", "approve": "approve a step of", "stop": "stop the runs of"}.get(
            self.action, self.action.replace("_", " ")
        )
        return verb if self.incident is None else f"{verb} incident {self.incident}"

    @property
    def path(self) -> str:
        """Where it is sent."""
        if self.action == "trust_runbook":
            return f"/api/runbooks/{quote(self.runbook, safe='')}/trust"
        if self.incident is None:
            return f"/api/automation/{self.action.partition('_')[0]}"
        return f"/api/incidents/{self.incident}/{self.action}"

    def named(self, before: State) -> Asked:
        """Return the same with the attempt that it approves: sent twice, it must not approve the next one too.

        Raises PlanError.
        """
        if self.action != "approve" or "attempt" in self.fields:
            return self
        waiting = before["waiting"]
        if len(waiting) == 1:
            return self._replace(fields={**self.fields, "attempt": waiting[0]})
        found = f"several wait ({', '.join(waiting)}), so name one with attempt" if waiting else "none waits for it"
        raise PlanError(f"Could not {self.what}: {found}.")

    def after(self, before: State) -> State:
        """Return the state to which it leads."""
        return {**before, **ACTIONS[self.action].change(before, self)}

    def refusal(self, before: State) -> str:
        """Return why a state does not allow it, empty if it may be allowed."""
        if self.action == "approve" and self.fields["attempt"] not in before["waiting"]:
            return f"{self.fields['attempt']} does not wait for an approval."
        if before.get("state") == "closed" and self.action != "note":
            return f"Incident {self.incident} is closed; only a note can be added."
        if self.action == "acknowledge" and before["holder"]:
            return f"{before['holder']} has acknowledged incident {self.incident} already."
        return ""


class Action(NamedTuple):
    """An action: options that it requires, others that it has, and what of a state it changes."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    change: Callable[[State, Asked], State]


def asked(parameters: Mapping[str, Any], person: str) -> Asked:
    """Return what the parameters of a task ask for; the service takes texts without space around them too.

    Raises PlanError.
    """
    name, action = parameters["action"], ACTIONS[parameters["action"]]
    texts = {option: (parameters[option] or "").strip() for option in _OPTIONS[1:]}
    given = {"incident": parameters["incident"], **texts}
    if missing := [option for option in action.required if given[option] in (None, "")]:
        raise PlanError(f"The action {name} needs {' and '.join(missing)}.")
    others = (option for option in _OPTIONS if option not in (*action.required, *action.optional))
    if wrong := [option for option in others if given[option] not in (None, "")]:
        instead = " To keep automation from one incident, take it over." if name == "stop_automation" else ""
        raise PlanError(f"The action {name} does not have {' and '.join(wrong)}.{instead}")
    runbook = texts.pop("runbook")
    fields = {"reason": texts["text"]} if "incident" not in action.required else texts
    return Asked(name, person, parameters["incident"], {key: text for key, text in fields.items() if text}, runbook)


def incident_state(incident: Mapping[str, Any]) -> State:
    """Return what actions change of an incident: holder, newest note, attempts that wait or are approved, runs."""
    holder, events = incident["holder"] or {}, incident["events"]
    note = next((one for one in reversed(events) if one["kind"] == "noted"), None)
    return {
        "state": incident["state"],
        "holder": holder.get("person"),
        "took_over": holder.get("took_over", False),
        "note": note and {"by": note["source"].partition(" ")[2], "text": note["text"]},
        "waiting": [one["attempt"] for one in incident.get("approvals", ())],
        "approved": [one["attempt"] for one in events if one["kind"] == "approved"],
        "running": [one["runbook"] for one in incident.get("running", ()) if not one["stopped"]],
    }


def automation_state(automation: Mapping[str, Any]) -> State:
    """Return who stopped all automation and why, and the runbooks that were lowered."""
    stopped, lowered = automation["stopped"], [one["runbook"] for one in automation["lowered"]]
    return {"stopped": stopped and {"by": stopped["person"], "reason": stopped["reason"]}, "lowered": lowered}


def _acknowledge(before: State, asked: Asked) -> State:
    return {} if before["holder"] == asked.person else {"holder": asked.person, "took_over": False}


def _take_over(_before: State, asked: Asked) -> State:
    return {"holder": asked.person, "took_over": True}


def _stop_runs(_before: State, asked: Asked) -> State:
    return {"holder": asked.person, "took_over": True, "running": []}


def _hand_over(_before: State, asked: Asked) -> State:
    return {"holder": asked.fields["to"]}


def _release(_before: State, _asked: Asked) -> State:
    return {"holder": None, "took_over": False}


def _note(_before: State, asked: Asked) -> State:
    return {"note": {"by": asked.person, "text": asked.fields["text"]}}


def _approve(before: State, asked: Asked) -> State:
    if (attempt := asked.fields["attempt"]) in before["approved"]:
        return {}
    waiting = [one for one in before["waiting"] if one != attempt]
    return {"waiting": waiting, "approved": [*before["approved"], attempt]}


def _stop(before: State, asked: Asked) -> State:
    return {"stopped": before["stopped"] or {"by": asked.person, "reason": asked.fields["reason"]}}


def _resume(_before: State, _asked: Asked) -> State:
    return {"stopped": None}


def _trust(before: State, asked: Asked) -> State:
    return {"lowered": [one for one in before["lowered"] if one != asked.runbook]}


ACTIONS: Mapping[str, Action] = {
    "acknowledge": Action(("incident",), ("text",), _acknowledge),
    "take_over": Action(("incident",), ("text",), _take_over),
    "stop": Action(("incident",), ("text",), _stop_runs),
    "hand_over": Action(("incident", "to"), ("text",), _hand_over),
    "release": Action(("incident",), ("text",), _release),
    "note": Action(("incident", "text"), (), _note),
    "approve": Action(("incident",), ("attempt", "text"), _approve),
    "stop_automation": Action(("text",), (), _stop),
    "resume_automation": Action(("text",), (), _resume),
    "trust_runbook": Action(("runbook", "text"), (), _trust),
}
