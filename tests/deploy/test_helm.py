"""The Helm chart: what it renders is valid, locked down and complete, and wrong values are refused by name."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import helm_python
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm"
Manifest = dict[str, Any]
Values = dict[str, Any]

REQUIRED: Values = {
    "existingSecret": {"name": "tamma-secrets"},
    "prometheus": {"url": "http://prometheus:9090"},
    "publicUrl": "https://health.example.com",
}
INGRESS: Values = {
    "trustedProxies": 1,
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "hosts": [{"host": "health.example.com"}],
        "tls": [{"secretName": "health-tls", "hosts": ["health.example.com"]}],
    },
}
LOG_CLAIM: Values = {
    "logs": {"existingClaim": "tamma-logs", "paths": ["/logs/*.log", "/logs/*.gz"], "supplementalGroups": [4]}
}
LOG_HOST_PATH: Values = {"logs": {"hostPath": "/var/log/tamma", "paths": ["/logs/*.log"]}}
EVERYTHING: Values = {
    **INGRESS,
    **LOG_CLAIM,
    "existingSecret": {
        "name": "tamma-secrets",
        "keys": {"PROMETHEUS_TOKEN": "prometheus-token", "METRICS_TOKEN": "metrics-token", "REDIS_URL": "redis-url"},
    },
    "alertmanager": {"url": "http://alertmanager:9093"},
    "corsOrigins": ["https://portal.example.com", "https://other.example.com"],
    "dashboardConfig": {"time_zone": "Europe/Berlin"},
    "web": {"workers": 4, "threads": 600, "podAnnotations": {"team": "platform"}},
    "metrics": {"scrapeAnnotations": True},
    "imagePullSecrets": [{"name": "registry"}],
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
    "priorityClassName": "high",
}
SHAPES = {
    "required only": {},
    "ingress with TLS": INGRESS,
    "logs from a claim": LOG_CLAIM,
    "logs from the node": LOG_HOST_PATH,
    "everything": EVERYTHING,
    "no service account, no budget, no migration": {
        "serviceAccount": {"create": False},
        "web": {"podDisruptionBudget": {"enabled": False}},
        "migration": {"enabled": False},
    },
}
# The oldest version that Chart.yaml allows, and the newest one that the bundled schemas know.
KUBERNETES_VERSIONS = ("1.27", kubernetes_validate.latest_version())


def render(values: Values | None = None, *, name: str = "health") -> list[Manifest]:
    with helm_python.Chart.load(CHART) as chart:
        files = chart.render({**REQUIRED, **(values or {})}, name=name, namespace="tamma")
    texts = [text for path, text in files.items() if path.endswith(".yaml")]
    return [manifest for text in texts for manifest in yaml.safe_load_all(text) if manifest]


def notes(values: Values | None = None) -> str:
    with helm_python.Chart.load(CHART) as chart:
        return chart.render({**REQUIRED, **(values or {})}, name="health")["tamma-dashboard/templates/NOTES.txt"]


def of_kind(kind: str, manifests: list[Manifest]) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def workloads(manifests: list[Manifest]) -> dict[str, Manifest]:
    """The pod templates by component: web, worker, migration."""
    found = of_kind("Deployment", manifests) + of_kind("Job", manifests)
    return {each["metadata"]["labels"]["app.kubernetes.io/component"]: each["spec"]["template"] for each in found}


def container(template: Manifest) -> Manifest:
    (only,) = template["spec"]["containers"]
    assert "initContainers" not in template["spec"]
    found: Manifest = only
    return found


def variables(template: Manifest, manifests: list[Manifest]) -> dict[str, Any]:
    """Environment of a pod: the text of a plain variable, the secretKeyRef of a secret one."""
    maps = {each["metadata"]["name"]: each["data"] for each in of_kind("ConfigMap", manifests)}
    found: dict[str, Any] = {}
    for source in container(template).get("envFrom", []):
        found |= maps[source["configMapRef"]["name"]]
    for variable in container(template).get("env", []):
        value = variable["value"] if "value" in variable else variable["valueFrom"]["secretKeyRef"]
        found[variable["name"]] = value
    return found


def readiness_path(values: Values) -> str:
    path: str = container(workloads(render(values))["web"])["readinessProbe"]["httpGet"]["path"]
    return path


def leaves(values: Values, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name)


def default_values() -> Values:
    values: Values = yaml.safe_load((CHART / "values.yaml").read_text())
    return values


def with_value(path: tuple[str, ...], value: Any) -> Values:
    values: Values = copy.deepcopy(REQUIRED)
    room = values
    for name in path[:-1]:
        room = room.setdefault(name, {})
    room[path[-1]] = value
    return values


# --- the chart itself


@pytest.mark.parametrize("values", SHAPES.values(), ids=SHAPES.keys())
def test_strict_lint_finds_nothing(values: Values) -> None:
    """Lint lets `fail` and unknown `.Values` names pass; the tests of missing values and of names below hold those."""
    report = helm_python.lint(CHART, {**REQUIRED, **values}, strict=True, kube_version="v1.37.0")
    assert report["errors"] == []
    assert [message["error"] for message in report["messages"]] == ["icon is recommended"]


def test_every_value_that_a_template_reads_is_declared() -> None:
    declared = {path[:depth] for path in leaves(default_values()) for depth in range(1, len(path) + 1)}
    text = "\n".join(path.read_text() for path in (CHART / "templates").iterdir())
    read = {tuple(name.split(".")) for name in re.findall(r"\.Values\.([A-Za-z0-9_.]+)", text)}
    assert read - declared == set()


def test_every_declared_value_is_read_by_a_template() -> None:
    text = "\n".join(path.read_text() for path in (CHART / "templates").iterdir())
    read = {tuple(name.split(".")) for name in re.findall(r"\.Values\.([A-Za-z0-9_.]+)", text)}
    unread = [path for path in leaves(default_values()) if not any(path[: len(name)] == name for name in read)]
    assert unread == []


def test_chart_and_project_have_the_same_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert chart["appVersion"] == project["version"]


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
@pytest.mark.parametrize("values", SHAPES.values(), ids=SHAPES.keys())
def test_every_manifest_is_valid(values: Values, version: str) -> None:
    manifests = render(values)
    assert manifests
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_two_releases_share_no_name() -> None:
    names = [{(each["kind"], each["metadata"]["name"]) for each in render(name=name)} for name in ("one", "two")]
    assert not names[0] & names[1]


def test_a_long_release_name_stays_within_the_limit() -> None:
    for manifest in render(EVERYTHING, name="r" * 53):
        assert len(manifest["metadata"]["name"]) <= 63


# --- refusals


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ({"existingSecret": {}}, "existingSecret.name is missing"),
        ({"prometheus": {}}, "prometheus.url is missing"),
        ({"publicUrl": ""}, "publicUrl is missing"),
        ({"ingress": {"enabled": True}}, "ingress.hosts is empty"),
        ({"logs": {"existingClaim": "a", "hostPath": "/b", "paths": ["/logs/*"]}}, "are both set"),
        ({"logs": {"existingClaim": "a"}}, "logs.paths is empty"),
        ({"logs": {"paths": ["/logs/*.log"]}}, "without a log volume"),
        ({"logs": {"existingClaim": "a", "paths": ["/var/*.log"]}}, "/var/*.log is not below logs.mountPath /logs"),
    ],
)
def test_a_missing_value_stops_the_installation_by_name(missing: Values, message: str) -> None:
    with pytest.raises(helm_python.HelmRenderError, match=re.escape(message)):
        render(missing)


def test_all_missing_values_are_named_at_once() -> None:
    with helm_python.Chart.load(CHART) as chart, pytest.raises(helm_python.HelmRenderError) as caught:
        chart.render({})
    for name in ("existingSecret.name", "prometheus.url", "publicUrl"):
        assert f"{name} is missing" in str(caught.value)


@pytest.mark.parametrize("path", list(leaves(default_values())), ids=".".join)
def test_a_wrong_type_is_refused(path: tuple[str, ...]) -> None:
    with helm_python.Chart.load(CHART) as chart:
        default: Any = default_values()
        for name in path:
            default = default[name]
        wrongs: list[Any] = [True, ["text"], {"text": []}]
        for wrong in wrongs:
            if isinstance(wrong, type(default)):
                continue
            with pytest.raises(helm_python.HelmValuesError, match=re.escape("/" + "/".join(path))):
                chart.validate_schema(with_value(path, wrong))


def test_unknown_names_are_refused_at_every_level() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())

    def rooms(part: Any) -> Iterator[Values]:
        if isinstance(part, dict):
            if "properties" in part and part.get("type") == "object":
                yield part
            for each in part.values():
                yield from rooms(each)

    found = list(rooms(schema))
    assert len(found) > 20
    assert all(room["additionalProperties"] is False for room in found)
    with pytest.raises(helm_python.HelmValuesError, match="replicaCount"):
        render({"web": {"replicaCount": 3}})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("prometheus", "url"), "prometheus:9090"),
        (("prometheus", "url"), "http://user:password@prometheus:9090"),
        (("alertmanager", "url"), "ftp://alertmanager"),
        (("publicUrl",), "http://health.example.com"),
        (("eventSchema",), 'public"; drop'),
        (("trustedProxies",), 11),
        (("corsOrigins",), ["*"]),
        (("logLevel",), "verbose"),
        (("web", "workers"), 0),
        (("web", "readinessChecks"), ["databse"]),
        (("web", "threads"), 2000),
        (("service", "port"), 70000),
        (("service", "type"), "ExternalName"),
        (("image", "digest"), "latest"),
        (("existingSecret", "keys", "DATABASE_URL"), ""),
        (("existingSecret", "keys", "DATABASE_URL"), None),
        (("existingSecret", "keys", "DATABASE_URL"), "postgresql://dashboard:pw@postgres/tamma"),
        (("logs", "mountPath"), "logs"),
        (("data", "sizeLimit"), "much"),
    ],
)
def test_a_value_out_of_range_is_refused(path: tuple[str, ...], value: Any) -> None:
    with helm_python.Chart.load(CHART) as chart, pytest.raises(helm_python.HelmValuesError):
        chart.render(with_value(path, value))


# --- settings and secrets


@pytest.mark.parametrize("values", SHAPES.values(), ids=SHAPES.keys())
def test_every_variable_of_a_pod_is_a_setting(values: Values) -> None:
    from app.settings import SETTINGS

    known = {setting.name for setting in SETTINGS}
    manifests = render(values)
    for template in workloads(manifests).values():
        assert set(variables(template, manifests)) - known == set()


def test_every_setting_can_be_given_through_the_chart() -> None:
    from app.settings import SETTINGS

    manifests = render(EVERYTHING)
    for component in ("web", "worker"):
        given = variables(workloads(manifests)[component], manifests)
        assert {setting.name for setting in SETTINGS} - set(given) == set()


@pytest.mark.parametrize("values", SHAPES.values(), ids=SHAPES.keys())
def test_the_application_accepts_what_its_pods_are_given(values: Values, tmp_path: Path) -> None:
    from app.settings import load

    secrets = {
        "DATABASE_URL": "postgresql://dashboard:pw@postgres:5432/tamma",
        "REDIS_URL": "redis://redis:6379/0",
        "PROMETHEUS_TOKEN": "a-prometheus-token",
        "METRICS_TOKEN": "a-metrics-token",
        "DASHBOARD_SECRET_KEY": "0123456789abcdefghijklmnopqrstuv",
        "DASHBOARD_JWT_SECRET": "vutsrqponmlkjihgfedcba9876543210",
    }
    mounted = tmp_path / "dashboard.yml"
    mounted.write_text("{}")
    manifests = render(values)
    for template in workloads(manifests).values():
        given = variables(template, manifests)
        environment = {name: secrets[name] if isinstance(value, dict) else value for name, value in given.items()}
        if "DASHBOARD_CONFIG" in environment:
            environment["DASHBOARD_CONFIG"] = str(mounted)
        (command,) = container(template)["args"]

        settings = load(environment, command)

        assert settings.database_url == secrets["DATABASE_URL"]
        assert settings.data_dir == Path("/data")
        if command == "serve":
            assert (settings.host, settings.port) == ("0.0.0.0", 3000)


@pytest.mark.parametrize("values", SHAPES.values(), ids=SHAPES.keys())
def test_secret_settings_come_from_the_existing_secret_only(values: Values) -> None:
    from app.settings import SETTINGS

    secret = {setting.name for setting in SETTINGS if setting.secret}
    manifests = render(values)
    assert of_kind("Secret", manifests) == []
    for each in of_kind("ConfigMap", manifests):
        assert not secret & set(each["data"])
    for template in workloads(manifests).values():
        for name, value in variables(template, manifests).items():
            assert isinstance(value, dict) == (name in secret)
            if name in secret:
                assert value["name"] == "tamma-secrets"
                assert "optional" not in value


@pytest.mark.parametrize("values", SHAPES.values(), ids=SHAPES.keys())
def test_postgresql_is_never_embedded(values: Values) -> None:
    manifests = render(values)
    for template in workloads(manifests).values():
        assert variables(template, manifests)["DATABASE_URL"] == {"name": "tamma-secrets", "key": "database-url"}
        assert container(template)["image"] == "tamma/dashboard:0.1.0"
    assert of_kind("StatefulSet", manifests) == []
    assert "dependencies" not in yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert not (CHART / "charts").exists()
    assert not [path for path in CHART.rglob("*") if path.is_file() and "pgserver" in path.read_text()]


def test_the_migration_is_given_no_more_than_it_needs() -> None:
    manifests = render(EVERYTHING)
    given = variables(workloads(manifests)["migration"], manifests)
    assert set(given) == {"DATABASE_URL", "DATA_DIR", "EVENT_SCHEMA", "LOG_LEVEL"}


def test_a_changed_setting_restarts_the_pods_and_nothing_else_does() -> None:
    def checksums(values: Values) -> list[str]:
        found = workloads(render(values))
        return [found[component]["metadata"]["annotations"]["checksum/config"] for component in ("web", "worker")]

    before = checksums({})
    assert checksums({"web": {"replicas": 5}}) == before
    for change in ({"logLevel": "debug"}, {"dashboardConfig": {"a": 1}}):
        assert all(new != old for new, old in zip(checksums(change), before, strict=True))


def test_the_configuration_file_is_the_given_yaml() -> None:
    manifests = render(EVERYTHING)
    (data,) = [each["data"] for each in of_kind("ConfigMap", manifests) if "dashboard.yml" in each["data"]]
    assert yaml.safe_load(data["dashboard.yml"]) == EVERYTHING["dashboardConfig"]
    given = variables(workloads(manifests)["web"], manifests)
    (mount,) = [each for each in container(workloads(manifests)["web"])["volumeMounts"] if each["name"] == "config"]
    assert given["DASHBOARD_CONFIG"] == f"{mount['mountPath']}/dashboard.yml"


# --- pods


@pytest.mark.parametrize("values", SHAPES.values(), ids=SHAPES.keys())
def test_every_container_is_locked_down(values: Values) -> None:
    for template in workloads(render(values)).values():
        context = container(template)["securityContext"]
        assert context == {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        pod = template["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)


def test_data_and_tmp_are_the_writable_places() -> None:
    for template in workloads(render(EVERYTHING)).values():
        empty = {volume["name"] for volume in template["spec"]["volumes"] if "emptyDir" in volume}
        mounts = container(template)["volumeMounts"]
        writable = {mount["mountPath"]: mount["name"] for mount in mounts if not mount.get("readOnly")}
        assert writable == {"/tmp": "tmp", "/data": "data"}
        assert set(writable.values()) == empty


@pytest.mark.parametrize(
    ("values", "source"),
    [
        (LOG_CLAIM, {"persistentVolumeClaim": {"claimName": "tamma-logs", "readOnly": True}}),
        (LOG_HOST_PATH, {"hostPath": {"path": "/var/log/tamma", "type": "Directory"}}),
    ],
)
def test_logs_are_mounted_read_only(values: Values, source: Manifest) -> None:
    found = workloads(render(values))
    for component in ("web", "worker"):
        (volume,) = [each for each in found[component]["spec"]["volumes"] if each["name"] == "logs"]
        (mount,) = [each for each in container(found[component])["volumeMounts"] if each["name"] == "logs"]
        assert volume == {"name": "logs", **source}
        assert mount == {"name": "logs", "mountPath": "/logs", "readOnly": True}
    assert "logs" not in {volume["name"] for volume in found["migration"]["spec"]["volumes"]}


def test_resources_and_replicas_are_those_of_the_story() -> None:
    manifests = render()
    for template in workloads(manifests).values():
        assert container(template)["resources"] == {
            "requests": {"memory": "256Mi", "cpu": "250m"},
            "limits": {"memory": "512Mi", "cpu": "500m"},
        }
    replicas = {each["metadata"]["name"]: each["spec"]["replicas"] for each in of_kind("Deployment", manifests)}
    assert replicas == {"health-tamma-dashboard-web": 2, "health-tamma-dashboard-worker": 1}


def test_the_web_process_is_asked_whether_it_lives_and_is_ready() -> None:
    web = container(workloads(render(LOG_CLAIM))["web"])
    asked = {name: web[f"{name}Probe"] for name in ("liveness", "readiness", "startup")}
    paths = {name: (probe["httpGet"]["path"], probe["httpGet"]["port"]) for name, probe in asked.items()}
    assert paths == {
        "liveness": ("/health", "http"),
        "readiness": ("/ready?checks=memory,disk", "http"),
        "startup": ("/health", "http"),
    }
    times = {
        name: (asked[name]["initialDelaySeconds"], asked[name]["periodSeconds"]) for name in asked if name != "startup"
    }
    assert times == {"liveness": (30, 10), "readiness": (5, 5)}


def test_readiness_can_leave_out_what_the_page_survives() -> None:
    assert readiness_path({"web": {"readinessChecks": ["database", "event store"]}}) == (
        "/ready?checks=database,event%20store"
    )


def test_readiness_can_ask_for_everything() -> None:
    assert readiness_path({"web": {"readinessChecks": []}}) == "/ready"


def test_readiness_names_the_checks_that_the_application_has(tmp_path: Path) -> None:
    """A name that the application does not know would be answered with 400, and no pod would ever be ready."""
    from app.readiness import checks_of

    source = SimpleNamespace(ready=None)
    sources = SimpleNamespace(
        pool=None, prometheus=source, events=source, logs=source, cache=SimpleNamespace(redis=None)
    )
    names = [check.name for check in checks_of(sources, tmp_path)]  # type: ignore[arg-type]
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert schema["properties"]["web"]["properties"]["readinessChecks"]["items"]["enum"] == names
    asked = unquote(readiness_path({}).partition("?checks=")[2]).split(",")
    assert set(asked) < set(names)


def test_each_workload_runs_its_command() -> None:
    found = workloads(render())
    assert {name: container(template)["args"] for name, template in found.items()} == {
        "web": ["serve"],
        "worker": ["worker"],
        "migration": ["migrate"],
    }
    assert all("command" not in container(template) for template in found.values())


def test_a_digest_wins_over_the_tag() -> None:
    digest = "sha256:" + "a" * 64
    manifests = render({"image": {"repository": "tamma/dashboard", "tag": "1.2.3", "digest": digest}})
    assert {container(template)["image"] for template in workloads(manifests).values()} == {f"tamma/dashboard@{digest}"}


def test_the_migration_runs_first_and_needs_nothing_that_the_release_brings() -> None:
    (job,) = of_kind("Job", render(EVERYTHING))
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    pod = job["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "default"
    assert "envFrom" not in pod["containers"][0]
    assert not [volume for volume in pod["volumes"] if "emptyDir" not in volume]


def test_pods_are_spread_over_nodes_and_zones() -> None:
    for component in ("web", "worker"):
        template = workloads(render())[component]
        rules = template["spec"]["topologySpreadConstraints"]
        keys = {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        assert {rule["topologyKey"] for rule in rules} == keys
        for rule in rules:
            assert rule["labelSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()


def test_scrape_annotations_are_off_until_asked_for() -> None:
    def annotations(values: Values) -> Manifest:
        found: Manifest = workloads(render(values))["web"]["metadata"]["annotations"]
        return {name: value for name, value in found.items() if name.startswith("prometheus.io/")}

    assert annotations({}) == {}
    assert annotations({"metrics": {"scrapeAnnotations": True}}) == {
        "prometheus.io/scrape": "true",
        "prometheus.io/path": "/metrics",
        "prometheus.io/port": "3000",
    }


# --- the way in


def test_service_and_budget_select_the_web_pods_only() -> None:
    manifests = render()
    (service,) = of_kind("Service", manifests)
    (budget,) = of_kind("PodDisruptionBudget", manifests)
    assert [(port["port"], port["targetPort"]) for port in service["spec"]["ports"]] == [(80, 3000)]
    assert container(workloads(manifests)["web"])["ports"] == [{"name": "http", "containerPort": 3000}]
    for selector in (service["spec"]["selector"], budget["spec"]["selector"]["matchLabels"]):
        chosen = [
            name
            for name, template in workloads(manifests).items()
            if selector.items() <= template["metadata"]["labels"].items()
        ]
        assert chosen == ["web"]


def test_each_deployment_selects_its_own_pods_only() -> None:
    manifests = render()
    for each in of_kind("Deployment", manifests):
        selector = each["spec"]["selector"]["matchLabels"]
        chosen = [
            template
            for template in workloads(manifests).values()
            if selector.items() <= template["metadata"]["labels"].items()
        ]
        assert chosen == [each["spec"]["template"]]


def test_the_ingress_leads_to_the_service_over_tls() -> None:
    manifests = render(INGRESS)
    (ingress,) = of_kind("Ingress", manifests)
    (service,) = of_kind("Service", manifests)
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert (rule["host"], path["path"], path["pathType"]) == ("health.example.com", "/", "Prefix")
    assert path["backend"]["service"] == {"name": service["metadata"]["name"], "port": {"name": "http"}}
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["spec"]["tls"] == INGRESS["ingress"]["tls"]
    assert of_kind("Ingress", render()) == []


def test_the_service_account_carries_no_token() -> None:
    manifests = render()
    (account,) = of_kind("ServiceAccount", manifests)
    assert account["automountServiceAccountToken"] is False
    for component in ("web", "worker"):
        assert workloads(manifests)[component]["spec"]["serviceAccountName"] == account["metadata"]["name"]


def test_the_notes_warn_of_what_is_not_shared_or_not_there() -> None:
    assert "without existingSecret.keys.REDIS_URL" in notes()
    assert "No log volume" in notes()
    assert "trustedProxies is 0" in notes({"ingress": INGRESS["ingress"]})
    assert "WARNING" not in notes(EVERYTHING)
