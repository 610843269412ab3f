"""The HTTP side of a service: /metrics and /health on the loopback address."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from app.demo.simulation.registry import CONTENT_TYPE, Registry

LOOK_AGAIN_S = 0.5
LONGEST_SILENCE_S = 60.0


class Endpoint:
    """Serves a registry; while ``silent`` it takes connections and answers nothing, as behind a broken network."""

    def __init__(self, port: int, registry: Registry, refresh: Callable[[], None]) -> None:
        self.silent = False
        self._ended = Event()
        self._server = _Server(("127.0.0.1", port), self._handler(registry, refresh))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 1.0}, daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Free the port."""
        self._ended.set()
        self._server.server_close()

    def hold_back(self) -> bool:
        """Wait while silent; False when that took too long to answer at all."""
        waited = 0.0
        while self.silent and not self._ended.is_set():
            self._ended.wait(LOOK_AGAIN_S)
            waited += LOOK_AGAIN_S
            if waited >= LONGEST_SILENCE_S:
                return False
        return True

    def _handler(self, registry: Registry, refresh: Callable[[], None]) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            """Answers GET for two paths."""

            timeout = 10

            def do_GET(self) -> None:
                """Answer, unless the network is said to be broken."""
                if not endpoint.hold_back():
                    self.close_connection = True
                elif self.path == "/metrics":
                    refresh()
                    self._answer(200, CONTENT_TYPE, registry.render())
                elif self.path == "/health":
                    self._answer(200, "application/json", json.dumps({"status": "healthy"}))
                else:
                    self._answer(404, "text/plain", "not found\n")

            def log_message(self, format: str, *args: object) -> None:
                """Access is not logged here: the log file belongs to the simulated service."""

            def _answer(self, status: int, kind: str, text: str) -> None:
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, _client_address: object) -> None:
        """A caller that went away while we were silent is no error of ours."""
