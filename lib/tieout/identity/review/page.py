"""The page on which a steward decides in a browser: on this machine only, one question at a time."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib import resources
from typing import Any

import pandas as pd
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tieout.config.models.matching import Thresholds
from tieout.errors import TieoutError
from tieout.identity.explanation.pairs import explain_pair
from tieout.identity.explanation.verdict import step_words
from tieout.identity.review.queue import KEYS, VERDICTS, Answer
from tieout.matching.model import Model

PAGE = resources.files("tieout.identity.review").joinpath("page.html")
LONGEST_BODY, LONGEST_NOTE = 10_000, 1_000


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
        if not 0 <= number < len(self.sheet):
            raise IndexError(f"there is no question {number}")
        row = self.sheet.iloc[number]
        keys = {name: str(row[name]) for name in KEYS}
        given = Answer(**keys, verdict=VERDICTS[verdict], who=self.who, note=note or None)
        # One decision is written at a time.
        with self.lock:
            said = self.decide(given)
            self.answered += said["decisions"]
        return said


def application(session: ReviewSession) -> Starlette:
    """Return the page as a web application; every request needs the session's token, else it is refused (403)."""

    def page(request: Request) -> Response:
        return HTMLResponse(PAGE.read_text(encoding="utf-8").replace("__TOKEN__", session.token))

    def questions(request: Request) -> Response:
        return JSONResponse(_plain(session.questions()))

    def why(request: Request) -> Response:
        return JSONResponse(_plain(session.why(int(request.query_params["number"]))))

    async def answer(request: Request) -> Response:
        try:
            given = json.loads(await _body(request))
            if not isinstance(given, dict):
                raise ValueError("want number, verdict and note")
            note = str(given.get("note", ""))[:LONGEST_NOTE]
            said = await run_in_threadpool(session.answer, int(given["number"]), given["verdict"], note)
        except (ValueError, KeyError, IndexError, TieoutError) as error:
            return JSONResponse({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        return JSONResponse(_plain(said))

    routes = [
        Route("/", page),
        Route("/questions", questions),
        Route("/why", why),
        Route("/answer", answer, methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(NeedsToken, token=session.token)])


class NeedsToken:
    """Lets pass only requests with the token, so that no other page of the browser can read or decide anything."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not secrets.compare_digest(self._given(scope), self.token.encode()):
            refused = PlainTextResponse("open the address that tieout printed", HTTPStatus.FORBIDDEN)
            await refused(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _given(self, scope: Scope) -> bytes:
        return Request(scope).query_params.get("token", "").encode()


async def _body(request: Request) -> bytes:
    """Return the request's body. Raises ValueError for one that no answer needs."""
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > LONGEST_BODY:
            raise ValueError(f"more than {LONGEST_BODY} bytes")
    return found


def _plain(data: Any) -> Any:
    """Return data that JSON can write: dates and decimals as texts."""
    return json.loads(json.dumps(data, default=str))
