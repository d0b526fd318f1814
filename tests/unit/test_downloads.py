"""Files of upstreams' hosts, from a real server with TLS and from folders: whole, checked, resumed, never half."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from engine.tls import Authority
from lambda_image import build, runtime_source
from lambda_image import catalog as catalogs
from lambda_image.catalog import Catalog, Download
from lambda_image.downloads import Downloads
from lambda_image.errors import ChecksFailed, MachineError
from lambda_image.mirrors import Mirrors
from lambda_image.plan import ImagePlan, Selection, plans
from lambda_image.progress import Silent
from lambda_image.render import downloads as downloads_of
from lambda_image.settings import Settings

BYTES = bytes(range(256)) * 40_000
SHA256 = hashlib.sha256(BYTES).hexdigest()
FILE = Download(url="https://upstream.example/dist/v1/x-1%2B2.tar.gz", sha256=SHA256)
NAME = "x-1%2B2.tar.gz"


class Server(BaseHTTPRequestHandler):
    """Gives BYTES; the first answers break off after that many bytes of them."""

    asked: ClassVar[list[tuple[str, str]]] = []
    breaks: ClassVar[list[int]] = []
    content = BYTES
    ranges = True
    heads = 200

    def do_HEAD(self) -> None:
        self.send_response(Server.heads if self.path.endswith(NAME) else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        Server.asked.append((self.path, wanted))
        if not self.path.endswith(NAME):
            self.send_error(404)
            return
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and Server.ranges else 0
        if begin >= len(Server.content):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(Server.content) - begin))
        self.end_headers()
        broken = Server.breaks.pop(0) if Server.breaks else None
        self.wfile.write(Server.content[begin:][:broken])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"), "company")


@pytest.fixture(scope="module")
def address(authority: Authority) -> Iterator[str]:
    with authority.serving("127.0.0.1", Server) as found:
        yield found


@pytest.fixture
def server(address: str) -> str:
    Server.asked, Server.breaks, Server.content, Server.ranges = [], [], BYTES, True
    Server.heads = 200
    return address


@pytest.fixture
def bundle(authority: Authority, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_bytes(authority.certificate)
    return path


def through(target: str, cache: Path, bundle: Path | None = None) -> Downloads:
    cache.mkdir(exist_ok=True)
    return Downloads(mirrors=Mirrors({"https://upstream.example/dist/": target}), ca_bundle=bundle, cache=cache)


def test_a_file_comes_from_its_mirror_once(server: str, bundle: Path, tmp_path: Path) -> None:
    source = through(f"{server}node/", tmp_path / "cache", bundle)
    path = source.get(FILE, Silent())
    assert path.read_bytes() == BYTES
    assert source.get(FILE, Silent()) == path
    assert Server.asked == [(f"/node/v1/{NAME}", "")]


def test_a_mirror_that_nobody_vouches_for_is_not_believed(server: str, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="certificate"):
        through(server, tmp_path / "cache").get(FILE, Silent())


def test_a_download_that_breaks_off_goes_on_where_it_was(server: str, bundle: Path, tmp_path: Path) -> None:
    Server.breaks = [300_000, 5_000_000]
    assert through(server, tmp_path / "cache", bundle).get(FILE, Silent()).read_bytes() == BYTES
    assert [wanted for _, wanted in Server.asked] == ["", "bytes=300000-", "bytes=5300000-"]


def test_one_that_breaks_off_for_good_leaves_what_has_come_to_the_next_run(
    server: str, bundle: Path, tmp_path: Path
) -> None:
    source = through(server, tmp_path / "cache", bundle)
    Server.breaks = [1_000, 1_000, 1_000]
    with pytest.raises(MachineError, match="broke after 3000 of"):
        source.get(FILE, Silent())
    Server.asked = []
    assert source.get(FILE, Silent()).read_bytes() == BYTES
    assert Server.asked == [(f"/v1/{NAME}", "bytes=3000-")]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_beginning_of_another_file_is_thrown_away(server: str, bundle: Path, tmp_path: Path, ranges: bool) -> None:
    Server.ranges = ranges
    source = through(server, tmp_path / "cache", bundle)
    for beginning in (b"something else", b"x" * (len(BYTES) + 5)):
        (tmp_path / "cache" / f"sha256-{SHA256}").unlink(missing_ok=True)
        (tmp_path / "cache" / f"sha256-{SHA256}.partial").write_bytes(beginning)
        assert source.get(FILE, Silent()).read_bytes() == BYTES


def test_other_bytes_are_refused_by_their_checksum_and_not_kept(server: str, bundle: Path, tmp_path: Path) -> None:
    Server.content = BYTES[:-1] + b"!"
    source = through(server, tmp_path / "cache", bundle)
    with pytest.raises(ChecksFailed, match=f"not the file that is pinned.*not {SHA256}"):
        source.get(FILE, Silent())
    Server.content = BYTES
    assert source.get(FILE, Silent()).read_bytes() == BYTES


def test_what_was_kept_and_has_changed_is_fetched_anew(server: str, bundle: Path, tmp_path: Path) -> None:
    source = through(server, tmp_path / "cache", bundle)
    source.get(FILE, Silent()).write_bytes(b"changed")
    assert source.get(FILE, Silent()).read_bytes() == BYTES


def test_two_that_want_the_same_file_fetch_it_once(server: str, bundle: Path, tmp_path: Path) -> None:
    source = through(server, tmp_path / "cache", bundle)
    threads = [threading.Thread(target=source.get, args=(FILE, Silent())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Server.asked) == 1


def test_a_mirror_without_the_file_is_told_with_both_addresses(server: str, bundle: Path, tmp_path: Path) -> None:
    other = FILE.model_copy(update={"url": "https://upstream.example/dist/none"})
    with pytest.raises(MachineError) as caught:
        through(server, tmp_path / "cache", bundle).get(other, Silent())
    assert f"https://upstream.example/dist/none cannot be fetched through its mirror {server}none: HTTP status 404" in (
        caught.value.message
    )


class TestFolders:
    @pytest.mark.parametrize("name", [NAME, "x-1+2.tar.gz"])
    def test_a_file_is_taken_from_where_it_lies(self, tmp_path: Path, name: str) -> None:
        """Whether its name there has the address's escapes or not."""
        (tmp_path / "v1").mkdir()
        (tmp_path / "v1" / name).write_bytes(BYTES)
        source = through(f"file://{tmp_path}/", tmp_path / "cache")
        assert source.get(FILE, Silent()) == tmp_path / "v1" / name

    def test_other_bytes_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "v1").mkdir()
        (tmp_path / "v1" / NAME).write_bytes(b"other")
        with pytest.raises(ChecksFailed, match="not the file that is pinned"):
            through(f"file://{tmp_path}/", tmp_path / "cache").get(FILE, Silent())

    def test_one_that_is_not_there_is_told_with_the_folder_that_is(self, tmp_path: Path) -> None:
        with pytest.raises(MachineError, match=f"there is no v1/.* in {tmp_path}"):
            through(f"file://{tmp_path}/", tmp_path / "cache").get(FILE, Silent())


