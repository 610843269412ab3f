"""What is measured: the product on real servers with its default settings, and the references beside it."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from backports import zstd

from app.access import Role
from app.auth.cookies import CSRF
from app.auth.csrf import HEADER, Csrf
from app.auth.passwords import Passwords
from app.auth.sessions import Sessions
from app.auth.users import Users
from app.sources.database import open_pool
from app.ui import ids
from app.views.overview import KEYS
from app.widgets.registry import WIDGETS
from tests.bench.history import busy_platform, write_events
from tests.bench.usage import Family
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.postgres import PostgresServer
from tests.servers.processes import ServerProcess, answers, last_lines, wait_until
from tests.servers.prometheus import PrometheusServer, answered, write_blocks
from tests.servers.samples import Samples
from tests.stack import PASSWORD, add_accounts, start_web, web_settings

CHARTS = 12
WORKERS, THREADS = 2, 16  # the product's defaults
SESSION = "tamma_session"
ENDPOINT = "/_dash-update-component"
ENCODINGS = "zstd, br, gzip"
SLOT_S = 15  # how often a picture of the last hour changes


@dataclass(frozen=True)
class Session:
    """A signed-in browser."""

    token: str
    csrf: str

    @property
    def cookie(self) -> str:
        """The Cookie header."""
        return f"{SESSION}={self.token}; {CSRF}={self.csrf}"


@dataclass(frozen=True)
class Reference:
    """A reference server on the product's gunicorn settings."""

    port: int
    process: ServerProcess

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://{LOOPBACK}:{self.port}"


@dataclass
class Ground:
    """Everything that runs, and what to ask it."""

    folder: Path
    port: int
    web: Family
    postgres: Family
    prometheus: Family
    prometheus_url: str
    sessions: list[Session]
    keys: list[str]
    database: str = ""

    @property
    def url(self) -> str:
        """The product's address."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def charts(self) -> list[str]:
        """The keys of the measured page that are charts; the rest are cards of numbers."""
        return [key for key in self.keys if WIDGETS[key].chart]

    def head(self, session: Session) -> str:
        """Request line and headers of a tick, as Chromium sends them."""
        return "\r\n".join(
            (
                f"POST {ENDPOINT} HTTP/1.1",
                f"Host: {LOOPBACK}:{self.port}",
                "Connection: keep-alive",
                "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
                "Accept: application/json",
                "Content-Type: application/json",
                f"{HEADER}: {session.csrf}",
                f"Origin: {self.url}",
                "Sec-Fetch-Site: same-origin",
                "Sec-Fetch-Mode: cors",
                "Sec-Fetch-Dest: empty",
                f"Referer: {self.url}/",
                f"Accept-Encoding: {ENCODINGS}",
                "Accept-Language: en-US,en;q=0.9",
                f"Cookie: {session.cookie}",
            )
        )

    def tick(self, session: Session, *, keys: Sequence[str] | None = None, pulse: Any = None) -> requests.Response:
        """One tick, its body as it came over the wire in ``reply.raw_body``."""
        name, *headers = self.head(session).split("\r\n")
        assert ENDPOINT in name
        with requests.Session() as http:
            http.trust_env = False
            reply = http.post(
                self.url + ENDPOINT,
                data=tick_body(self.keys if keys is None else keys).replace("PULSE", json.dumps(pulse)),
                headers=dict(header.split(": ", 1) for header in headers),
                stream=True,
                timeout=30,
            )
            reply.raw_body = reply.raw.read(decode_content=False)  # type: ignore[attr-defined]
        assert reply.status_code == 200, (reply.status_code, reply.raw_body[:300])  # type: ignore[attr-defined]
        return reply

    def told(self, reply: requests.Response) -> dict[str, Any]:
        """What a tick's reply says."""
        body: bytes = reply.raw_body  # type: ignore[attr-defined]
        if reply.headers.get("Content-Encoding") == "zstd":
            body = zstd.decompress(body)
        told: dict[str, Any] = json.loads(body)
        return told

    def queries(self) -> dict[str, float]:
        """Requests that Prometheus has answered so far, by path of its query API."""
        return answered(self.prometheus_url)


