"""The report as JUnit XML: a suite an image, a case a requirement's case."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from lambda_image.conformance.finding import Finding, Outcome
from lambda_image.conformance.report.model import ImageReport, Report
from lambda_image.conformance.requirement import Requirements

# What XML 1.0 does not allow even as a character reference.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> str:
    """The report as JUnit XML."""
    root = ET.Element("testsuites", name="lambda-image", time=f"{report.seconds:.3f}")
    for image in report.images:
        root.append(_suite(report, image))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(report: Report, image: ImageReport) -> ET.Element:
    outcomes = [finding.outcome for finding in image.findings]
    failures = sum(1 for outcome in outcomes if outcome is Outcome.FAIL)
    errors = sum(1 for outcome in outcomes if outcome is Outcome.ERROR)
    skipped = sum(1 for outcome in outcomes if outcome not in {Outcome.PASS, Outcome.FAIL, Outcome.ERROR})
    suite = ET.Element(
        "testsuite",
        name=image.reference,
        tests=str(len(outcomes)),
        failures=str(failures),
        errors=str(errors),
        skipped=str(skipped),
        time=f"{image.seconds:.3f}",
        timestamp=report.begun,
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("config-digest", image.config_digest),
        ("requirements", report.requirements),
        ("depth", report.depth),
        *((f"verdict.{one.profile.value}", one.verdict.value) for one in image.verdicts),
    ):
        ET.SubElement(properties, "property", name=name, value=value)
    suite.extend(_case(finding, report.rows) for finding in image.findings)
    return suite


def _case(finding: Finding, rows: Requirements) -> ET.Element:
    row = rows[finding.requirement]
    case = ET.Element(
        "testcase",
        classname=f"{row.profile.value}.{row.id}",
        name=f"{row.id}/{finding.case}",
        time=f"{finding.seconds:.3f}",
    )
    message = finding.reason or f"expected {finding.expected}; got {finding.got}"
    if finding.outcome is Outcome.FAIL or finding.outcome is Outcome.ERROR:
        kind = "failure" if finding.outcome is Outcome.FAIL else "error"
        ET.SubElement(case, kind, message=_clean(message), type=row.level.value).text = _clean(
            f"{row.requires}\nsource: {row.source}\nsent: {finding.sent}\nexpected: {finding.expected}\n"
            f"got: {finding.got}\n" + "\n".join(finding.wire) + f"\n{finding.log}"
        )
    elif finding.outcome is not Outcome.PASS:
        ET.SubElement(case, "skipped", message=_clean(f"{finding.outcome.value}: {message}"))
    return case


def _clean(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
