"""The program: words become values, a capability is called, its result is printed. Nothing else.

Every command imports what it needs when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from lambda_image import __version__
from lambda_image.errors import BuildFailed, Interrupted, LambdaImageError

if TYPE_CHECKING:
    from lambda_image.build import BuiltImage
    from lambda_image.catalog import Catalog
    from lambda_image.plan import ImagePlan
    from lambda_image.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Build, verify and publish custom AWS Lambda base images.",
)
bench = typer.Typer(no_args_is_help=True, help="Measure, side by side in one run.")
dev = typer.Typer(no_args_is_help=True, help="For those who work on the toolkit itself.")
app.add_typer(bench, name="bench")
app.add_typer(dev, name="dev")

Languages = Annotated[list[str] | None, typer.Argument(help="Languages; globs are allowed.", metavar="[LANGUAGE]…")]
Versions = Annotated[list[str] | None, typer.Option("--version", help="Language version, e.g. 3.13.")]
Distros = Annotated[list[str] | None, typer.Option("--distro", help="Distribution, e.g. debian-13.")]
Variants = Annotated[list[str] | None, typer.Option("--variant", help="standard, slim or build.")]
Clients = Annotated[list[str] | None, typer.Option("--client", help="official, builtin or auto.")]
Platforms = Annotated[list[str] | None, typer.Option("--platform", help="linux/amd64 or linux/arm64.")]
CaBundle = Annotated[
    Path | None,
    typer.Option("--ca-bundle", help="PEM file that the build trusts; it leaves no trace in the image."),
]
NoEmulator = Annotated[
    bool | None, typer.Option("--emulator/--no-emulator", help="Embed AWS's emulator, or leave it out.")
]
RootOption = Annotated[
    Literal["auto", "image", "bootstrap"] | None,
    typer.Option("--root", help="Where the root comes from: registry, made here, or what answers."),
]
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="What standard output gets.")]
Depths = Annotated[
    Literal["quick", "full", "long"], typer.Option("--depth", help="quick shortens holds to a few seconds.")
]
ReportOption = Annotated[
    list[str] | None, typer.Option("--report", metavar="FORMAT=PATH", help="json, junit or text; repeatable.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Do not use what is remembered.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lambda-image {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    _version_option: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _chosen(
    settings: Settings,
    languages: list[str] | None,
    versions: list[str] | None,
    distros: list[str] | None,
    variants: list[str] | None,
    clients: list[str] | None,
    platforms: list[str] | None,
) -> tuple[Catalog, tuple[ImagePlan, ...]]:
    from lambda_image import catalog as catalogs
    from lambda_image.plan import Selection, plans

    catalog = catalogs.load(settings.roots)
    selection = Selection(
        languages=tuple(languages or ()),
        versions=tuple(versions or ()),
        distros=tuple(distros or ()),
        variants=tuple(variants or ()),
        clients=tuple(clients or ()),
        platforms=tuple(platforms or ()),
        emulator=settings.emulator,
    )
    return catalog, plans(catalog, selection, certificates=settings.image_certificates())


@app.command("list")
def list_(output: Format = "text") -> None:
    """List languages, versions, distributions and clients, with their ends of support and where each entry is from."""
    from lambda_image import catalog as catalogs
    from lambda_image import settings
    from lambda_image.listing import listing, listing_json

    catalog = catalogs.load(settings.load().roots)
    typer.echo(listing_json(catalog) if output == "json" else listing(catalog))


@app.command()
def plan(
    languages: Languages = None,
    versions: Versions = None,
    distros: Distros = None,
    variants: Variants = None,
    clients: Clients = None,
    platforms: Platforms = None,
    output: Format = "text",
) -> None:
    """Show which images a selection means, without building anything."""
    from lambda_image import settings
    from lambda_image.listing import plan_json, plan_line

    _, plans = _chosen(settings.load(), languages, versions, distros, variants, clients, platforms)
    typer.echo(plan_json(plans) if output == "json" else "\n".join(plan_line(one) for one in plans))


@app.command()
def render(
    languages: Languages = None,
    versions: Versions = None,
    distros: Distros = None,
    variants: Variants = None,
    clients: Clients = None,
    platforms: Platforms = None,
    folder: Annotated[Path | None, typer.Option("--output", "-o", help="Write the build context there.")] = None,
) -> None:
    """Print the Dockerfile of an image, or write its whole build context, which a bare `docker build` builds."""
    from lambda_image import settings
    from lambda_image.errors import UsageError
    from lambda_image.render import render as render_plan

    catalog, plans = _chosen(settings.load(), languages, versions, distros, variants, clients, platforms)
    if folder is None and len(plans) > 1:
        raise UsageError(
            f"the selection means {len(plans)} images, and standard output takes one Dockerfile",
            hint="select one, or write all with --output FOLDER",
        )
    for one in plans:
        context = render_plan(one, catalog)
        if folder is None:
            typer.echo(context.files["Dockerfile"].content.decode(), nl=False)
        else:
            target = folder / one.id if len(plans) > 1 else folder
            try:
                context.write(target)
            except OSError as error:
                raise UsageError(f"cannot write the build context to {target}: {error.strerror}") from None
            typer.echo(str(target))


@app.command()
def build(
    languages: Languages = None,
    versions: Versions = None,
    distros: Distros = None,
    variants: Variants = None,
    clients: Clients = None,
    platforms: Platforms = None,
    ca_bundle: CaBundle = None,
    emulator: NoEmulator = None,
    root: RootOption = None,
    test: Annotated[bool, typer.Option("--test", help="Judge each image afterwards, quickly.")] = False,
    fresh: Fresh = False,
    fresh_root: Annotated[bool, typer.Option("--fresh-root", help="Ask the registry, or make the root, anew.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Build every step anew.")] = False,
    depth: Annotated[
        Literal["quick", "full", "long"], typer.Option("--depth", help="Of --test: quick shortens holds.")
    ] = "quick",
    reports: ReportOption = None,
    output: Format = "text",
) -> None:
    """Build images; with --test, judge them too."""
    from lambda_image import settings as all_settings
    from lambda_image.build import build as build_plan
    from lambda_image.engine import Engine
    from lambda_image.listing import built_json, built_line
    from lambda_image.plan import builders
    from lambda_image.progress import make as make_progress

    settings = all_settings.load(options={"ca_bundle": ca_bundle, "emulator": emulator, "root": root})
    catalog, plans = _chosen(settings, languages, versions, distros, variants, clients, platforms)
    built: list[BuiltImage] = []
    with Engine.connect() as engine:
        for one in plans:
            image = build_plan(
                one, engine, settings, make_progress(), catalog=catalog, fresh=fresh_root, no_cache=no_cache
            )
            built.append(image)
            if output == "text":
                typer.echo(built_line(image))
        for one in builders(catalog, plans) if test else ():
            build_plan(one, engine, settings, make_progress(), catalog=catalog)
    if output == "json":
        typer.echo(built_json(built))
    if test:
        _judge([image.reference for image in built], catalog, depth=depth, fresh=fresh, reports=reports)


@app.command("test")
def judge_images(
    images: Annotated[list[str], typer.Argument(help="Images of the engine, by reference.", metavar="IMAGE…")],
    handlers: Annotated[
        Path | None,
        typer.Option("--handlers", help="Folder with the handler contract in the image's language."),
    ] = None,
    profiles: Annotated[
        list[str] | None, typer.Option("--profile", help="Instead of the profiles that the image claims.")
    ] = None,
    depth: Depths = "full",
    quick: Annotated[bool, typer.Option("--quick", help="The same as --depth quick.")] = False,
    long: Annotated[bool, typer.Option("--long", help="The same as --depth long.")] = False,
    only: Annotated[list[str] | None, typer.Option("--only", help="Requirements or cases; globs are allowed.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="A SHOULD that is not met fails.")] = False,
    waivers: Annotated[Path | None, typer.Option("--waivers", help="TOML: requirement, reason, expires.")] = None,
    requirements: Annotated[str | None, typer.Option("--requirements", help="A released set, e.g. 2026.12.")] = None,
    reports: ReportOption = None,
    fresh: Fresh = False,
    output: Format = "text",
) -> None:
    """Judge images by the conformance suite."""
    from lambda_image import catalog as catalogs
    from lambda_image import settings

    _judge(
        images,
        catalogs.load(settings.load().roots),
        depth="quick" if quick else "long" if long else depth,
        fresh=fresh,
        reports=reports,
        handlers=handlers,
        profiles=profiles,
        only=only,
        strict=strict,
        waivers=waivers,
        requirements=requirements,
        output=output,
    )


def _judge(
    images: list[str],
    catalog: Catalog,
    *,
    depth: str,
    fresh: bool,
    reports: list[str] | None = None,
    handlers: Path | None = None,
    profiles: list[str] | None = None,
    only: list[str] | None = None,
    strict: bool = False,
    waivers: Path | None = None,
    requirements: str | None = None,
    output: str = "text",
) -> None:
    from lambda_image import judgement
    from lambda_image.conformance.lab import Depth
    from lambda_image.conformance.options import SuiteOptions
    from lambda_image.conformance.report import write
    from lambda_image.conformance.report.text import text, verdict_line
    from lambda_image.conformance.report.write import check_writable, parse
    from lambda_image.conformance.requirement import CURRENT_SET
    from lambda_image.engine import Engine
    from lambda_image.progress import judging

    wanted = [parse(words) for words in reports or ()]
    for _, path in wanted:
        check_writable(path)
    options = SuiteOptions(
        images=tuple(images),
        handlers=handlers,
        profiles=tuple(profiles or ()),
        depth=Depth(depth),
        strict=strict,
        waivers=waivers,
        requirements=requirements or CURRENT_SET,
        only=tuple(only or ()),
    )
    with Engine.connect() as engine:
        report, remembered = judgement.judge(options, engine, catalog, fresh=fresh, say=judging())
    for kind, path in wanted:
        write(report, kind, path)
    typer.echo(report.to_json() if output == "json" else text(report), nl=output == "json")
    for image in report.images:
        note = " (remembered; --fresh judges anew)" if remembered else ""
        typer.echo(f"{image.reference}: {verdict_line(report, image)}{note}", err=output == "json")
    code = judgement.exit_code(report)
    if code:
        raise typer.Exit(code)


@app.command()
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


@app.command("test-server")
def serve_runtime_api(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port of the Runtime API; 0 takes a free one.")] = 9001,
    invoke_port: Annotated[
        int, typer.Option("--invoke-port", help="Port of the Invoke API; 0 takes a free one.")
    ] = 9000,
) -> None:
    """Serve a Runtime API for a runtime under development, and Lambda's Invoke API to call it."""
    from lambda_image.test_server import serve

    serve(host, port, invoke_port, say=lambda line: typer.echo(line))


