"""What ``docker-compose.yml`` and its files promise: nothing is open, endless or newer by chance."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from store import migrate
from store.database import Database
from tests import servers

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SERVERS = {"postgres", "redis"}
of_every_service = pytest.mark.parametrize("name", SERVICES)


@of_every_service
def test_a_container_can_do_no_more_than_it_needs(name: str) -> None:
    """Nothing in its file system can be changed, it has no capability, and gains none."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"cap_add", "privileged", "network_mode", "pid", "devices"} & set(service)


@of_every_service
def test_a_container_takes_no_more_than_its_share(name: str) -> None:
    """Of memory, of processes, and of memory as files."""
    service = SERVICES[name]
    assert re.fullmatch(r"(\$\{AUGURY_MEMORY_\w+:-)?\d+[mg]\}?", str(service["mem_limit"]))
    assert 0 < service["pids_limit"] <= 4096
    assert [mount for mount in service["tmpfs"] if not re.search(r"[:,]size=\d+[mg],.*nosuid,nodev", mount)] == []


@of_every_service
def test_the_outside_reaches_the_api_alone(name: str) -> None:
    """The servers are on a network that leads nowhere; only the API publishes a port, by default on loopback."""
    networks = set(SERVICES[name]["networks"])
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert networks == ({"back"} if name in SERVERS | {"migrate"} else {"front", "back"})
    assert SERVICES[name].get("ports", []) == (["${AUGURY_PUBLISH:-127.0.0.1:8000}:8000"] if name == "api" else [])


def test_images_of_others_are_named_by_their_whole_version() -> None:
    """A restart brings no other server than was tried."""
    files = [SERVICES[name]["image"] for name in SERVERS]
    files += re.findall(r"^FROM (\S+:\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(files) == 3
    assert [image for image in files if not re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+", image)] == []


def test_the_build_is_sent_every_package() -> None:
    """What the Dockerfile copies is what ``.dockerignore`` lets through."""
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    assert sent == {pattern.rstrip("*") for pattern in found} | {"pyproject.toml", "requirements"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A new cluster as the image sets it up: a superuser with a password, and then our script; the superuser's URL."""
    tools = servers.postgres_tools(tmp_path_factory.mktemp("tools"))
    psql = tools / "psql" if (tools / "psql").exists() else shutil.which("psql")
    if psql is None:
        servers.missing("psql", "apt-get install postgresql-client")
    with servers.postgres() as url:
        _execute(url, "create role postgres superuser login password 'secret'")
        admin = make_url(url).set(username="postgres").render_as_string()
        _execute(admin, "alter role augury rename to the_first")  # the test's own superuser has the name of our role
        variables = {"POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": "sec'ret", "PGHOST": "127.0.0.1"}
        variables |= {"PGPORT": str(make_url(url).port), "PATH": f"{Path(psql).parent}:{os.environ['PATH']}"}
        script = ROOT / "docker" / "postgres" / "10-application-role.sh"
        subprocess.run(["sh", script], env=variables, check=True)
        yield admin


def _execute(url: str, statement: str) -> Any:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            return result.one() if result.returns_rows else None
    finally:
        engine.dispose()


def test_augurys_role_owns_its_database_and_nothing_else(cluster: str) -> None:
    """The schema can be made by it; it is no superuser, makes no roles, and cannot enter the server's own database."""
    role = _execute(cluster, "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles "
                             "where rolname = 'augury'")  # fmt: skip
    assert tuple(role) == (False,) * 5
    ours = make_url(cluster).set(username="augury", database="augury").render_as_string()
    database = Database(ours)
    migrate.upgrade(database)
    assert migrate.is_current(database)
    database.close()
    with pytest.raises(ProgrammingError, match="permission denied"):
        _execute(ours, "create role another superuser")
    with pytest.raises(OperationalError, match="permission denied"):
        _execute(str(make_url(ours).set(database="postgres")), "select 1")


def test_the_superuser_can_sign_in_without_a_network_only(cluster: str) -> None:
    """It has no password, and Augury's role has the one that was given, whatever is in it."""
    passwords = (
        "select (select rolpassword is null from pg_authid where rolname = 'postgres'), rolpassword from pg_authid"
    )
    is_without, stored = _execute(cluster, f"{passwords} where rolname = 'augury'")
    assert is_without
    assert stored.startswith("SCRAM-SHA-256$")
