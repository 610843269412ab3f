"""What a browser complains about: nothing of it is allowed, but for what a test says beforehand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Error, Page, Request, Response

# A request that a navigation, a download or a closed page has ended is nobody's fault.
GIVEN_UP = "net::ERR_ABORTED"


@dataclass
class Watch:
    """Everything that went wrong on the pages it watches, and every request and its answer, oldest first."""

    complaints: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    _expected: list[re.Pattern[str]] = field(default_factory=list)

    def expect(self, *patterns: str) -> None:
        """Complaints that match are part of the test."""
        self._expected.extend(re.compile(pattern) for pattern in patterns)

    def attach(self, page: Page) -> None:
        """Watches a page from now on."""
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("requestfailed", self._failed)

    def check(self) -> None:
        """Fails on the complaints that no test has announced."""
        found = [one for one in self.complaints if not any(pattern.search(one) for pattern in self._expected)]
        assert not found, "the browser complains:\n" + "\n".join(found[:20])

    def asked(self, part: str) -> list[Request]:
        """The requests whose address has ``part`` in it."""
        return [one for one in self.requests if part in one.url]

    def answered(self, part: str) -> list[Response]:
        """The answers from addresses that have ``part`` in them."""
        return [one for one in self.responses if part in one.url]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.complaints.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _error(self, error: Error) -> None:
        self.complaints.append(f"page error: {error.message}\n{error.stack or ''}")

    def _request(self, request: Request) -> None:
        self.requests.append(request)

    def _response(self, response: Response) -> None:
        self.responses.append(response)
        if response.status >= 400:
            self.complaints.append(f"answer {response.status}: {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != GIVEN_UP:
            self.complaints.append(f"no answer: {request.method} {request.url} {request.failure}")
