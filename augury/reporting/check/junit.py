"""A check as JUnit XML, the dialect that Jenkins, GitLab and GitHub's actions read: a test case for each candidate."""

from __future__ import annotations

from xml.etree import ElementTree

from api_schemas.reports.report import CandidateReport, Report, Verdict
from augury.reporting import formatting
from augury.reporting.check.check import Check
from augury.reporting.contents import causes_of, trained_trials
from augury.wording import shortened

MAX_TEXT_LENGTH = 2_000
_PASSED = (Verdict.HELPS, Verdict.EQUIVALENT)
_SUITE = "augury"
_CLASS = "augury.comparison"


def render_junit(check: Check) -> str:
    """The document.

    A candidate that fails the check is a ``failure``; one without any result is an ``error``; one that hurts or is
    undecided and does not fail it is ``skipped``, so that *passed* always means helps, or makes no difference. Where
    the job itself did not succeed, one more test case, ``job``, is an ``error`` and says why.
    """
    suite = ElementTree.Element("testsuite", name=_name(check.report))
    if check.report is not None:
        suite.set("timestamp", check.report.created_at[:19])
    suite.append(_properties(check))
    if check.problem:
        _add(ElementTree.SubElement(suite, "testcase", classname=_CLASS, name="job"), "error", "job", check.problem)
    for candidate in check.candidates:
        suite.append(_case(check, candidate))
    _count(suite)
    root = ElementTree.Element("testsuites", {**suite.attrib, "name": _SUITE})
    root.attrib.pop("timestamp", None)
    root.attrib.pop("skipped")
    root.append(suite)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _name(report: Report | None) -> str:
    return _SUITE if report is None else f"{_SUITE}: {formatting.dataset_name(report)}"


def _properties(check: Check) -> ElementTree.Element:
    named = {"job": check.job_id, "fail_on": check.fail_on.value, "outcome": check.outcome.value, "page": check.link}
    if check.gravest_verdict is not None:
        named["verdict"] = check.gravest_verdict.value
    if check.report is not None:
        named |= {
            "metric": check.report.method.metric,
            "confidence": f"{check.report.method.confidence:g}",
            "trials_trained": str(trained_trials(check.report.cost)),
            "trials_reused": str(check.report.cost.trials_reused),
        }
    properties = ElementTree.Element("properties")
    for name, value in named.items():
        if value:
            ElementTree.SubElement(properties, "property", name=name, value=_text(value))
    return properties


def _case(check: Check, candidate: CandidateReport) -> ElementTree.Element:
    assert check.report is not None  # which it is a candidate of
    case = ElementTree.Element("testcase", classname=_CLASS, name=_text(candidate.name))
    case.set("time", f"{_seconds(check.report, candidate.arm):.3f}")
    message = f"{candidate.verdict.value}: {formatting.difference_in_full(candidate.difference)}"
    told = "\n".join([candidate.sentence, *(cause.text for cause in causes_of(candidate))])
    if candidate.difference is None and check.problem:
        _add(case, "error", "no-result", message, told)
    elif check.fails(candidate):
        _add(case, "failure", candidate.verdict.value, message, told)
    elif candidate.verdict not in _PASSED:
        ElementTree.SubElement(case, "skipped", message=_text(message))
    ElementTree.SubElement(case, "system-out").text = _text(f"{message}\n{told}")
    return case


def _add(case: ElementTree.Element, tag: str, kind: str, message: str, told: str = "") -> None:
    found = ElementTree.SubElement(case, tag, type=kind, message=_text(message))
    found.text = _text(told or message)


def _seconds(report: Report, arm_name: str) -> float:
    """That the job itself trained the arm for."""
    arms = (arm for arm in report.arms if arm.name == arm_name)
    return sum(seed.seconds for arm in arms for seed in arm.per_seed if not seed.reused)


def _count(suite: ElementTree.Element) -> None:
    """Say of the suite how many cases it has, and how many of each kind."""
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(plural, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")


def _text(text: str) -> str:
    """*text* without what XML has no way to say, such as control characters; the writer escapes the rest."""
    return shortened(formatting.visible(text), MAX_TEXT_LENGTH)
