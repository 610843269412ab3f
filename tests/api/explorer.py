"""The explorer's routes on a bare application behind the gate, its Prometheus behind a proxy, one account a role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.access import Role
from app.api import explorations as explorations_api
from app.api import explore as explore_api
from app.api import metrics as metrics_api
from app.patience import Patience
from app.sources.cache import SharedCache
from app.sources.catalogue import Catalogue
from app.sources.database import open_pool
from app.sources.explorations import Explorations
from app.sources.outages import Outages
from app.sources.prometheus import Prometheus
from tests.auth.site import Site, build, csrf_header, settings_for
from tests.servers.ports import LOOPBACK
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until
from tests.servers.prometheus import PrometheusServer
from tests.servers.proxy import Proxy


@dataclass(frozen=True)
class Explorer:
    """The application, the switch of its Prometheus, and what each role signs in with."""

    site: Site
    proxy: Proxy
    cache: SharedCache
    bearers: dict[str, dict[str, str]]

    def ask(self, method: str, path: str, *, role: str = "readonly", **more: Any) -> Any:
        """An answer of ``/api/dashboard`` to a program of that role."""
        return self.site.client().open(f"/api/dashboard{path}", method=method, headers=self.bearers[role], **more)

    def forget(self) -> None:
        """Empties the cache, so that Prometheus is asked again; answers that are still on their way come first."""
        wait_until(lambda: not self.cache._flights, what="answers under way")
        self.cache.shelf._disk.clear()
        self.cache._memory.clear()
        self.cache._failures.clear()

    def by_browser(self, method: str, path: str, *, role: str = "readonly", forged: bool = False, **more: Any) -> Any:
        """An answer to a browser of that role; a forged request carries no token of ours."""
        client = self.site.signed_in(role)
        headers = {} if forged else csrf_header(client)
        return client.open(f"/api/dashboard{path}", method=method, headers=headers, **more)


@contextmanager
def explorer_on(postgres: PostgresServer, prometheus: PrometheusServer, folder: Path) -> Iterator[Explorer]:
    """The whole of it, for a module of tests."""
    url = postgres.create()
    proxy = Proxy(LOOPBACK, prometheus.port)
    with open_pool(url) as pool:
        site = build(pool, settings_for(url))
        cache, source, patience = SharedCache(folder / "cache"), Prometheus(proxy.url), Patience(4)
        site.server.register_blueprint(explore_api.blueprint(Catalogue(source, cache), patience))
        site.server.register_blueprint(explorations_api.blueprint(Explorations(pool)))
        site.server.register_blueprint(metrics_api.blueprint(source, Outages(cache.shelf), patience))
        for role in Role:
            site.add(role.word, role)
        yield Explorer(site, proxy, cache, {role.word: site.bearer(role.word) for role in Role})
    proxy.close()
    postgres.drop(url)
