"""The whole product on real servers: what a browser test looks at."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.access import Role
from app.auth.passwords import Passwords
from app.auth.users import Users
from app.sources.database import open_pool
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.processes import ServerProcess, answers

PASSWORD = "correct horse battery"


@dataclass
class Web:
    """A web process under gunicorn with an account for each role, all with the same password."""

    url: str
    process: ServerProcess

    def start(self) -> None:
        """Start, also again after ``stop``."""
        self.process.start()

    def stop(self) -> None:
        """End it."""
        self.process.stop()


def web_settings(folder: Path, *, database: str, prometheus: str, logs: Path) -> dict[str, str]:
    """The environment of a web process on a free port."""
    return {
        "PORT": str(free_port()),
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": database,
        "PROMETHEUS_URL": prometheus,
        "LOG_PATHS": str(logs / "*.log"),
        "DASHBOARD_SECRET_KEY": secrets.token_hex(32),
        "DASHBOARD_JWT_SECRET": secrets.token_hex(32),
        "WEB_WORKERS": "2",
        "WEB_THREADS": "8",
    }


def add_accounts(database: str) -> None:
    """An account for each role, named after it."""
    pool = open_pool(database)
    try:
        users = Users(pool, Passwords())
        for role in Role:
            users.add(role.word, PASSWORD, role)
    finally:
        pool.close()


def start_web(folder: Path, settings: Mapping[str, str]) -> Web:
    """A started web process; returns once it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    url = f"http://{LOOPBACK}:{settings['PORT']}"
    process = ServerProcess(
        f"web on {settings['PORT']}",
        (sys.executable, "-m", "app", "serve"),
        output=folder / "web.log",
        ready=lambda: answers(f"{url}/health"),
        environment=settings,
    )
    process.start()
    return Web(url, process)
