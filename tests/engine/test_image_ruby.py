"""The Ruby images as users meet them: gems of a bundle, a layer and the image itself; slim's emptiness."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine.images import run
from lambda_image import route as routes
from lambda_image.engine import Engine
from lambda_image.runtime_api import Event, Server
from lambda_image.sandbox import Sandboxes, SandboxSpec

pytestmark = [pytest.mark.engine, pytest.mark.long]

Built = Callable[..., str]
BOOTSTRAP = ("--entrypoint=/var/runtime/bootstrap", "--env=_HANDLER=app.handler")
# Nothing listens there: a runtime that gets so far has started.
NOWHERE = ("--env=AWS_LAMBDA_RUNTIME_API=127.0.0.1:9",)


@pytest.fixture(scope="module")
def images(built: Built) -> dict[str, str]:
    return {variant: built("ruby", variant=variant, client="builtin") for variant in ("build", "standard", "slim")}


@pytest.fixture(params=["standard", "slim"])
def either(request: pytest.FixtureRequest, images: dict[str, str]) -> str:
    return images[request.param]


# Gems of our own: no registry of gems can be reached where this project is developed. What is installed where says so.
GEM = """\
Gem::Specification.new do |gem|
  gem.name, gem.version, gem.summary, gem.author = "{name}", "{version}", "a gem", "nobody"
  gem.files, gem.extensions = Dir["lib/**/*.rb", "ext/**/*"], Dir["ext/extconf.rb"]
end
"""
NATIVE = {
    "ext/extconf.rb": 'require "mkmf"\ncreate_makefile("native/native")\n',
    "ext/native.c": """\
#include <ruby.h>
static VALUE answer(VALUE self) { return INT2NUM(42); }
void Init_native(void) { rb_define_singleton_method(rb_define_module("Native"), "answer", answer, 0); }
""",
    "lib/native.rb": 'require "native/native"\n',
}
APP = """\
require "bundler/setup" if ENV["_HANDLER"].include?("bundled")
require "plain"
require "native" unless defined?(Bundler)
require "beside" if defined?(Bundler)
require "tool"

def handler(event:, context:)
  found = { plain: Plain::VERSION, tool: TOOL, event: event }
  found[:native] = Native.answer if defined?(Native)
  found[:beside] = BESIDE if defined?(BESIDE)
  found.merge(from: $LOADED_FEATURES.grep(/plain.rb/))