def tick_body(
    keys: Sequence[str], *, begins: str = "now-1h", ends: str = "now", nudged: Sequence[str] | None = None
) -> str:
    """The body of a tick as dash-renderer sends it; PULSE stands where the browser's last pulse goes.

    ``nudged`` are the widgets that it is all about, when news have caused it.
    """
    cause = f"{ids.TICK}.n_intervals" if nudged is None else f"{ids.NUDGE}.data"
    asked = {"keys": list(keys), "visit": "bench", "from": begins, "to": ends, "refresh": 5}
    body = {
        "output": f"{ids.PULSE}.data",
        "outputs": {"id": ids.PULSE, "property": "data"},
        "inputs": [
            {"id": ids.TICK, "property": "n_intervals", "value": 7},
            {"id": ids.ASK, "property": "data", "value": asked},
            {"id": ids.NUDGE, "property": "data", **({} if nudged is None else {"value": {"keys": list(nudged)}})},
        ],
        "changedPropIds": [cause],
        "parsedChangedPropsIds": [cause],
        "state": [{"id": ids.PULSE, "property": "data", "value": 0}, {"id": ids.READING, "property": "data"}],
    }
    return json.dumps(body, separators=(",", ":")).replace('"value":0}', '"value":PULSE}')


def pulse_of(told: dict[str, Any]) -> Any:
    """What the browser's store holds after a reply."""
    return told["response"][ids.PULSE]["data"]


def wait_for_phase(low_s: float, high_s: float, *, every_s: float = SLOT_S) -> None:
    """Until this many seconds after a change of the pictures; both may be negative or lie beyond the next change."""
    wait_until(lambda: (time.time() - low_s) % every_s <= high_s - low_s, 2 * every_s, what="the phase")


@contextmanager
def ground(sessions: int) -> Iterator[Ground]:
    """The product with a moving platform behind it, signed-in browsers, and pictures drawn once."""
    platform = busy_platform(int(time.time()))
    with started(platform, sessions=sessions, start=lambda *where: start_web(*where).process) as made:
        made.keys = _live_keys(made)
        yield made