@app.command()
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


@bench.command("server")
def bench_server(
    image: Annotated[str | None, typer.Option("--image", help="A Python image with AWS's client and emulator.")] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1)] = 5,
    invocations: Annotated[int, typer.Option("--invocations", min=10)] = 2000,
    output: Format = "text",
) -> None:
    """Sequential invocations to one awslambdaric process: our server against AWS's emulator, interleaved."""
    from lambda_image.bench.server import command

    typer.echo(command(image, rounds=rounds, invocations=invocations, output=output))


@dev.command("check-suite")
def check_suite(
    mutants: Annotated[Path, typer.Option("--mutants", help="Folder of mutants.")] = Path("tests/mutants"),
    handlers: Annotated[
        Path | None, typer.Option("--handlers", help="Handlers of the reference; Python's by default.")
    ] = None,
    matrix: Annotated[
        Path | None, typer.Option("--matrix", help="Judge every mutant by every case; resumable; writes this JSON.")
    ] = None,
) -> None:
    """List requirements without case or mutant, cases without requirement, handlers that a language lacks."""
    from lambda_image import resources
    from lambda_image.conformance import matrix as matrices
    from lambda_image.conformance.completeness import problems
    from lambda_image.errors import ConfigurationError

    if not mutants.is_dir():
        raise ConfigurationError(f"no folder of mutants {mutants}", hint="run this in a checkout, or give --mutants")
    reference = handlers or resources.LANGUAGES / "python" / "handlers"
    found = dict.fromkeys([*problems(), *matrices.check(mutants, reference)])
    for line in found:
        typer.echo(line)
    if not found:
        typer.echo("every requirement has a case and a mutant, every case a requirement, every language its handlers")
    if matrix is not None:
        typer.echo(_matrix(mutants, reference, matrix))
    if found:
        raise typer.Exit(1)