end
"""
DOCKERFILE = """\
FROM {build} AS build
COPY gems/ /gems/
RUN --network=none for gem in /gems/*/; do (cd "$gem" && gem build --quiet *.gemspec); done
# A layer, as it is laid out under /opt.
RUN --network=none gem install --quiet --local --install-dir /opt/ruby/gems/3.3.0 /gems/native/*.gem
# A bundle: the function's Gemfile, a gem of its cache, a gem beside it.
COPY function/ ./
RUN --network=none mkdir -p vendor/cache && cp /gems/plain/*.gem vendor/cache/ \\
 && bundle config set --local path vendor/bundle && bundle install --quiet --local
FROM {final}
COPY tool.rb /opt/ruby/lib/
COPY --from=build /opt/ruby/gems/ /opt/ruby/gems/
COPY --from=build /var/task/ ./
CMD ["app.handler"]
"""


def written(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture(scope="module")
def functions(engine: Engine, images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """A function with its gems, on a standard image and on a slim one."""
    folder = tmp_path_factory.mktemp("function")
    gemfile = 'source "https://gems.invalid"\ngem "plain"\ngem "beside", path: "beside"\n'
    beside = GEM.format(name="beside", version="0.1")
    written(folder / "gems/plain", {"plain.gemspec": GEM.format(name="plain", version="1.2.3")})
    written(folder / "gems/plain", {"lib/plain.rb": 'module Plain; VERSION = "1.2.3"; end\n'})
    written(folder / "gems/native", {"native.gemspec": GEM.format(name="native", version="2.0"), **NATIVE})
    written(folder, {"tool.rb": 'TOOL = "of a layer"\n'})
    written(folder / "function", {"app.rb": APP, "bundled.rb": 'require_relative "app"\n', "Gemfile": gemfile})
    written(folder / "function/beside", {"beside.gemspec": beside, "lib/beside.rb": 'BESIDE = "by its path"\n'})
    tags = []
    for final in ("standard", "slim"):
        (folder / "Dockerfile").write_text(DOCKERFILE.format(build=images["build"], final=images[final]))
        tags.append(f"lambda-image-test/ruby-function:{final}")
        engine.build(folder, tags=[tags[-1]], on_event=lambda event: None)
    yield tags
    for tag in tags:
        engine.remove_image(tag)


def answer_of(sandboxes: Sandboxes, image: str, handler: str) -> dict[str, object]:
    """What a function says to one event, in a container as Lambda runs it."""
    with Server() as server:
        route = routes.choose(sandboxes)
        endpoint = route.open(server)
        environment = {"AWS_LAMBDA_RUNTIME_API": f"{endpoint.host}:{endpoint.port}"}
        with sandboxes.create(SandboxSpec(image=image, command=(handler,), environment=environment)) as sandbox:
            sandbox.start()
            result = endpoint.environment.invoke(Event(payload=b'"event"')).result(30)
            assert result is not None, sandbox.log.text
            route.close()
            answer = result.json()
    assert isinstance(answer, dict), answer
    return answer


BUNDLED = "/var/task/vendor/bundle/ruby/3.3.0/gems/plain-1.2.3/lib/plain.rb"


@pytest.mark.parametrize("final", [0, 1], ids=["standard", "slim"])
def test_gems_load_without_bundler_from_a_bundle_and_a_layer(
    functions: list[str], final: int, sandboxes: Sandboxes
) -> None:
    """GEM_PATH and RUBYLIB name the folders; the native one was compiled in the build image."""
    assert answer_of(sandboxes, functions[final], "app.handler") == {
        "plain": "1.2.3",
        "native": 42,
        "tool": "of a layer",
        "event": "event",
        "from": [BUNDLED],
    }


@pytest.mark.parametrize("final", [0, 1], ids=["standard", "slim"])
def test_bundler_sets_up_what_the_gemfile_names(functions: list[str], final: int, sandboxes: Sandboxes) -> None:
    """A gem of the bundle, and one beside the function by its path."""
    answer = answer_of(sandboxes, functions[final], "bundled.handler")
    assert answer == {
        "plain": "1.2.3",
        "beside": "by its path",
        "tool": "of a layer",
        "event": "event",
        "from": [BUNDLED],
    }


def test_emulator_serves_the_function(functions: list[str]) -> None:
    command = ["docker", "run", "--rm", "--detach", "--publish=127.0.0.1::8080", functions[0]]
    container = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    try:
        listed = ["docker", "port", container, "8080"]
        address = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()[0]
        url = f"http://{address}/2015-03-31/functions/function/invocations"
        assert posted(url, {"a": 1})["event"] == {"a": 1}
    finally:
        subprocess.run(["docker", "kill", container], capture_output=True, check=False)


def posted(url: str, value: object) -> dict[str, object]:
    """The emulator's answer, once it listens: the port is open from the container's start on."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, data=json.dumps(value).encode(), timeout=30) as answer:
                found: dict[str, object] = json.loads(answer.read())
                return found
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the emulator does not answer")


def test_gem_installs_into_the_image_where_functions_find_it(images: dict[str, str], tmp_path: Path) -> None:
    """`RUN gem install` in a function's Dockerfile; a gem that is newer than the one Ruby brings is taken."""
    written(tmp_path, {"json.gemspec": GEM.format(name="json", version="99.0")})
    written(tmp_path, {"lib/json.rb": "NEW = true\n"})
    tmp_path.chmod(0o777)
    script = (
        "cd /gem && gem build --quiet --output /tmp/json.gem json.gemspec && gem install --quiet --local /tmp/json.gem"
        " && cd / && ruby -r json -e 'puts NEW' && test -w /var/lib/gems/3.3.0/specifications"
    )
    options = ("--entrypoint=sh", "--network=none", f"--volume={tmp_path}:/gem:ro")
    ended = run(images["standard"], "-c", script, options=options)
    assert ended.status == 0, ended.err
    assert ended.out.endswith("true\n")


def test_slim_is_under_60_megabytes(engine: Engine, images: dict[str, str]) -> None:
    assert engine.image(images["slim"]).size <= 60_000_000


def test_no_compiler_and_no_header_is_in_the_image(engine: Engine, either: str) -> None:
    with engine.image_files(either) as files:
        for path in ("/usr/bin/gcc", "/usr/bin/cc", "/usr/bin/make", "/usr/include/ruby-3.3.0"):
            assert files.stat(path) is None, path


def test_slim_has_no_shell_and_no_package_manager(engine: Engine, images: dict[str, str]) -> None:
    with engine.image_files(images["slim"]) as files:
        names = {entry.path.rsplit("/", 1)[-1] for folder in ("/usr/bin", "/usr/sbin") for entry in files.walk(folder)}
        assert names <= {"bin", "sbin", "ruby3.3"}
        for path in ("/usr/lib/ruby/3.3.0/irb.rb", "/var/lang/bin/gem", "/usr/local/bin/aws-lambda-rie"):
            assert files.stat(path) is None, path
        status = files.read("/var/lib/dpkg/status").decode()
    packages = {line.removeprefix("Package: ") for line in status.splitlines() if line.startswith("Package: ")}
    assert {"ruby3.3", "libruby3.3", "ruby-bundler", "ca-certificates", "tzdata", "libc6"} <= packages
    assert not packages & {"bash", "dash", "apt", "dpkg", "perl-base", "coreutils", "openssl"}


SLIM_RUBY = """
%w[bigdecimal csv date digest erb fiddle json logger net/http open3 openssl psych rexml/document securerandom set socket
   stringio strscan tempfile time uri yaml zlib racc bundler].each { |name| require name }
raise "no certificates" unless File.read("/etc/ssl/certs/ca-certificates.crt").scan("BEGIN").size > 50
raise "no zones" unless ENV["TZ"] = "Europe/Berlin" and Time.at(0).strftime("%H%Z") == "01CET"
raise "no digest" unless OpenSSL::Digest.hexdigest("SHA256", "x")[0, 8] == "2d711642"
raise "no crypt" unless Zlib.gunzip(Zlib.gzip("x")) == "x"
print YAML.load("a: ä")["a"]
"""


def test_slim_s_ruby_is_whole(images: dict[str, str]) -> None:
    options = ("--entrypoint=/usr/bin/ruby3.3", "--user=993:990", "--read-only")
    ended = run(images["slim"], "-e", SLIM_RUBY, options=options)
    assert (ended.status, ended.err, ended.out) == (0, "", "ä")


def test_bootstrap_exports_what_aws_s_does_unless_it_is_set(either: str, tmp_path: Path) -> None:
    """A wrapper, which is a program of Ruby since slim has no shell, prints what it was given."""
    wrapper = tmp_path / "wrapper"
    wrapper.write_text("#!/usr/bin/ruby3.3\nrequire 'json'\nputs JSON.generate([ARGV, ENV.to_h])\n")
    wrapper.chmod(0o755)
    tmp_path.chmod(0o755)
    options = (*BOOTSTRAP, "--env=AWS_LAMBDA_EXEC_WRAPPER=/opt/wrapper", f"--volume={tmp_path}:/opt:ro", "--user=993")
    ended = run(either, options=options)
    assert ended.status == 0, ended.err
    words, env = json.loads(ended.out)
    assert words[0].endswith("/ruby3.3")
    assert words[1:] == ["--disable=gems", "/var/runtime/client/main.rb"]
    assert env["AWS_EXECUTION_ENV"] == "AWS_Lambda_ruby3.3"
    assert env["GEM_PATH"] == "/var/task/vendor/bundle/ruby/3.3.0:/opt/ruby/gems/3.3.0:"
    assert env["RUBYLIB"] == "/var/task:/var/runtime/lib:/opt/ruby/lib"
    assert env["HOME"] == "/tmp"
    ended = run(either, options=(*options, "--env=GEM_PATH=/own", "--env=RUBYOPT=-W0"))
    words, env = json.loads(ended.out)
    assert (words[1:], env["GEM_PATH"]) == (["/var/runtime/client/main.rb"], "/own")


@pytest.mark.parametrize(("wrapper", "status"), [("/opt/none", 127), ("/etc/passwd", 126)])
def test_wrapper_that_cannot_be_started_is_named(images: dict[str, str], wrapper: str, status: int) -> None:
    ended = run(images["slim"], options=(*BOOTSTRAP, f"--env=AWS_LAMBDA_EXEC_WRAPPER={wrapper}"))
    assert ended.status == status
    assert wrapper in ended.err


def test_without_runtime_api_a_line_names_the_variable_and_the_emulator(either: str) -> None:
    ended = run(either, options=BOOTSTRAP)
    assert ended.status == 1
    assert "AWS_LAMBDA_RUNTIME_API" in ended.err
    assert "emulator" in ended.err


@pytest.mark.parametrize("arguments", [(), ("a.b", "c.d")])
def test_slim_entrypoint_wants_one_handler(images: dict[str, str], arguments: tuple[str, ...]) -> None:
    ended = run(images["slim"], *arguments)
    assert ended.status == 142
    assert "CMD" in ended.err


def test_broken_client_is_named(either: str, tmp_path: Path) -> None:
    (tmp_path / "broken.rb").write_text("def (")
    tmp_path.chmod(0o755)
    broken = f"--volume={tmp_path}/broken.rb:/var/runtime/client/context.rb:ro"
    ended = run(either, options=(*BOOTSTRAP, *NOWHERE, broken))
    assert ended.status == 1
    assert "client cannot be loaded" in ended.err
    assert "/var/runtime/client/context.rb" in ended.err