@contextmanager
def started(
    platform: Samples, *, sessions: int, start: Callable[[Path, dict[str, str]], ServerProcess]
) -> Iterator[Ground]:
    """The product on its real servers, the web process by ``start`` in a folder with its settings; no keys chosen."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tamma-bench-")))
        postgres = PostgresServer(folder / "postgres")
        stack.callback(postgres.stop)
        database = postgres.create()
        add_accounts(database)
        write_events(database)
        prometheus = PrometheusServer(folder / "prometheus")
        write_blocks(platform, prometheus.data)
        prometheus.start()
        stack.callback(prometheus.stop)
        (folder / "logs").mkdir()
        (folder / "logs" / "api.log").write_text("{}\n")
        settings = web_settings(folder / "web", database=database, prometheus=prometheus.url, logs=folder / "logs")
        settings |= {"WEB_WORKERS": str(WORKERS), "WEB_THREADS": str(THREADS)}
        web = start(folder / "web", settings)
        stack.callback(web.stop)
        yield Ground(
            folder=folder,
            port=int(settings["PORT"]),
            web=Family(web.pid),
            postgres=Family(postgres.pid),
            prometheus=Family(prometheus.process.pid),
            prometheus_url=prometheus.url,
            sessions=signed_in(database, settings["DASHBOARD_SECRET_KEY"], sessions),
            keys=[],
            database=database,
        )


@contextmanager
def textbook(ground: Ground, *, shown: Sequence[int]) -> Iterator[Reference]:
    """Textbook pages with the product's own series in them: one with so many charts at ``/``, at ``/2/`` the next.

    As many charts are called back as the measured page has widgets, or the largest page shows.
    """
    session = ground.sessions[0]
    updates = ground.told(ground.tick(session, keys=ground.charts))["sideUpdate"]
    figures = [figure for value in updates.values() if (figure := _figure(value))]
    charts = [chart for figure in figures if (chart := _chart(figure))["lines"]]
    path = ground.folder / "charts.json"
    path.write_text(json.dumps([charts[number % len(charts)] for number in range(max(CHARTS, *shown))]))
    environment = {"BENCH_CHARTS": str(path), "BENCH_SHOWN": ",".join(map(str, shown))}
    with _reference("tests.bench.textbook", environment, ground) as made:
        yield made


@contextmanager
def bare(ground: Ground, bodies: dict[str, bytes]) -> Iterator[Reference]:
    """The bare route that answers ``bodies`` by name."""
    folder = ground.folder / "bytes"
    folder.mkdir()
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    with _reference("tests.bench.bare", {"BENCH_BYTES": str(folder)}, ground) as made:
        yield made


@contextmanager
def _reference(module: str, environment: dict[str, str], ground: Ground) -> Iterator[Reference]:
    port = free_port()
    command = ("-m", "gunicorn", f"{module}:server()", "-b", f"{LOOPBACK}:{port}", "-k", "gthread")
    limits = ("-w", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "75", "--worker-tmp-dir", "/dev/shm")
    process = ServerProcess(
        module,
        (sys.executable, *command, *limits, "--log-level", "warning"),
        output=ground.folder / f"{module}.log",
        # An answer at all: the bare server has no page to show.
        ready=lambda: answers(f"http://{LOOPBACK}:{port}/") or _answers_404(port),
        environment=environment,
    )
    process.start()
    try:
        yield Reference(port, process)
    finally:
        process.stop()


def _answers_404(port: int) -> bool:
    with requests.Session() as http:
        http.trust_env = False
        try:
            return http.get(f"http://{LOOPBACK}:{port}/", timeout=2).status_code in {404, 405}
        except requests.RequestException:
            return False


def signed_in(database: str, secret_key: str, count: int) -> list[Session]:
    """Sessions straight from the database: a thousand sign-ins would cost a thousand password hashes.

    The first are one a role, at the role's number.
    """
    pool, csrf = open_pool(database), Csrf(secret_key)
    try:
        users, sessions = Users(pool, Passwords()), Sessions(pool)
        people = [user for role in Role if (user := users.by_name(role.word))]
        assert people, PASSWORD
        made = []
        for number in range(count):
            person = people[number % len(people)]
            token = sessions.create(person.id, address=LOOPBACK, user_agent="bench")
            made.append(Session(token, csrf.token_for(token)))
        return made
    finally:
        pool.close()


def _live_keys(ground: Ground) -> list[str]:
    """CHARTS widgets that show something: charts first, of the overview before others, then cards of numbers."""
    ordered = sorted(WIDGETS, key=lambda key: (not WIDGETS[key].chart, key not in KEYS))
    admin = ground.sessions[Role.ADMIN]
    cards: dict[str, list[Any]] = {}

    def all_answered() -> bool:
        cards.update(pulse_of(ground.told(ground.tick(admin, keys=ordered[:60])))["cards"])
        return "loading" not in {card[0] for card in cards.values()}

    wait_until(all_answered, 30, what="every widget's first answer")
    readonly = [key for key in ordered if WIDGETS[key].role == Role.READONLY]
    live = [key for key in readonly if cards.get(key, ["absent"])[0] == "live"][:CHARTS]
    assert live, f"no widget shows anything; the web process says:\n{last_lines(ground.folder / 'web' / 'web.log')}"
    return live


def _figure(update: dict[str, Any]) -> Any:
    """The figure in an update, whether it is sent alone or with the graph that shows it first."""
    child = update.get("children")
    return update.get("figure") or (child.get("props", {}).get("figure") if isinstance(child, dict) else None)


def _chart(figure: dict[str, Any]) -> dict[str, Any]:
    """A picture of the product taken apart: what the textbook page draws from; no lines where it has no even grid."""
    curves = [one for one in figure["data"] if one.get("type") in {"bar", "scatter"} and {"x0", "name"} <= set(one)]
    times = [curves[0]["x0"] + curves[0]["dx"] * number for number in range(len(curves[0]["y"]))] if curves else []
    lines = [{"name": one["name"], "values": one["y"]} for one in curves if len(one["y"]) == len(times)]
    bars = bool(curves) and curves[0]["type"] == "bar"
    return {"title": "Chart", "bars": bars, "times_ms": times, "lines": lines}
