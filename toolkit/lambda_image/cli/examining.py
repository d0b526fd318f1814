"""`lint` and `doctor`: an image that is not run, and the machine."""

from __future__ import annotations

from typing import Annotated

import typer
from lambda_image.cli.options import Format


def lint(
    references: Annotated[
        list[str],
        typer.Argument(
            help="IMAGE of the engine, registry:HOST/NAME:TAG, oci-archive:FILE, oci-dir:DIR, docker-archive:FILE.",
            metavar="REFERENCE…",
        ),
    ],
    platform: Annotated[str, typer.Option("--platform", help="Which image of an index, e.g. linux/arm64.")] = "",
    output: Format = "text",
) -> None:
    """Check images for what Docker takes and Lambda refuses, without running them."""
    from lambda_image import image_rules

    reports = []
    for reference in references:
        report = image_rules.lint(image_rules.read(reference, platform=platform))
        reports.append(report)
        if output == "text":
            typer.echo(image_rules.text([report]))
    if output == "json":
        typer.echo(image_rules.to_json(reports))
    if not all(report.ok for report in reports):
        raise typer.Exit(1)


def doctor(output: Format = "text") -> None:
    """Check the machine: engine, store, BuildKit, sandbox route, registries, disk, certificates."""
    import json
    from dataclasses import asdict

    from lambda_image.doctor import examine

    checks = []
    for check in examine():
        checks.append(check)
        if output == "text":
            typer.echo(f"{check.status:<5} {check.name:<18} {check.found}")
            if check.advice:
                typer.echo(f"{'':<24} {check.advice}")
    if output == "json":
        typer.echo(json.dumps({"schema_version": 1, "checks": [asdict(check) for check in checks]}, indent=1))
    if any(check.status == "fail" for check in checks):
        raise typer.Exit(3)
