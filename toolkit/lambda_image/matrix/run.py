"""Builds and judges many images: while one is judged, which waits for containers, the next are built, which waits for
networks and disks. One that fails is a row that says so; the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_image import judgement
from lambda_image.build import BuiltImage, build
from lambda_image.conformance.finding import Outcome
from lambda_image.conformance.lab import Depth
from lambda_image.conformance.options import SuiteOptions
from lambda_image.conformance.verdict import Verdict
from lambda_image.errors import BuildFailed, Interrupted, LambdaImageError
from lambda_image.matrix.row import LayerSize, Row, commit, read, today, write
from lambda_image.plan import ImagePlan, builders

if TYPE_CHECKING:
    from lambda_image.catalog import Catalog
    from lambda_image.engine import Engine
    from lambda_image.settings import Settings

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a run needs. `judged` off: images are built alone. `result` keeps rows between runs."""

    engine: Engine
    catalog: Catalog
    settings: Settings
    say: Say
    depth: Depth = Depth.QUICK
    strict: bool = False
    judged: bool = True
    jobs: int = 2
    result: Path | None = None


def run(work: Work, plans: Sequence[ImagePlan]) -> tuple[Row, ...]:
    """The rows of these plans, in their order. Rows of other plans in the result's file stay."""
    kept = read(work.result)
    rows: list[Row] = []
    with judgement.interruptible():
        for row in _rows(work, plans, kept):
            kept[row.plan] = row
            write(work.result, kept.values())
            rows.append(row)
            work.say(f"{len(rows)}/{len(plans)} {row.image}: {_in_words(row)}")
    return tuple(rows)


def _rows(work: Work, plans: Sequence[ImagePlan], kept: Mapping[str, Row]) -> Iterator[Row]:
    executor = ThreadPoolExecutor(work.jobs, thread_name_prefix="build")
    try:
        wanted = [plan for plan in plans if not _skipped(plan)]
        # What compiles functions comes first: what it compiles for cannot be judged without it.
        needed = builders(work.catalog, wanted)
        order = sorted(dict.fromkeys((*needed, *wanted)), key=lambda plan: plan not in needed)
        futures = {plan: executor.submit(_built, work, plan) for plan in order}
        for plan in plans:
            if why := _skipped(plan):
                yield _of(plan, skipped=why)
                continue
            for builder in builders(work.catalog, [plan]):
                futures[builder].exception()
            yield _row(work, plan, futures[plan], kept.get(plan.id))
    except (Interrupted, KeyboardInterrupt):
        work.engine.builds.end()  # else the program would wait for them
        raise
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _skipped(plan: ImagePlan) -> str:
    """Why it is not tried: its client, its runtime or its distribution is not to be had where this project is
    developed, and nothing stands in for it."""
    return plan.not_exercised or ("" if plan.fallback else plan.not_run)


def _built(work: Work, plan: ImagePlan) -> BuiltImage:
    image = build(plan, work.engine, work.settings, catalog=work.catalog)
    if not image.reused:
        work.say(f"      {plan.id}: built in {image.seconds:.0f} s")
    return image


def _row(work: Work, plan: ImagePlan, future: Future[BuiltImage], before: Row | None) -> Row:
    try:
        built = future.result()
    except BuildFailed as error:
        return _of(plan, problem=f"{error.message}\n{error.log[-2000:]}".strip())
    except LambdaImageError as error:
        return _of(plan, problem=error.message)
    row = _of(
        plan,
        # Where something stands in for what cannot be reached, it is another image than the one asked for.
        image=built.reference,
        stand_in=built.stand_in,
        config_digest=built.config_digest,
        root=built.origin,
        size=built.size,
        compressed=built.compressed,
        # Of the build that made it: to find it unchanged takes no time.
        build_seconds=before.build_seconds
        if built.reused and before is not None and before.config_digest == built.config_digest
        else built.seconds,
        layers=tuple(
            LayerSize(digest=layer.diff_id, size=layer.size_compressed)
            for layer in work.engine.image(built.reference).layers
        ),
    )
    return _judged(work, row) if work.judged else row


def _of(plan: ImagePlan, **facts: object) -> Row:
    row = Row(plan=plan.id, image=plan.tags[0], client=plan.client, stand_in=plan.stand_in)
    return replace(row, commit=commit(), date=today(), **facts)  # type: ignore[arg-type]


def _judged(work: Work, row: Row) -> Row:
    options = SuiteOptions(images=(row.image,), depth=work.depth, strict=work.strict)
    begun = time.monotonic()
    try:
        report, remembered = judgement.judge(options, work.engine, work.catalog, fresh=False, say=lambda _: None)
    except Interrupted:
        raise  # it says nothing of the image, whose row of before stays
    except LambdaImageError as error:
        return replace(row, problem=error.message)
    seconds = report.seconds if remembered else time.monotonic() - begun
    (image,) = report.images
    claimed = [one for one in image.verdicts if one.verdict is not Verdict.NOT_CLAIMED]
    return replace(
        row,
        depth=report.depth,
        judge_seconds=seconds,
        verdicts={one.profile.value: one.verdict.value for one in claimed},
        waived={one.profile.value: count for one in claimed if (count := one.counts.get(Outcome.WAIVED, 0))},
    )


def _in_words(row: Row) -> str:
    if row.skipped or row.problem:
        return f"not exercised: {row.skipped}" if row.skipped else row.problem.splitlines()[0]
    return ", ".join(f"{profile} {verdict}" for profile, verdict in row.verdicts.items()) or "built"
