"""The files of the deployment, as linters and as a suspicious reader see them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from adapters.variables import VARIABLES

from .tools import ROOT, run, tool

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
UID = "10001:10001"


def kubernetes(kind: str) -> dict[str, Any]:
    manifests = yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text())
    (found,) = [m for m in manifests if m["kind"] == kind]
    return dict(found)


# -- linters
def test_hadolint_has_nothing_to_say() -> None:
    assert run(tool("hadolint"), "Dockerfile") == ""


def test_compose_follows_its_schema() -> None:
    run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "compose.yaml")


def test_kubernetes_accepts_the_manifest() -> None:
    run(tool("kubernetes-validate"), "--strict", "deploy/kubernetes.yaml")


def test_caddy_accepts_its_file() -> None:
    words = ("validate", "--adapter", "caddyfile", "--config", "deploy/Caddyfile")
    run(tool("caddy"), *words, SITE_ADDRESS="bot.example.com", BOT_ADDRESS="bot:8000")


def test_litestream_accepts_its_file() -> None:
    words = ("databases", "-config", "deploy/litestream.yml")
    assert "/x/bot.db" in run(tool("litestream"), *words, DATABASE="/x/bot.db", LITESTREAM_URL="s3://b/p?region=r")


# -- the image
def test_the_last_stage_installs_nothing_and_is_nobody() -> None:
    last = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert "RUN" not in last
    assert f"USER {UID}" in last
    assert (
        'HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["auto-trader", "healthcheck"]'
        in last
    )
    assert "curl" not in DOCKERFILE
    assert "wget" not in DOCKERFILE


def test_every_stage_starts_from_one_image_that_cannot_change() -> None:
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${PYTHON_IMAGE}"] * 2
    (base,) = re.findall(r"^ARG PYTHON_IMAGE=(.*)", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-trixie@sha256:[0-9a-f]{64}", base)
    assert SERVICES["bot"]["build"]["args"] == {"PYTHON_IMAGE": f"${{PYTHON_IMAGE:-{base}}}"}


def test_every_installation_demands_hashes_or_has_no_index() -> None:
    installs = [line for line in DOCKERFILE.splitlines() if re.search(r"pip (install|wheel)", line)]
    assert len(installs) == 4
    assert all("--require-hashes --only-binary=:all:" in line or "--no-index" in line for line in installs)


def test_the_context_holds_exactly_what_is_copied() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        source.removeprefix("./")
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
        for source in line.split()
    }
    assert let_in == copied
    assert all((ROOT / path).exists() for path in copied)


def test_both_locks_have_a_hash_for_every_line() -> None:
    for lock in ("requirements.lock", "deploy/build.lock"):
        text = (ROOT / lock).read_text()
        pinned = re.findall(r"^[a-z0-9][\w.-]*(?:\[[\w,-]+\])?==\S+(.*)$", text, re.MULTILINE | re.IGNORECASE)
        assert pinned
        assert all(rest.endswith("\\") for rest in pinned), lock
        assert "://" not in text


# -- compose
@pytest.mark.parametrize("name", SERVICES)
def test_every_container_can_do_as_little_as_possible(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"]
    assert service["mem_limit"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert service["restart"] == "unless-stopped"
    assert "docker.sock" not in str(service)
    assert "privileged" not in service


def test_only_the_proxy_is_reachable_from_elsewhere() -> None:
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}
    assert ports.pop("caddy") == ["80:80", "443:443"]
    assert all(port.startswith("127.0.0.1:") for published in ports.values() for port in published)
    assert SERVICES["caddy"]["cap_add"] == ["NET_BIND_SERVICE"]


def test_the_bot_believes_the_proxy_and_nobody_else() -> None:
    proxy = SERVICES["caddy"]["networks"]["inside"]["ipv4_address"]
    assert SERVICES["bot"]["environment"]["TRUSTED_PROXIES"] == proxy


def test_the_bot_runs_alone_and_the_rest_is_switched_on() -> None:
    profiles = {name: service.get("profiles") for name, service in SERVICES.items()}
    assert profiles == {
        "bot": None,
        "caddy": ["tls"],
        "litestream": ["backup"],
        "prometheus": ["monitor"],
        "grafana": ["monitor"],
    }


def test_what_compose_sets_for_the_bot_exists() -> None:
    known = {variable.name for variable in VARIABLES}
    assert set(SERVICES["bot"]["environment"]) <= known
    assert {e["name"] for e in kubernetes("StatefulSet")["spec"]["template"]["spec"]["containers"][0]["env"]} <= known


def test_mounted_files_are_there() -> None:
    files = [v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", ()) if v.startswith("./deploy")]
    assert len(files) == 5
    assert all((ROOT / file).is_file() for file in files)


# -- kubernetes
def test_one_account_is_one_replica_on_one_disk() -> None:
    spec = kubernetes("StatefulSet")["spec"]
    assert spec["replicas"] == 1
    assert spec["volumeClaimTemplates"][0]["spec"]["accessModes"] == ["ReadWriteOncePod"]
    pod = spec["template"]["spec"]
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["automountServiceAccountToken"] is False
    (bot,) = pod["containers"]
    assert bot["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert bot[probe]["exec"]["command"] == ["auto-trader", "healthcheck"]
