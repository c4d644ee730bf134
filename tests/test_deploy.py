"""What is in ``deploy/`` names what a service really shows, and is what the tools that it is for can read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.service.conftest import serving

DEPLOY = Path(__file__).parent.parent / "deploy"
RULES = DEPLOY / "prometheus" / "augury.rules.yml"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "augury.json").read_text())
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
EXPRESSIONS = [rule["expr"] for rule in ALERTS] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])
]
_OF_A_DISTRIBUTION = ("_bucket", "_count", "_sum")


@pytest.fixture(scope="module")
def labels_of(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The kind of every family that a service shows, by its name."""
    with serving(tmp_path_factory.mktemp("deployed")) as client:
        text = client.get("/metrics").text
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))


@pytest.fixture(scope="module")
def promtool() -> str:
    """Prometheus's own tool."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (the package prometheus has it)")
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_that_is_named_is_shown(labels_of: dict[str, str], expression: str) -> None:
    """A dashboard of names that nobody writes any more is empty, and an alert on them never comes."""
    named = set(re.findall(r"\baugury_\w+", expression)) - {"augury_broker_messages"}  # with a broker only
    assert named or "augury_broker_messages" in expression or "up{" in expression
    for name in named:
        family = next((name.removesuffix(end) for end in _OF_A_DISTRIBUTION if name.endswith(end)), name)
        assert labels_of.get(name, labels_of.get(family)) in ("gauge", "counter", "histogram"), name
        assert (labels_of.get(family) == "histogram") == (family != name)


def test_every_alert_is_in_the_guide() -> None:
    """Whoever is woken finds what to do."""
    guide = (DEPLOY.parent / "docs" / "operating.md").read_text()
    assert len(ALERTS) >= 10
    assert [rule["alert"] for rule in ALERTS if f"`{rule['alert']}`" not in guide] == []


def test_every_metric_is_in_the_guide(labels_of: dict[str, str]) -> None:
    """With what it counts."""
    guide = (DEPLOY.parent / "docs" / "operating.md").read_text()
    assert [name for name in [*labels_of, "augury_broker_messages"] if f"`{name}`" not in guide] == []


def test_the_dashboard_can_be_imported() -> None:
    """Panels do not cover each other, have ids of their own, and ask for the data source that is chosen."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    covered = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(covered)) == len(covered)
    assert max(x for x, _ in covered) < 24
    assert {panel["datasource"]["uid"] for panel in panels if "targets" in panel} == {"${datasource}"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", "augury.rules.yml"),
        ("test", "rules", "augury.rules.test.yml"),
        ("check", "config", "prometheus.yml"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_prometheus_takes_the_files(promtool: str, arguments: tuple[str, ...]) -> None:
    """Its own tool says so, and that the alerts come when they should and not when they should not."""
    done = subprocess.run(
        [promtool, *arguments], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_every_expression_of_the_dashboard(promtool: str, tmp_path: Path) -> None:
    """As rules, with an interval in the place of Grafana's variable."""
    rules = [
        {"record": f"r{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(EXPRESSIONS)
    ]
    file = tmp_path / "dashboard.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_a_scrape_says_is_what_prometheus_expects(promtool: str, tmp_path: Path) -> None:
    """Its linter has nothing to say of names, units and help."""
    with serving(tmp_path) as client:
        text = client.get("/metrics").text
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
