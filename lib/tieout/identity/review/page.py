"""The page on which a steward decides in a browser: on this machine only, one question at a time."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from tieout.config.models.matching import Thresholds
from tieout.errors import TieoutError
from tieout.identity.explanation.pairs import explain_pair
from tieout.identity.explanation.verdict import step_words
from tieout.identity.review.queue import KEYS, VERDICTS, Answer
from tieout.matching.model import Model

PAGE = resources.files("tieout.identity.review").joinpath("page.html")
LONGEST_BODY = 10_000


@dataclass
class ReviewSession:
    """The questions of one sitting, and what is done with an answer.

    `decide` stores one answer; `token` must come with every request, so that no other page in the
    browser can decide anything.
    """

    sheet: pd.DataFrame
    model: Model
    thresholds: Thresholds
    who: str
    decide: Callable[[Answer], dict[str, Any]]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    answered: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def questions(self) -> list[dict[str, Any]]:
        """Return the questions as plain data, without values that are not there."""
        rows = self.sheet.astype(object).where(self.sheet.notna(), None)
        return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]

    def why(self, number: int) -> dict[str, Any]:
        """Return the waterfall of one question."""
        row = self.questions()[number]
        sides = [
            {name.removesuffix(end): value for name, value in row.items() if name.endswith(end)} for end in ("_l", "_r")
        ]
        explained = explain_pair(self.model, sides[0], sides[1], self.thresholds)
        return explained.to_dict() | {"words": [step_words(step) for step in explained.steps]}

    def answer(self, number: int, verdict: str, note: str) -> dict[str, Any]:
        """Store one answer. Raises KeyError for an unknown verdict, IndexError for an unknown question."""
        row = self.sheet.iloc[number]
        keys = {name: str(row[name]) for name in KEYS}
        given = Answer(**keys, verdict=VERDICTS[verdict], who=self.who, note=note or None)
        # One decision is written at a time.
        with self.lock:
            said = self.decide(given)
            self.answered += said["decisions"]
        return said


def server(desk: ReviewSession, port: int) -> ThreadingHTTPServer:
    """Return a server of the page on 127.0.0.1; port 0 takes any that is free."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with the page, its questions, or why a pair was asked."""
            place = urlsplit(self.path)
            if not self._allowed(parse_qs(place.query)):
                return
            if place.path == "/":
                page = PAGE.read_text(encoding="utf-8").replace("__TOKEN__", desk.token)
                self._send(page.encode(), "text/html; charset=utf-8")
            elif place.path == "/questions":
                self._json(desk.questions())
            elif place.path == "/why":
                self._json(desk.why(int(parse_qs(place.query)["number"][0])))
            else:
                self.send_error(HTTPStatus.NOT_FOUND)

        def do_POST(self) -> None:
            """Keep one answer."""
            if not self._allowed(parse_qs(urlsplit(self.path).query)):
                return
            length = min(int(self.headers.get("Content-Length", 0)), LONGEST_BODY)
            try:
                told = json.loads(self.rfile.read(length))
                self._json(desk.answer(int(told["number"]), told["verdict"], str(told.get("note", ""))[:1000]))
            except (ValueError, KeyError, IndexError, TieoutError) as error:
                self._json({"error": str(error)}, HTTPStatus.BAD_REQUEST)

        def _allowed(self, query: dict[str, list[str]]) -> bool:
            allowed = secrets.compare_digest(query.get("token", [""])[0], desk.token)
            if not allowed:
                self.send_error(HTTPStatus.FORBIDDEN, "open the address that tieout printed")
            return allowed

        def _json(self, data: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
            self._send(json.dumps(data, default=str).encode(), "application/json", status)

        def _send(self, body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep requests out of the terminal."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
