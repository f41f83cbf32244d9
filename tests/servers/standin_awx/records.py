"""What AWX knows of jobs, and how each record is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .playing import Play, Project

__all__ = ["ACTIVE", "ASKED", "Job", "Label", "Organization", "Record", "Template"]

ACTIVE = ("new", "pending", "waiting", "running")
# Fields of a launch, with those of the template that say whether they are accepted.
ASKED = {
    "extra_vars": "ask_variables_on_launch",
    "labels": "ask_labels_on_launch",
    "limit": "ask_limit_on_launch",
    "job_type": "ask_job_type_on_launch",
    "timeout": "ask_timeout_on_launch",
    "diff_mode": "ask_diff_mode_on_launch",
    "job_tags": "ask_tags_on_launch",
    "skip_tags": "ask_skip_tags_on_launch",
    "scm_branch": "ask_scm_branch_on_launch",
    "verbosity": "ask_verbosity_on_launch",
    "inventory": "ask_inventory_on_launch",
    "credentials": "ask_credential_on_launch",
}


def _url(kind: str, number: int) -> str:
    return f"/api/v2/{kind}/{number}/"


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class Record:
    """Anything with a number and a name."""

    id: int
    name: str


@dataclass
class Organization(Record):
    """An organization."""

    def shown(self) -> dict[str, Any]:
        """Return how it is listed."""
        return {"id": self.id, "type": "organization", "url": _url("organizations", self.id), "name": self.name}


@dataclass
class Label(Record):
    """A label of an organization."""

    organization: int = 1

    def shown(self) -> dict[str, Any]:
        """Return how it is listed."""
        told = {"id": self.id, "type": "label", "url": _url("labels", self.id)}
        return {**told, "name": self.name, "organization": self.organization}


@dataclass
class Template(Record):
    """A job template; `course` has the statuses of its jobs, of which the last one stays.

    With a `project`, its jobs run a playbook, and are running until that ends.
    """

    organization: int | None = 1
    asks: Sequence[str] = ("extra_vars", "labels")  # fields that are accepted at a launch
    settings: dict[str, Any] = field(default_factory=dict)  # fields of it that differ from those of a new template
    variables_needed: Sequence[str] = ()
    passwords_needed: Sequence[str] = ()
    inventory: int | None = 1
    launchable: bool = True
    course: Sequence[str] = ("pending", "waiting", "running", "successful")
    explanation: str = ""
    events: Sequence[dict[str, Any]] = ()  # of its jobs that run nothing, as `JobEventSerializer` lists them
    unsaved: int = 0  # how often one who looks at a job that has ended finds its events not saved yet
    project: Project | None = None

    def shown(self) -> dict[str, Any]:
        """Return how it is listed."""
        url = _url("job_templates", self.id)
        told = {
            "id": self.id,
            "type": "job_template",
            "url": url,
            "related": {"launch": f"{url}launch/", "labels": f"{url}labels/"},
            "name": self.name,
            "organization": self.organization,
            "inventory": self.inventory,
            "job_type": "run",
            "limit": "",
            "job_tags": "",
            "skip_tags": "",
            "extra_vars": "---",
            "timeout": 0,
            "job_slice_count": 1,
            "allow_simultaneous": False,
            "survey_enabled": bool(self.variables_needed),
        }
        return {**told, **{asked: name in self.asks for name, asked in ASKED.items()}, **self.settings}


@dataclass
class Job(Record):
    """A job; what is left of its course begins with its status."""

    template: Template
    accepted: dict[str, Any]
    labels: list[Label]
    course: list[str]
    launch_type: str = "manual"
    explanation: str = ""
    output: str = ""
    started: str = field(default_factory=_now)
    finished: str | None = None
    play: Play | None = None
    unsaved: int = 0

    @property
    def status(self) -> str:
        """Return the status that it has now."""
        return self.course[0]

    @property
    def active(self) -> bool:
        """Return whether it can still be cancelled."""
        return self.status in ACTIVE

    @property
    def saved(self) -> bool:
        """Return whether all of its events can be listed."""
        return not self.active and not self.unsaved

    def go_on(self) -> None:
        """Take the next status: that of what it runs, if it runs anything."""
        if not self.active:
            self.unsaved = max(0, self.unsaved - 1)
        elif self.play and self.status == "running" and (ended := self.play.ended()):
            self.course = [self.course[1] if len(self.course) > 1 else ended]
        elif len(self.course) > 1 and not (self.play and self.status == "running"):
            del self.course[0]
        if not self.active and self.finished is None:
            self.finished = _now()

    def listed_events(self) -> list[dict[str, Any]]:
        """Return its events as far as they are saved."""
        found = self.play.events() if self.play else list(self.template.events)
        return [{"id": number, "type": "job_event", "counter": number, **one} for number, one in enumerate(found, 1)][
            : len(found) - self.unsaved
        ]

    def printed(self) -> str:
        """Return what it has put out."""
        return self.play.output() if self.play else self.output

    def shown(self) -> dict[str, Any]:
        """Return how it is shown by itself."""
        url = _url("jobs", self.id)
        labels = [{"id": one.id, "name": one.name} for one in self.labels]
        template = self.template.shown()
        return {
            "id": self.id,
            "type": "job",
            "url": url,
            "related": {"cancel": f"{url}cancel/", "stdout": f"{url}stdout/", "labels": f"{url}labels/"},
            "summary_fields": {"labels": {"count": len(labels), "results": labels}},
            "name": self.name,
            "job_template": self.template.id,
            "launch_type": self.launch_type,
            "status": self.status,
            "failed": self.status in ("failed", "error", "canceled"),
            "started": self.started,
            "finished": self.finished,
            "elapsed": 0.0,
            "job_explanation": self.explanation,
            "job_type": self.accepted.get("job_type", template["job_type"]),
            "limit": self.accepted.get("limit", template["limit"]),
            "extra_vars": json.dumps(self.accepted.get("extra_vars", {})),
            "event_processing_finished": self.saved,
        }
