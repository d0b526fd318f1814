"""The Node.js images as users meet them: npm on top, native parts in the build image, the slim one's emptiness."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from engine.images import CATALOG, run
from lambda_image import secrets, settings
from lambda_image.build import build
from lambda_image.engine import Engine
from lambda_image.plan import Certificate, Selection, plans
from lambda_image.settings import certificates_in

pytestmark = [pytest.mark.engine, pytest.mark.long]

Built = Callable[..., str]
BOOTSTRAP = ("--entrypoint=/var/runtime/bootstrap", "--env=_HANDLER=app.handler")
# Nothing listens there: a runtime that gets so far has started.
NOWHERE = ("--env=AWS_LAMBDA_RUNTIME_API=127.0.0.1:9",)


@pytest.fixture(scope="module")
def standard(built: Built) -> str:
    return built("nodejs", variant="standard", client="builtin")


@pytest.fixture(scope="module")
def slim(built: Built) -> str:
    return built("nodejs", variant="slim", client="builtin")


@pytest.fixture(params=["standard", "slim"])
def either(request: pytest.FixtureRequest) -> str:
    name: str = request.getfixturevalue(request.param)
    return name


@pytest.fixture(scope="module")
def company(engine: Engine) -> Iterator[str]:
    """A standard image that trusts what this machine trusts."""
    found = secrets.ca_bundle(settings.Settings(), {})
    pieces = certificates_in(found.path, "ca") if found else []
    certificates = tuple(Certificate(name=f"company-{n}", pem=pem) for n, pem in enumerate(pieces))
    (plan,) = plans(CATALOG, Selection(languages=("nodejs",), variants=("standard",), clients=("builtin",)))
    trusting = replace(plan, tags=("lambda-image/test:nodejs-company",), certificates=certificates)
    yield build(trusting, engine, settings.Settings(), catalog=CATALOG).reference
    engine.remove_image(trusting.tags[0])


def docker_build(folder: Path, lines: list[str], *options: str) -> None:
    (folder / "Dockerfile").write_text("\n".join(lines))
    command = ["docker", "buildx", "build", "--progress=plain", "--provenance=false", *options, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@contextmanager
def emulated(reference: str) -> Iterator[str]:
    """The URL of the embedded emulator, in a container as a developer starts it."""
    command = ["docker", "run", "--detach", "--rm", "--publish=127.0.0.1::8080", reference]
    container = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    try:
        port = subprocess.run(["docker", "port", container, "8080"], capture_output=True, text=True, check=True)
        yield f"http://{port.stdout.split()[0]}/2015-03-31/functions/function/invocations"
    finally:
        subprocess.run(["docker", "kill", container], capture_output=True, check=False)


def post(url: str, value: object) -> object:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, data=json.dumps(value).encode(), timeout=20) as answer:
                return json.loads(answer.read())
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the emulator does not answer")


POWERTOOLS = """
import { Logger } from "@aws-lambda-powertools/logger";
const logger = new Logger({ serviceName: "shop" });
let line;
logger.console.info = (text) => { line = text; };
export const handler = async (event, context) => {
  logger.addContext(context);
  logger.info("sold", { item: event.item });
  return JSON.parse(line);
};
"""


def test_the_usual_dockerfile_builds_behind_a_tls_proxy_and_powertools_runs(company: str, tmp_path: Path) -> None:
    """FROM, COPY, RUN npm install: nothing of certificates in it; npm can replace itself, too."""
    (tmp_path / "package.json").write_text('{"dependencies": {"@aws-lambda-powertools/logger": "^2"}}')
    (tmp_path / "app.mjs").write_text(POWERTOOLS)
    lines = [
        f"FROM {company}",
        "COPY app.mjs package.json ./",
        "RUN npm install",
        "RUN npm install --global npm@11.20.0 && npm --version | grep -x 11.20.0 && npm prefix -g | grep -x /var/lang",
        'CMD ["app.handler"]',
    ]
    tag = "lambda-image/test:nodejs-powertools"
    docker_build(tmp_path, lines, "--no-cache", "--load", f"--tag={tag}")
    try:
        with emulated(tag) as url:
            record = post(url, {"item": "tea"})
    finally:
        subprocess.run(["docker", "rmi", tag], capture_output=True, check=False)
    assert isinstance(record, dict)
    assert {"service": "shop", "message": "sold", "item": "tea"}.items() <= record.items()
    assert record["function_request_id"]


ADDON = """
#include <node_api.h>
static napi_value Answer(napi_env env, napi_callback_info info) {
  napi_value value; napi_create_int32(env, 42, &value); return value;
}
NAPI_MODULE_INIT() {
  napi_value fn; napi_create_function(env, NULL, 0, Answer, NULL, &fn); return fn;
}
"""


def test_the_build_image_compiles_native_parts_without_downloads(built: Built, standard: str, tmp_path: Path) -> None:
    """npm's own node-gyp with the distribution's headers; the result runs in the standard image."""
    addon = tmp_path / "addon"
    addon.mkdir()
    (addon / "addon.c").write_text(ADDON)
    (addon / "binding.gyp").write_text('{"targets": [{"target_name": "addon", "sources": ["addon.c"]}]}')
    (addon / "package.json").write_text('{"name": "addon", "version": "1.0.0", "gypfile": true}')
    (addon / "index.js").write_text('module.exports = require("./build/Release/addon.node");')
    lines = [
        f"FROM {built('nodejs', variant='build', client='builtin')} AS build",
        "COPY addon/ addon/",
        "RUN --network=none cd addon && npm rebuild --foreground-scripts",
        f"FROM {standard}",
        "COPY --from=build /var/task/addon/ ./addon/",
        "RUN node -p 'require(\"./addon\")()' | grep -x 42",
    ]
    docker_build(tmp_path, lines, "--no-cache", "--output=type=cacheonly")


@pytest.mark.parametrize(
    ("variant", "client"),
    [
        ("standard", "builtin"),
        ("slim", "builtin"),
        ("standard", "official"),
        ("slim", "official"),
    ],
)
def test_no_compiler_and_no_header_is_in_the_image(engine: Engine, built: Built, variant: str, client: str) -> None:
    with engine.image_files(built("nodejs", variant=variant, client=client)) as files:
        for path in ("/usr/bin/gcc", "/usr/bin/cc", "/usr/bin/make", "/usr/bin/cmake", "/usr/include/node", "/client"):
            assert files.stat(path) is None, path
        names = [entry.path for entry in files.walk("/var/runtime")]
    assert not [name for name in names if name.endswith((".h", ".hpp", ".cc", ".a", ".tar.xz"))]


def test_slim_is_under_135_megabytes(engine: Engine, slim: str) -> None:
    assert engine.image(slim).size < 135_000_000


def test_slim_has_no_shell_and_no_package_manager(engine: Engine, slim: str) -> None:
    with engine.image_files(slim) as files:
        names = {entry.path.rsplit("/", 1)[-1] for folder in ("/usr/bin", "/usr/sbin") for entry in files.walk(folder)}
        assert names <= {"bin", "sbin", "node"}
        for path in ("/usr/share/nodejs/corepack", "/var/lang/lib/node_modules", "/usr/local/bin/aws-lambda-rie"):
            assert files.stat(path) is None, path
        status = files.read("/var/lib/dpkg/status").decode()
    packages = {line.removeprefix("Package: ") for line in status.splitlines() if line.startswith("Package: ")}
    assert {"nodejs", "libnode115", "libicu76", "ca-certificates", "tzdata", "libc6"} <= packages
    assert not packages & {"bash", "dash", "apt", "dpkg", "perl-base", "coreutils", "openssl", "npm"}


def test_slim_s_bootstrap_is_a_script_that_names_the_interpreter_s_file(engine: Engine, slim: str) -> None:
    with engine.image_files(slim) as files:
        assert files.read("/var/runtime/bootstrap").startswith(b'#!/usr/bin/node\n"use strict";\n')
        interpreter = files.stat("/usr/bin/node")
    assert interpreter is not None
    assert interpreter.kind == "file"


SLIM_NODE = """
const assert = require("assert");
const tls = require("tls"), zlib = require("zlib"), crypto = require("crypto");
assert.strictEqual(new Intl.DateTimeFormat("de", { timeZone: "Europe/Berlin", month: "long" }).format(0), "Januar");
assert.strictEqual(zlib.gunzipSync(zlib.gzipSync("x")).toString(), "x");
assert.ok(crypto.createHash("sha256").update("x").digest("hex"));
assert.ok(tls.rootCertificates);
assert.ok(require("fs").readFileSync("/etc/ssl/certs/ca-certificates.crt", "utf8").split("BEGIN").length > 50);
fetch("http://127.0.0.1:9/").catch((error) => console.log(error.cause ? "fetch works" : error));
import("/var/task/m.mjs").then((m) => console.log(m.default));
"""


def test_slim_s_node_is_whole(slim: str, tmp_path: Path) -> None:
    (tmp_path / "m.mjs").write_text("export default await Promise.resolve('modules work');")
    tmp_path.chmod(0o755)
    options = ("--entrypoint=/usr/bin/node", "--user=993:990", "--read-only", f"--volume={tmp_path}:/var/task:ro")
    ended = run(slim, "-e", SLIM_NODE, options=options)
    assert (ended.status, ended.err, set(ended.out.split("\n"))) == (0, "", {"modules work", "fetch works", ""})


# Packages of layers, and one that the function has too.
LAYER = {
    "nodejs/node_modules/one/index.mjs": "import two from 'two'; export default `one ${two}`;",
    "nodejs/node_modules/one/package.json": '{"exports": "./index.mjs"}',
    "nodejs/node_modules/two/index.js": "module.exports = 'two';",
    "nodejs/node_modules/versioned/index.js": "module.exports = 'general';",
    "nodejs/node20/node_modules/versioned/index.js": "module.exports = 'of 20';",
    "nodejs/node_modules/own/index.js": "module.exports = 'layer';",
}
IMPORTS = """
import one from "one";
import versioned from "versioned";
import own from "own";
const { default: later } = await import("two");
console.log([one, versioned, own, later].join(", "));
"""


def test_import_finds_packages_of_layers_after_the_function_s_own(either: str, tmp_path: Path) -> None:
    """`require` has NODE_PATH for that, `import` has not; AWS's interpreter is changed for it."""
    task = {"app.mjs": IMPORTS, "node_modules/own/index.js": "module.exports = 'function';"}
    for folder, files in (("opt", LAYER), ("task", task)):
        for name, text in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o755)
    mounts = (f"--volume={tmp_path}/opt:/opt:ro", f"--volume={tmp_path}/task:/var/task:ro")
    ended = run(either, "/var/task/app.mjs", options=("--entrypoint=/usr/bin/node", "--user=993", *mounts))
    assert (ended.out, ended.status) == ("one two, of 20, function, two\n", 0), ended.err


