"""What the service's linter says of candidates; each spec is asked about once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.lint import Finding, LintResult, Severity
from augury.cli.linting.command import render
from augury.client.client import Client
from augury.proposing.proposals import Proposals


@dataclass
class Linter:
    """The linter of a service, on one dataset."""

    client: Client
    dataset_id: str
    _known: dict[str, LintResult] = field(default_factory=dict)

    def result(self, spec: ImageDataGeneratorSpec) -> LintResult:
        """All that it says of a spec."""
        key = spec.model_dump_json(exclude_unset=True)
        if key not in self._known:
            dataset = {"kind": "dataset", "id": self.dataset_id}
            body: dict[str, Any] = {"spec": spec.model_dump(mode="json", exclude_unset=True), "dataset": dataset}
            self._known[key] = self.client.lint(body)
        return self._known[key]

    def findings(self, spec: ImageDataGeneratorSpec) -> list[Finding]:
        """Its findings."""
        return self.result(spec).findings


def render_complaints(results: Mapping[str, LintResult]) -> RenderableType:
    """Warnings and errors, by candidate; of what is merely good to know the report has all."""
    serious = {
        name: result.model_copy(
            update={"findings": [found for found in result.findings if found.severity is not Severity.INFO]}
        )
        for name, result in results.items()
    }
    complained = {name: result for name, result in serious.items() if result.findings}
    return render(complained) if complained else Text("The linter has nothing against any of the candidates.")


def render_proposals(proposals: Proposals) -> RenderableType:
    """What is compared as nobody has said anything else, with the reasons."""
    lines: list[RenderableType] = [Text("No candidate was named, so these are proposed:", style="bold")]
    for each in proposals.candidates:
        settings = ", ".join(f"{name}={value}" for name, value in each.spec.items())
        lines += [Text(f"  {each.name}: {settings}"), Padding(Text(each.reason), (0, 0, 0, 4))]
    for name, reason in proposals.left_out:
        lines += [Text(f"  not {name}:"), Padding(Text(reason), (0, 0, 0, 4))]
    return Group(*lines)
