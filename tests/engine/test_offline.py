"""A build without a network, from a folder that `fetch` filled: neither it nor the program that starts it has one."""

from __future__ import annotations

import filecmp
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from engine.images import CATALOG, plan, run
from lambda_image import build as building
from lambda_image import secrets, settings
from lambda_image.additions import Addition
from lambda_image.catalog import Catalog, Download
from lambda_image.catalog.models import Hash, Pin
from lambda_image.engine import Engine
from lambda_image.errors import BuildFailed
from lambda_image.fetching import Fetcher
from lambda_image.offline_folder import OfflineFolder
from lambda_image.plan import ImagePlan, Selection, plans
from lambda_image.progress import Silent
from lambda_image.render import render

pytestmark = pytest.mark.engine

TAG = "lambda-image/test:offline"
# In a namespace of its own: there is no route to anything, the engine's socket is a file.
ALONE = ("unshare", "--net", sys.executable, "-c")
BUILD = f"""
import sys
from dataclasses import replace
from pathlib import Path
from engine.images import CATALOG, plan
from lambda_image import settings
from lambda_image.build import build
from lambda_image.engine import Engine

with Engine.connect() as engine:
    small = replace(plan("slim", "builtin"), tags=("{TAG}",))
    given = settings.Settings(offline=Path(sys.argv[1]))
    built = build(small, engine, given, catalog=CATALOG, no_cache=True)
    print(built.context_digest, built.origin)
"""


@pytest.fixture(scope="module")
def small() -> ImagePlan:
    return replace(plan("slim", "builtin"), tags=(TAG,))


@pytest.fixture(scope="module")
def folder(engine: Engine, small: ImagePlan, tmp_path_factory: pytest.TempPathFactory) -> OfflineFolder:
    found = OfflineFolder(tmp_path_factory.mktemp("air"))
    found.prepare()
    fetcher = Fetcher(engine=engine, settings=settings.load(), catalog=CATALOG, progress=Silent(), folder=found)
    kept, was_there = fetcher.fetch(small)
    assert not was_there
    assert fetcher.fetch(small) == (kept, True)
    return found


