"""Answers to requests, and the faults that tests ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from .launching import lacking, sorted_out
from .listing import QueryError, chosen, paged
from .playing import Play
from .records import Job, Label, Organization, Record, Template

__all__ = ["Answer", "LostError", "StandinAwx", "asked_for"]

Answer = tuple[int, Any]
Fault = TypeVar("Fault")

_NOT_FOUND: Answer = (404, {"detail": "There is no such thing."})
_NOT_ALLOWED: Answer = (405, {"detail": "This cannot be done now."})
_FORBIDDEN: Answer = (403, {"detail": "You may not do this."})


def asked_for(faults: Mapping[tuple[str, str], Fault], method: str, path: str) -> Fault | None:
    """Return the fault that is asked for at a path."""
    return next((told for (asked, end), told in faults.items() if asked == method and path.endswith(end)), None)


class LostError(Exception):
    """The connection is to be closed without an answer."""


@dataclass
class StandinAwx:
    """Records by number; `requests` notes the method and path of each request, `url` is where it answers."""

    token: str = "secret-token"
    user: str = "awx-user"  # whose token it is
    url: str = ""
    organizations: dict[int, Organization] = field(default_factory=lambda: {1: Organization(1, "Default")})
    templates: dict[int, Template] = field(default_factory=dict)
    labels: dict[int, Label] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))  # none is given twice
    # Faults, some by method and end of a path: what is answered in place of the right answer, and seconds until it is.
    wrong: dict[tuple[str, str], Answer] = field(default_factory=dict)
    delays: dict[tuple[str, str], float] = field(default_factory=dict)
    lose: str = ""  # "before" or "after" the job is made, the connection of a launch is closed
    deaf: bool = False  # whether jobs go on when they have been cancelled

    def add_template(self, name: str, **told: Any) -> Template:
        """Make a job template."""
        found = Template(len(self.templates) + 1, name, **told)
        self.templates[found.id] = found
        return found

    def delete_job(self, number: int) -> None:
        """Delete a job, and each label that no other one has."""
        gone = self.jobs.pop(number)
        kept = {one.id for job in self.jobs.values() for one in job.labels}
        for label in gone.labels:
            if label.id not in kept:
                del self.labels[label.id]

    def relaunch(self, number: int) -> Job:
        """Launch a job again, as a person does in the pages: with the same labels."""
        job = self.jobs[number]
        return self._job(job.template, job.accepted, job.labels, "relaunch")

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any, token: str) -> Answer:
        """Return status and body of the answer. Raises LostError."""
        self.requests.append((method, path))
        if fault := asked_for(self.wrong, method, path):
            return fault
        if path == "/api/v2/ping/":
            return 200, {"ha": False, "version": "24.6.1", "active_node": "awx", "instances": [], "instance_groups": []}
        if token != f"Bearer {self.token}":
            return 401, {"detail": "Who are you?"}
        try:
            return self._routed(method, path, query, body)
        except QueryError as error:
            return 400, {"detail": str(error)}

    def _routed(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        found = re.fullmatch(r"/api/v2/(\w+)/(?:(\d+)/(?:(\w+)/)?)?", path)
        if not found or found[1] not in self._kinds:
            return _NOT_FOUND
        kind, number, part = found.groups()
        if not number:
            return self._listed(kind, path, query) if method == "GET" else self._label_made(kind, method, body)
        record = self._kinds[kind].get(int(number))
        if record is None:
            return _NOT_FOUND
        if not part:
            return (200, self._looked_at(record)) if method == "GET" else _NOT_ALLOWED
        parts: Mapping[tuple[str, str, str], Callable[[Any, Any], Answer]] = {
            ("POST", "job_templates", "launch"): self._launched,
            ("GET", "jobs", "cancel"): lambda job, _body: (200, {"can_cancel": job.active}),
            ("POST", "jobs", "cancel"): self._cancelled,
            ("GET", "jobs", "stdout"): lambda job, _body: (200, job.printed()),
        }
        if (method, kind, part) == ("GET", "jobs", "job_events"):
            return self._page(path, query, chosen(record.listed_events(), query))
        answering = parts.get((method, kind, part))
        return answering(record, body) if answering else _NOT_FOUND

    @property
    def _kinds(self) -> Mapping[str, Mapping[int, Any]]:
        return {
            "organizations": self.organizations,
            "job_templates": self.templates,
            "labels": self.labels,
            "jobs": self.jobs,
        }

    def _listed(self, kind: str, path: str, query: Mapping[str, str]) -> Answer:
        found = chosen([one.shown() for one in self._kinds[kind].values()], query)
        for one in found:
            self._looked_at(self._kinds[kind][one["id"]])
            one.pop("event_processing_finished", None)  # which only a job by itself has
        return self._page(path, query, found)

    @staticmethod
    def _page(path: str, query: Mapping[str, str], found: list[dict[str, Any]]) -> Answer:
        page = paged(path, query, found)
        return (200, page) if page else _NOT_FOUND

    @staticmethod
    def _looked_at(record: Record) -> dict[str, Any]:
        """Return a record as it is now; a job goes on after that."""
        shown: dict[str, Any] = record.shown()  # type: ignore[attr-defined]
        if isinstance(record, Job):
            record.go_on()
        return shown

    def _label_made(self, kind: str, method: str, body: Mapping[str, Any]) -> Answer:
        if (kind, method) != ("labels", "POST"):
            return _NOT_ALLOWED
        if any((one.name, one.organization) == (body["name"], body["organization"]) for one in self.labels.values()):
            return 400, {"__all__": ["There is a label of this name and organization."]}
        label = Label(next(self.numbers), body["name"], body["organization"])
        self.labels[label.id] = label
        return 201, label.shown()

    def _launched(self, template: Template, body: dict[str, Any]) -> Answer:
        if not template.launchable:
            return _NOT_ALLOWED
        accepted, ignored = sorted_out(template, body)
        if reasons := lacking(template, body, accepted, self.labels):
            return 400, reasons
        if self.lose == "before":
            raise LostError
        job = self._job(template, accepted, [self.labels[one] for one in accepted.get("labels", [])], "manual")
        if self.lose:
            raise LostError
        return 201, {"job": job.id, "ignored_fields": ignored, **job.shown()}

    def _job(self, template: Template, accepted: dict[str, Any], labels: list[Label], how: str) -> Job:
        job = Job(next(self.numbers), template.name, template, accepted, list(labels), list(template.course), how)
        job.explanation, job.unsaved = template.explanation, template.unsaved
        if template.project:
            own = {"job_id": job.id, "job_template_name": template.name, "job_launch_type": how, "user_name": self.user}
            told = {f"{prefix}_{name}": value for prefix in ("awx", "tower") for name, value in own.items()}
            job.course, job.play = ["pending", "waiting", "running"], Play(template.project, job.id, accepted, told)
        self.jobs[job.id] = job
        return job

    def _cancelled(self, job: Job, _body: Any) -> Answer:
        if not job.active:
            return _NOT_ALLOWED
        if not self.deaf:
            job.course = [job.status, "canceled"]
            if job.play:
                job.play.kill()
        return 202, None

    def close(self) -> None:
        """End what still runs."""
        for job in self.jobs.values():
            if job.play:
                job.play.kill()