def test_bootstrap_exports_what_aws_s_does_unless_it_is_set(either: str, tmp_path: Path) -> None:
    """A wrapper, which is a program of Node.js since slim has no shell, prints what it was given."""
    wrapper = tmp_path / "wrapper"
    wrapper.write_text("#!/usr/bin/node\nconst { argv, env } = process;\nconsole.log(JSON.stringify([argv, env]));\n")
    wrapper.chmod(0o755)
    tmp_path.chmod(0o755)
    options = (*BOOTSTRAP, "--env=AWS_LAMBDA_EXEC_WRAPPER=/opt/wrapper", f"--volume={tmp_path}:/opt:ro", "--user=993")
    ended = run(either, options=options)
    assert ended.status == 0, ended.err
    argv, env = json.loads(ended.out)
    assert argv[2].endswith("/node")
    assert argv[3:] == ["/var/runtime/client/main.js"]
    assert env["AWS_EXECUTION_ENV"] == "AWS_Lambda_nodejs20.x"
    version = CATALOG.languages["nodejs"].find_version("20")
    assert version is not None
    assert env["NODE_PATH"] == version.defaults["NODE_PATH"]
    assert env["HOME"] == "/tmp"
    ended = run(either, options=(*options, "--env=NODE_PATH=/own"))
    assert json.loads(ended.out)[1]["NODE_PATH"] == "/own"


