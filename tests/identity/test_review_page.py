"""The review page as a browser uses it: with the token it shows, explains and decides, without it nothing."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
import uvicorn

from tieout.config.models.matching import Thresholds
from tieout.errors import UsageError
from tieout.identity.review.page import ReviewSession, application
from tieout.identity.review.queue import Answer

QUESTION = {
    "entity": "account", "source_system_l": "crm", "source_id_l": "1", "source_system_r": "erp", "source_id_r": "9",
    "name_l": "Acme <b>", "name_r": None,
}  # fmt: skip


class Site:
    """The page on a port of this machine, and the answers that it was given."""

    def __init__(self) -> None:
        self.given: list[Answer] = []
        model: Any = None  # only `why` needs one
        self.session = ReviewSession(pd.DataFrame([QUESTION]), model, Thresholds(), "ann", self._decide)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.server = uvicorn.Server(uvicorn.Config(application(self.session), log_level="error"))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)

    def _decide(self, answer: Answer) -> dict[str, Any]:
        if answer.note == "refuse":
            raise UsageError("no such record")
        self.given.append(answer)
        return {"decisions": 1}

    def ask(self, path: str, body: object = None, token: str | None = None) -> tuple[int, str]:
        mark = "&" if "?" in path else "?"
        port = self.socket.getsockname()[1]
        address = f"http://127.0.0.1:{port}{path}{mark}token={self.session.token if token is None else token}"
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(address, data), timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    found.thread.start()
    yield found
    found.server.should_exit = True
    found.thread.join(10)
    found.socket.close()


def test_the_page_and_its_questions_are_shown(site: Site) -> None:
    status, page = site.ask("/")
    assert (status, site.session.token in page, "__TOKEN__" in page) == (200, True, False)
    assert json.loads(site.ask("/questions")[1]) == [QUESTION]


def test_an_answer_is_kept_with_who_and_why(site: Site) -> None:
    status, said = site.ask("/answer", {"number": 0, "verdict": "match", "note": "same bank"})
    assert (status, json.loads(said)) == (200, {"decisions": 1})
    [answer] = site.given
    assert (answer.verdict, answer.who, answer.note, site.session.answered) == ("match", "ann", "same bank", 1)


@pytest.mark.parametrize("token", ["", "wrong", "ünd"])
@pytest.mark.parametrize(("path", "body"), [("/", None), ("/questions", None), ("/answer", {"number": 0})])
def test_nothing_is_shown_or_decided_without_the_token(site: Site, path: str, body: object, token: str) -> None:
    status, said = site.ask(path, body, urllib.parse.quote(token))
    assert (status, said) == (403, "open the address that tieout printed")
    assert not site.given


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"number": 0, "verdict": "perhaps"}, "perhaps"),
        ({"number": 7, "verdict": "match"}, "no question 7"),
        ({"number": -1, "verdict": "match"}, "no question -1"),
        ({"number": 0, "verdict": "match", "note": "refuse"}, "no such record"),
        ({"number": 0, "verdict": "match", "note": "x" * 20_000}, "more than 10000 bytes"),
        ("no answer", "want number"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(site: Site, body: object, said: str) -> None:
    status, answer = site.ask("/answer", body)
    assert status == 400
    assert said in json.loads(answer)["error"]
    assert not site.given
