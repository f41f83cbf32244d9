"""The tests' receiver: prints what it is sent by whoever shows the token, a line of JSON each, and refuses all else."""

from __future__ import annotations

import http.server
import json
import sys


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers as a webhook and Slack do."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.headers["Authorization"] == f"Bearer {sys.argv[1]}"
        if known:
            print(json.dumps({"path": self.path, "body": body}), flush=True)
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"ok")


http.server.ThreadingHTTPServer(("", 9199), Receiver).serve_forever()