@pytest.fixture(scope="module")
def alone(
    engine: Engine, folder: OfflineFolder, small: ImagePlan, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The image as it comes from there, every step of it built; how the build ended."""
    fresh = tmp_path_factory.mktemp("fresh")
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONPATH": ":".join(path for path in sys.path if path),
        "HOME": str(fresh),
        "LAMBDA_IMAGE_CACHE": str(fresh / "cache"),
        "DOCKER_HOST": engine.address.host,
        "https_proxy": "http://127.0.0.1:9",
    }
    command = [*ALONE, BUILD, str(folder.path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    yield done.stdout
    engine.remove_image(TAG)


def test_it_builds_where_there_is_no_network_at_all(
    engine: Engine, folder: OfflineFolder, small: ImagePlan, alone: str
) -> None:
    """From the root that was kept; and it is the context that a network would have built."""
    kept = folder.kept(small.id)
    assert alone.split() == [kept.context, kept.roots["debian-13"].origin]
    with engine.image_files(TAG) as files:
        status = files.read("/var/lib/dpkg/status").decode()
    assert "Package: python3.13\n" in status
    assert engine.image(TAG).config.labels["lambda-image.context"] == kept.context


def test_what_the_folder_lacks_is_fetched_from_nowhere(engine: Engine, folder: OfflineFolder, small: ImagePlan) -> None:
    """A package that was asked for only after the folder was filled."""
    more = replace(small, additions=(Addition(packages=("jq",)),))
    with pytest.raises(BuildFailed) as caught:
        building.build(more, engine, settings.Settings(offline=folder.path), catalog=CATALOG)
    assert "jq" in caught.value.log
    assert "run `lambda-image fetch` with these" in caught.value.hint


@pytest.mark.long
def test_an_archive_that_a_mirror_has_is_unpacked_in_its_stage(engine: Engine, tmp_path: Path) -> None:
    """Node.js' own archive is not to be had everywhere: an archive of the same form is in its place."""
    mirror = tmp_path / "mirror" / "v24"
    mirror.mkdir(parents=True)
    with tarfile.open(mirror / "node.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo("node-v24/bin/node")
        entry.size, entry.mode = 4, 0o755
        tar.addfile(entry, io.BytesIO(b"node"))
    digest = hashlib.sha256((mirror / "node.tar.gz").read_bytes()).hexdigest()
    catalog = with_node(Download(url="https://upstream.example/dist/v24/node.tar.gz", sha256=digest))
    (archived,) = plans(catalog, Selection(languages=("nodejs",), versions=("24",), distros=("debian-13",)))
    given = settings.load().model_copy(
        update={"mirrors": {"https://upstream.example/dist/": f"file://{mirror.parent}/"}}
    )
    on_root = building.placed(archived, engine, given, Silent(), catalog)
    context = render(on_root, catalog, at_hand=building.at_hand(on_root, given, Silent(), catalog))
    context.write(tmp_path / "context")
    with (tmp_path / "context/Dockerfile").open("a") as dockerfile:
        dockerfile.write("FROM scratch AS shown\nCOPY --from=runtime /var/lang/ /\n")
    found = secrets.find(given, catalog.distros["debian-13"])
    with found.files() as files:
        engine.build(
            tmp_path / "context",
            secrets=files,
            build_args=found.arguments,
            target="shown",
            output=f"type=local,dest={tmp_path / 'shown'}",
        )
    assert (tmp_path / "shown/bin/node").read_bytes() == b"node"


def with_node(file: Download) -> Catalog:
    """The catalog, with one file as the archive of every Node.js."""
    node = CATALOG.languages["nodejs"]
    versions = []
    for version in node.version:
        archives = [one.model_copy(update={"files": dict.fromkeys(one.files, file)}) for one in version.archive]
        versions.append(version.model_copy(update={"archive": tuple(archives)}))
    languages = {**CATALOG.languages, "nodejs": node.model_copy(update={"version": tuple(versions)})}
    return replace(CATALOG, languages=languages)


@pytest.mark.long
@pytest.mark.parametrize(
    ("language", "version", "client", "stage"),
    [
        ("go", "1.26", "builtin", "toolchain"),
        ("java", "21", "official", "client"),
        ("dotnet", "8-stand-in", "builtin", "sdk"),
    ],
    ids=["go", "maven", "npm"],
)
def test_each_registry_s_own_program_finds_its_packages_beside_their_pins(
    engine: Engine, folder: OfflineFolder, language: str, version: str, client: str, stage: str, tmp_path: Path
) -> None:
    """The stage of an image that takes them, built without a network."""
    selection = Selection(languages=(language,), versions=(version,), variants=("slim",), clients=(client,))
    (whole,) = plans(CATALOG, selection)
    fetcher = Fetcher(engine=engine, settings=settings.load(), catalog=CATALOG, progress=Silent(), folder=folder)
    fetcher.fetch(whole)
    given = settings.Settings(offline=folder.path)
    on_root = building.placed(whole, engine, given, Silent(), CATALOG)
    there = building.at_hand(on_root, given, Silent(), CATALOG)
    render(on_root, CATALOG, at_hand=there).write(tmp_path)
    with secrets.find(given, CATALOG.distros[whole.distro]).files() as files:
        outcome = engine.build(tmp_path, secrets=files, target=stage, network="none", output="type=cacheonly")
    assert outcome.steps > 0


GEM = """
require "fileutils"
require "rubygems/package"
File.write("lib.rb", "LOADED = true\\n")
spec = Gem::Specification.new do |one|
  one.name, one.version, one.summary, one.authors, one.files = "aws_lambda_ric", "3.1.3", "made up", ["x"], ["lib.rb"]
end
FileUtils.mkdir_p(["/registry/gems", "/registry/quick/Marshal.4.8"])
FileUtils.mv(Gem::Package.build(spec), "/registry/gems/")
named = Marshal.dump([[spec.name, spec.version, "ruby"]])
%w[specs latest_specs].each { |name| File.binwrite("/registry/#{name}.4.8.gz", Gem::Util.gzip(named)) }
File.binwrite("/registry/prerelease_specs.4.8.gz", Gem::Util.gzip(Marshal.dump([])))
File.binwrite("/registry/quick/Marshal.4.8/#{spec.full_name}.gemspec.rz", Gem.deflate(Marshal.dump(spec)))
"""


@pytest.mark.long
def test_a_gem_comes_from_the_folder(
    engine: Engine, folder: OfflineFolder, built: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real one is served by no registry here: a made-up gem of its name is, by a registry of files."""
    registry = tmp_path / "registry"
    registry.mkdir()
    ruby = built("ruby", variant="standard", client="builtin")
    options = (f"--volume={registry}:/registry", "--entrypoint=/usr/bin/ruby", "--workdir=/tmp")
    ended = run(ruby, "-e", GEM, options=options)
    assert ended.status == 0, ended.err
    catalog = with_gem(hashlib.sha256((registry / "gems/aws_lambda_ric-3.1.3.gem").read_bytes()).hexdigest())
    (whole,) = plans(catalog, Selection(languages=("ruby",), variants=("slim",), clients=("official",)))
    with served(registry) as address:
        (tmp_path / "gemrc").write_text(f":sources:\n- {address}\n")
        monkeypatch.setenv("GEMRC", str(tmp_path / "gemrc"))
        Fetcher(engine=engine, settings=settings.load(), catalog=catalog, progress=Silent(), folder=folder).fetch(whole)
    given = settings.Settings(offline=folder.path)
    on_root = building.placed(whole, engine, given, Silent(), catalog)
    there = building.at_hand(on_root, given, Silent(), catalog)
    render(on_root, catalog, at_hand=there).write(tmp_path / "context")
    with secrets.find(given, catalog.distros[whole.distro]).files() as files:
        engine.build(
            tmp_path / "context",
            secrets=files,
            target="client",
            network="none",
            output=f"type=local,dest={tmp_path / 'shown'}",
        )
    assert (tmp_path / "shown/var/runtime/gems/gems/aws_lambda_ric-3.1.3/lib.rb").read_text() == "LOADED = true\n"


def with_gem(sha256: str) -> Catalog:
    """The catalog, with a gem as AWS's client for Ruby."""
    ruby = CATALOG.languages["ruby"]
    gem = Pin(name="aws_lambda_ric", version="3.1.3", hashes=(Hash(version="any", platform="any", sha256=sha256),))
    own = {"pin": (gem,), "ecosystem": "rubygems"}
    clients = tuple(one.model_copy(update=own) if one.name == "official" else one for one in ruby.client)
    return replace(CATALOG, languages={**CATALOG.languages, "ruby": ruby.model_copy(update={"client": clients})})


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder by HTTP, at an address that the steps of builds reach."""
    bridge = json.loads(
        subprocess.run(["docker", "network", "inspect", "bridge"], capture_output=True, check=True).stdout
    )
    gateway = bridge[0]["IPAM"]["Config"][0]["Gateway"]
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer((gateway, 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{gateway}:{server.server_port}/"
        server.shutdown()


@pytest.mark.long
def test_it_is_byte_for_byte_the_image_that_a_network_gives(
    engine: Engine, folder: OfflineFolder, alone: str, small: ImagePlan, tmp_path: Path
) -> None:
    there, here = tmp_path / "offline.tar", tmp_path / "online.tar"
    building.build(small, engine, settings.Settings(offline=folder.path), catalog=CATALOG, archive=there)
    built = building.build(small, engine, settings.load(), catalog=CATALOG, archive=here)
    assert (
        built.context_digest
        == render(building.placed(small, engine, settings.load(), Silent(), CATALOG), CATALOG).digest
    )
    assert filecmp.cmp(there, here, shallow=False)