@pytest.mark.parametrize(("wrapper", "status"), [("/opt/none", 127), ("/etc/passwd", 126), ("/opt", 126)])
def test_wrapper_that_cannot_be_started_is_named(slim: str, wrapper: str, status: int) -> None:
    ended = run(slim, options=(*BOOTSTRAP, f"--env=AWS_LAMBDA_EXEC_WRAPPER={wrapper}"))
    assert ended.status == status
    assert wrapper in ended.err


def test_without_runtime_api_a_line_names_the_variable_and_the_emulator(either: str) -> None:
    ended = run(either, options=BOOTSTRAP)
    assert ended.status == 1
    assert "AWS_LAMBDA_RUNTIME_API" in ended.err
    assert "emulator" in ended.err


@pytest.mark.parametrize("arguments", [(), ("a.b", "c.d")])
def test_slim_entrypoint_wants_one_handler(slim: str, arguments: tuple[str, ...]) -> None:
    ended = run(slim, *arguments)
    assert ended.status == 142
    assert "CMD" in ended.err


def test_broken_client_is_named(built: Built, either: str, tmp_path: Path) -> None:
    (tmp_path / "broken.js").write_text("not JavaScript (")
    tmp_path.chmod(0o755)
    broken = f"--volume={tmp_path}/broken.js:/var/runtime/client/errors.js:ro"
    ended = run(either, options=(*BOOTSTRAP, *NOWHERE, broken))
    assert ended.status == 1
    assert "client cannot be loaded" in ended.err
    assert "/var/runtime/client/errors.js" in ended.err
    native = "--volume=/dev/null:/var/runtime/node_modules/aws-lambda-ric/rapid-client.node"
    ended = run(built("nodejs", variant="standard", client="official"), options=(*BOOTSTRAP, *NOWHERE, native))
    assert ended.status != 0
    assert "rapid-client.node" in ended.err + ended.out
