"""The demo's receiver of notifications: prints each as a line of JSON, for whoever knows the token."""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Receiver(BaseHTTPRequestHandler):
    """Takes what Alertmanager's webhook sends."""

    def do_POST(self) -> None:
        """Print the alerts of a notification, one a line."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.headers["Authorization"] == f"Bearer {os.environ['TOKEN']}"
        self.send_response(200 if known else 401)
        self.end_headers()
        for alert in body["alerts"] if known else []:
            told = {"status": alert["status"], **alert["labels"], "annotations": alert["annotations"]}
            print(json.dumps(told), flush=True)

    def log_message(self, *_: object) -> None:
        """Leave the log to the alerts."""


HTTPServer(("", 8080), Receiver).serve_forever()
