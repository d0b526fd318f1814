"""What rounds come to: medians and ratios of the same round; a report of it in three forms."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from lambda_image.bench.client import loopback, report
from lambda_image.bench.client.contestant import event
from lambda_image.bench.client.counters import _accounting
from lambda_image.bench.client.figures import SIZES, Sample, medians, ratios, size_name
from lambda_image.errors import MachineError
from lambda_image.sandbox.spec import SandboxSpec, Surroundings, container_config


def sample(image: str, number: int, value: float, key: str = "image_start_ms") -> Sample:
    return Sample(image=image, round=number, key=key, value=value)


SAMPLES = [
    *(sample("a", 0, value) for value in (10, 12, 90)),
    sample("a", 1, 20),
    sample("b", 0, 6),
    sample("b", 1, 5),
    sample("b", 1, 7, key="rss_idle_mb"),
]


def test_a_round_counts_by_its_median_and_the_figure_by_that_of_the_rounds() -> None:
    found = medians(SAMPLES)["a", "image_start_ms"]
    assert (found.lowest, found.median, found.highest) == (12, 16, 20)


def test_a_ratio_is_of_values_of_one_round() -> None:
    found = ratios(SAMPLES, "a")["b", "image_start_ms"]
    assert (found.lowest, found.highest) == (0.25, 0.5)


def test_there_is_no_ratio_without_a_baseline_and_none_to_itself() -> None:
    assert set(ratios(SAMPLES, "a")) == {("b", "image_start_ms")}


@pytest.mark.parametrize("size", [27, *SIZES])
def test_an_event_is_json_of_exactly_that_size(size: int) -> None:
    assert len(event(size)) == size
    assert set(json.loads(event(size))) == {"hello", "pad"}


def test_sizes_are_named_as_people_do() -> None:
    assert [size_name(size) for size in SIZES] == ["100 B", "100 KB", "1 MB", "6 MB"]


def test_three_reports_of_one_result() -> None:
    """Names of images are texts of somebody else: the chart stays XML whatever they hold."""
    images = ("a", 'b<&">')
    samples = [Sample(image=images[one.image == "b"], round=one.round, key=one.key, value=one.value) for one in SAMPLES]
    found = report.result(images, "a", SIZES, samples)
    assert "0.38 [0.25-0.50]" in report.text(found)
    data = json.loads(report.to_json(found))
    assert data["images"][images[1]]["image_start_ms"]["ratio"]["median"] == 0.375
    assert data["schema_version"] == report.SCHEMA_VERSION
    chart = ET.fromstring(report.chart(found))
    assert images[1] in [one.text for one in chart.iter("{http://www.w3.org/2000/svg}text")]


MOUNTS = """\
30 24 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
"""


def test_both_versions_of_cgroups_are_read() -> None:
    first = _accounting("4:cpu,cpuacct:/docker/abc\n0::/docker/abc\n", MOUNTS)
    second = _accounting("0::/system.slice/docker-abc.scope\n", MOUNTS)
    assert first == ("/sys/fs/cgroup/cpu,cpuacct/docker/abc", "cpuacct.usage", 1e-9)
    assert second == ("/sys/fs/cgroup/unified/system.slice/docker-abc.scope", "cpu.stat", 1e-6)


def test_a_network_that_cannot_be_entered_is_told_with_what_to_do() -> None:
    with pytest.raises(MachineError, match="cannot be entered: No such file or directory") as caught:
        loopback.listen(2**22 + 1)  # more than a number of a process can be
    assert "as root on the engine's own machine" in (caught.value.hint or "")


def test_a_sandbox_in_another_s_network_has_no_names_of_its_own() -> None:
    """The engine refuses both together."""
    around = Surroundings(labels={}, tmp_volume="tmp", network="run", hosts={"api": "10.0.0.1"})
    own = container_config(SandboxSpec(image="i"), around)["HostConfig"]
    shared = container_config(SandboxSpec(image="i", network_of="abc"), around)["HostConfig"]
    assert isinstance(own, dict)
    assert isinstance(shared, dict)
    assert (own["NetworkMode"], own["ExtraHosts"]) == ("run", ["api:10.0.0.1"])
    assert (shared["NetworkMode"], shared["ExtraHosts"]) == ("container:abc", [])