def _matrix(mutants: Path, handlers: Path, result: Path) -> str:
    from lambda_image import settings as all_settings
    from lambda_image.build import build as build_plan
    from lambda_image.conformance import matrix as matrices
    from lambda_image.engine import Engine
    from lambda_image.progress import make as make_progress

    settings = all_settings.load()
    catalog, (plan_, *_) = _chosen(settings, ["python"], None, None, ["standard"], ["official"], None)
    with Engine.connect() as engine:
        base = build_plan(plan_, engine, settings, make_progress(), catalog=catalog).reference
        done = matrices.run(engine, mutants, handlers, base, result, lambda line: typer.echo(line, err=True))
    return f"{done['score']} written to {result}"


def main() -> None:
    """Runs the program; foreseen errors end it with their exit code and no traceback."""
    try:
        app(standalone_mode=True)
    except BuildFailed as error:
        if error.log:
            typer.echo(error.log.rstrip(), err=True)
        _end(error)
    except LambdaImageError as error:
        _end(error)
    except KeyboardInterrupt:
        _end(Interrupted("interrupted"))
    except Exception:  # noqa: BLE001 - a bug: all of it is shown, under a code that is no verdict
        traceback.print_exc()
        sys.exit(3)


def _end(error: LambdaImageError) -> None:
    typer.echo(f"lambda-image: {error.message}", err=True)
    if error.hint:
        typer.echo(f"  {error.hint}", err=True)
    sys.exit(error.exit_code)
