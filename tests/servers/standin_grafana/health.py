"""Health, first page, login by form: recorded in 01-health.json and 02-auth.json; metrics are in metrics.txt."""

from __future__ import annotations

import base64
import hmac
import json
import secrets

from .access import user_by_password
from .answers import JSON_UTF8, Answer, Raw, Refusal
from .documented import documented
from .metrics import exposition
from .routing import Call, Routes

__all__ = ["routes"]

routes = Routes()

_HTML = "text/html; charset=UTF-8"


@routes.get("/api/health", signed_in=False, credentials=False)
def health(call: Call) -> object:
    """Return that the database answers, and the version."""
    about = {"commit": call.settings.commit, "database": "ok", "version": call.settings.version}
    return Answer(200, Raw(json.dumps(about, indent=2)), JSON_UTF8)


@routes.get("/healthz", signed_in=False, credentials=False)
def healthz(call: Call) -> object:
    """Return that the server answers."""
    return Answer(200, Raw("Ok"), "text/plain; charset=utf-8")


@routes.get("/", signed_in=False)
def first_page(call: Call) -> object:
    """Send one who is not signed in to the login."""
    if not call.who.signed_in:
        return Answer(302, Raw('<a href="/login">Found</a>.\n\n'), _HTML, {"Location": "/login"})
    return Answer(200, Raw("<!DOCTYPE html>\n<html><head><title>Grafana (stand-in)</title></head></html>\n"), _HTML)


@routes.get("/login", signed_in=False, credentials=False)
def login_page(call: Call) -> object:
    """Return a page without a form: the stand-in has no user interface."""
    return Answer(200, Raw("<!DOCTYPE html>\n<html><head><title>Grafana (stand-in)</title></head></html>\n"), _HTML)


@routes.post("/login", signed_in=False, credentials=False)
def login(call: Call) -> object:
    """Check a user and a password; the session that is given is good for nothing."""
    wanted = call.json(user=str, password=str)
    if user_by_password(call.store, wanted.get("user") or "", wanted.get("password") or "") is None:
        raise Refusal(401, "Invalid username or password", traceID="")
    cookie = f"grafana_session={secrets.token_hex(16)}; Path=/; HttpOnly; SameSite=Lax"
    return Answer(200, {"message": "Logged in"}, headers={"Set-Cookie": cookie})


@routes.post("/api/user/signup", signed_in=False, credentials=False)
@documented("POST /api/user/signup is refused with 401 unless [users] allow_sign_up is on")
def sign_up(call: Call) -> object:
    """Let someone in whom nobody has asked; who that is, is not kept."""
    if not call.settings.flag("users", "allow_sign_up"):
        raise Refusal(401, "User signup is disabled", traceID="")
    return {"status": "SignUpCreated"}


@routes.get("/api/login/ping")
def ping(call: Call) -> object:
    """Return that one is signed in."""
    return {"message": "Logged in"}


@routes.get("/metrics", signed_in=False, credentials=False)
@documented("GET /metrics is open, or asks for [metrics] basic_auth_username and basic_auth_password when both are set")
def metrics(call: Call) -> object:
    """Return what Prometheus scrapes."""
    if not call.settings.flag("metrics", "enabled"):
        raise Refusal(404, "Not found")
    user, password = (call.settings.get("metrics", f"basic_auth_{name}") for name in ("username", "password"))
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    if user and password and not hmac.compare_digest(call.headers.get("Authorization", "").encode(), wanted.encode()):
        return Answer(401, Raw("Unauthorized"), "text/plain", {"WWW-Authenticate": 'Basic realm="Grafana"'})
    return Answer(200, Raw(exposition(call)), "text/plain; version=0.0.4; charset=utf-8")