class TestPlans:
    """Node.js of nodejs.org, of other bytes: its checksum in the catalog is that of BYTES."""

    @pytest.fixture
    def catalog(self) -> Catalog:
        from dataclasses import replace

        found = catalogs.load()
        node = found.languages["nodejs"]
        file = Download(url=f"https://upstream.example/dist/v1/{NAME}", sha256=SHA256)
        versions = [
            version.model_copy(
                update={
                    "archive": tuple(
                        one.model_copy(update={"files": dict.fromkeys(one.files, file)}) for one in version.archive
                    )
                }
            )
            for version in node.version
        ]
        return replace(
            found,
            languages={**found.languages, "nodejs": node.model_copy(update={"version": tuple(versions)})},
        )

    @pytest.fixture
    def plan(self, catalog: Catalog) -> ImagePlan:
        words = {"versions": ("24",), "distros": ("debian-13",), "platforms": ("linux/amd64",)}
        (found,) = plans(catalog, Selection(languages=("nodejs",), **words))
        return found

    def test_one_whose_file_a_mirror_has_is_built_from_it(
        self, catalog: Catalog, plan: ImagePlan, tmp_path: Path
    ) -> None:
        (tmp_path / "v1").mkdir()
        (tmp_path / "v1" / NAME).write_bytes(BYTES)
        settings = Settings(mirrors={"https://upstream.example/dist": f"file://{tmp_path}"})
        assert runtime_source.with_reachable_runtime(plan, settings, Silent(), catalog=catalog) == plan
        found = build.at_hand(plan, settings, Silent(), catalog)
        assert found.downloads == {f"sha256:{SHA256}": tmp_path / "v1" / NAME}
        assert not found.offline

    def test_one_whose_file_no_mirror_has_fetches_it_in_its_build(self, catalog: Catalog, plan: ImagePlan) -> None:
        settings = Settings(mirrors={"https://upstream.example/other": "file:///media"})
        assert build.at_hand(plan, settings, Silent(), catalog).placed == {}

    def test_a_mirror_that_lacks_it_ends_the_build_before_it_begins(
        self, catalog: Catalog, plan: ImagePlan, tmp_path: Path
    ) -> None:
        settings = Settings(mirrors={"https://upstream.example/dist": f"file://{tmp_path}"})
        with pytest.raises(MachineError) as caught:
            runtime_source.with_reachable_runtime(plan, settings, Silent(), catalog=catalog)
        assert f"its mirror file://{tmp_path}/v1/{NAME}: there is no v1/" in caught.value.message

    def test_a_mirror_on_the_web_is_asked_in_the_place_of_the_host(
        self, catalog: Catalog, plan: ImagePlan, server: str, bundle: Path
    ) -> None:
        settings = Settings(mirrors={"https://upstream.example/dist": server}, ca_bundle=bundle)
        assert runtime_source.with_reachable_runtime(plan, settings, Silent(), catalog=catalog) == plan
        assert urlsplit(server).hostname == "127.0.0.1"

    def test_a_mirror_that_answers_no_heads_is_taken_to_have_it(
        self, catalog: Catalog, plan: ImagePlan, server: str, bundle: Path
    ) -> None:
        Server.heads = 405
        settings = Settings(mirrors={"https://upstream.example/dist": f"{server}405"}, ca_bundle=bundle)
        assert runtime_source.with_reachable_runtime(plan, settings, Silent(), catalog=catalog) == plan

    def test_every_address_of_the_catalog_is_known_to_the_plan_that_fetches_it(self) -> None:
        found = catalogs.load()
        words = {"distros": ("al2",), "platforms": ("linux/amd64",)}
        (plan,) = plans(found, Selection(languages=("go",), **words))
        names = {one.url.rpartition("/")[2] for one in downloads_of(plan, found) if isinstance(one, Download)}
        assert names == {"aws-lambda-rie-x86_64", "go1.26.7.linux-amd64.tar.gz"}
