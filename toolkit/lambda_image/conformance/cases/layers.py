"""LAYER and HND: what is found on /opt and beside the function, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lambda_image.conformance import machine
from lambda_image.conformance.case import case
from lambda_image.conformance.finding import NotJudged, expect, expect_equal
from lambda_image.conformance.lab import OWN, Lab
from lambda_image.conformance.language import Module, Place, filled
from lambda_image.conformance.running import Running

Files = dict[str, tuple[bytes, int]]
PROGRAM, LIBRARY = "conformance-layer-program", "libconformance_layer.so"
# A module that lies beside the function; compiled handlers bring it themselves.
_BESIDE = "conformance_beside"


def _missing(lab: Lab, what: str) -> NotJudged:
    return NotJudged(f"{lab.handlers.origin or 'the handlers'} has no {what}")


def _beside_the_function(lab: Lab, more: Files) -> Files:
    """The function's own files and some more."""
    if lab.handlers.files is None:
        raise NotJudged("the image carries its handlers itself, so nothing can be put beside them")
    return {**{path: (content, 0o644) for path, content in lab.handlers.files.items()}, **more}


def _module(lab: Lab, name: str, origin: str, folder: str = "") -> Files:
    """A module of that name whose ORIGIN is that, in a folder."""
    facts: Module | None = lab.handlers.facts.module
    if facts is None:
        raise _missing(lab, "[module]")
    path = filled(facts.file, name=name, origin=origin)
    content = filled(facts.content, name=name, origin=origin).encode()
    if facts.source:
        source = filled(facts.source, name=name, origin=origin)
        found = lab.file(source)
        if found is None:
            raise _missing(lab, f"file {source}")
        content = found
    return {f"{folder}/{path}".lstrip("/"): (content, 0o644)}


def _places(lab: Lab) -> tuple[Place, ...]:
    """The folders of /opt that are searched, the version put in as the image's own function tells it."""
    places = lab.handlers.facts.layers
    if not places:
        raise _missing(lab, "[[layers]]")
    texts = [text for place in places for text in (place.folder, *place.through, *place.through.values())]
    version = ""
    if any("{version}" in text for text in texts):
        with lab.shared("version") as running:
            version = str(running.call_object({}).get("version"))
    return tuple(
        Place(
            folder=filled(place.folder, version=version),
            through={
                filled(path, version=version): filled(text, version=version) for path, text in place.through.items()
            },
        )
        for place in places
    )


def _layer(lab: Lab, modules: Mapping[Place, tuple[str, str]] | Sequence[tuple[Place, str, str]]) -> Files:
    """The files of a layer with a module (name, origin) in each of these places."""
    files: Files = {}
    rows = [(place, *module) for place, module in modules.items()] if isinstance(modules, Mapping) else modules
    for place, name, origin in rows:
        files |= _module(lab, name, origin, place.folder)
        files |= {path: (text.encode(), 0o644) for path, text in place.through.items()}
    return files


def _comes_from(running: Running, name: str, origin: str, sent: str) -> None:
    """Whether the module that the function imports is the one of that origin."""
    reply = running.invoke({"module": name})
    got = f"an error: {reply.error.get('errorMessage')}" if reply.failed else reply.value
    expect(got == {"origin": origin}, sent=sent, expected=f"the module whose ORIGIN is {origin}", got=got)


@case("HND-002", handlers=("nested",), seconds=2)
def nested_and_dotted_handlers_are_found(lab: Lab) -> None:
    """Every form of handler string that the handlers' conformance.toml lists."""
    forms = lab.handlers.facts.forms or (lab.handlers.handler("nested"),)
    for form in forms:
        _echoes(lab, form)


@case("HND-005", handlers=("nested",), seconds=2)
def both_module_systems_load(lab: Lab) -> None:
    """A handler in each module system and kind of file that the handlers' conformance.toml lists."""
    forms = lab.handlers.facts.module_systems
    if not forms:
        raise _missing(lab, "module_systems")
    for form in forms:
        _echoes(lab, form)


def _echoes(lab: Lab, form: str) -> None:
    with lab.fresh("nested", ready=False, arguments=(form,), environment={"_HANDLER": form}) as running:
        sent = f"the handler {form}"
        running.wait_ready(sent=sent)
        expect_equal(running.call({"form": form}), {"form": form}, sent=sent)


@case("HND-003", handlers=("deps",))
def the_function_s_own_modules_come_first(lab: Lab) -> None:
    """A module beside the function, and others that the client ships too under the same names."""
    names = [_BESIDE, *lab.handlers.facts.runtime_modules]
    task: Files | None = None  # compiled handlers bring the modules, since the suite can write none for them
    if not lab.handlers.build:
        own: Files = {}
        for name in names:
            own |= _module(lab, name, "function")
        task = _beside_the_function(lab, own)
    with lab.fresh("deps", ready=False, task=task) as running:
        running.wait_ready(sent=f"the function brings modules called {' and '.join(names)}")
        for name in names:
            sent = f"the function brings a module called {name} and imports it"
            _comes_from(running, name, "function", sent)


@case("LAYER-001", handlers=("run",))
def programs_of_a_layer_are_found(lab: Lab) -> None:
    """/opt/bin holds a program, which a handler starts by its name."""
    program = machine.say(lab.image.architecture, "found in a layer")
    with lab.fresh("run", opt={f"bin/{PROGRAM}": (program, 0o755)}) as running:
        sent = f"/opt/bin/{PROGRAM}, started by name"
        done = running.call_object({"program": PROGRAM})
        expect(
            done.get("status") == 0 and str(done.get("stdout")).strip() == "found in a layer",
            sent=sent,
            expected="it is found by PATH and runs",
            got=done,
        )


@case("LAYER-001", handlers=("dlopen",))
def shared_libraries_of_a_layer_are_found(lab: Lab) -> None:
    """/opt/lib holds a shared library, which a handler loads by its name; another name is nowhere."""
    library = machine.library(lab.image.architecture, LIBRARY)
    with lab.fresh("dlopen", opt={f"lib/{LIBRARY}": (library, 0o755)}) as running:
        for name, loaded in ((LIBRARY, True), ("libconformance_nowhere.so", False)):
            sent = f"/opt/lib/{LIBRARY}; {name} is loaded by name"
            expect_equal(running.call({"library": name}), {"loaded": loaded}, sent=sent)


@case("LAYER-002", "LAYER-003", "LAYER-004", "LAYER-005", handlers=("deps", "version"), seconds=2)
def modules_of_layers_are_found(lab: Lab) -> None:
    """A layer with a module of its own in every folder that the handlers' conformance.toml lists."""
    places = _places(lab)
    rows = [(place, f"conformance_layer_{n}", f"layer-{n}") for n, place in enumerate(places, 1)]
    with lab.fresh("deps", ready=False, opt=_layer(lab, rows)) as running:
        running.wait_ready(sent="a layer with modules on /opt")
        for place, name, origin in rows:
            sent = f"a module called {name} in /opt/{place.folder}"
            if place.through:
                sent += f", which {' and '.join('/opt/' + path for path in place.through)} names"
            _comes_from(running, name, origin, sent)


@case("LAYER-006", handlers=("deps", "version"), seconds=3)
def the_nearest_copy_of_a_module_wins(lab: Lab) -> None:
    """The same module beside the function and in every layer folder, then without the first, and so on."""
    ordered = [place for place in _places(lab) if not place.through]
    # A module that the client ships too: the last folder that has it must still win over the runtime's.
    shared = next(iter(lab.handlers.facts.runtime_modules), "conformance_layer_1")
    rows = [(place, shared, f"layer-{n}") for n, place in enumerate(ordered, 1)]
    trials: list[tuple[str, str, Files | None, Files]] = []
    if lab.handlers.build:  # compiled handlers bring a module of their own
        beside = [(place, _BESIDE, origin) for place, _, origin in rows]
        trials += [("function", _BESIDE, None, _layer(lab, beside))]
    else:
        own = _beside_the_function(lab, _module(lab, shared, "function"))
        trials += [("function", shared, own, _layer(lab, rows))]
    trials += [(origin, shared, None, _layer(lab, rows[n:])) for n, (_, _, origin) in enumerate(rows)]
    for origin, name, task, opt in trials:
        with lab.fresh("deps", ready=False, task=task, opt=opt) as running:
            where = ", ".join(f"/opt/{path}" for path in opt)
            sent = f"a module called {name} in {'/var/task, ' if origin == 'function' else ''}{where}"
            running.wait_ready(sent=sent)
            _comes_from(running, name, origin, sent)


@case("LAYER-007", handlers=(), seconds=2)
def the_function_s_bootstrap_is_run(lab: Lab) -> None:
    """A bootstrap on /var/task, one on /opt, both, and none."""

    def bootstrap(place: str) -> Files:
        return {"bootstrap": (machine.say(lab.image.architecture, f"bootstrap of {place}"), 0o755)}

    task, opt = bootstrap("/var/task"), bootstrap("/opt")
    for folders, expected in (
        ({"task": task, "opt": {}}, "/var/task"),
        ({"task": {}, "opt": opt}, "/opt"),
        ({"task": task, "opt": opt}, "/var/task"),
        ({"task": {}, "opt": {}}, ""),
    ):
        names = [f"{'/var/task' if key == 'task' else '/opt'}/bootstrap" for key, files in folders.items() if files]
        sent = f"{' and '.join(names) or 'no bootstrap'} in the container"
        with lab.fresh(OWN, ready=False, arguments=("function.handler",), **folders) as running:
            status = running.wait_exit(timeout=10, sent=sent)
            if expected:
                said = running.box.log.text
                expect(
                    f"bootstrap of {expected}\n" in said,
                    sent=sent,
                    expected=f"{expected}/bootstrap is run",
                    got=f"status {status}; the log: {said or 'empty'}",
                )
            else:
                expect(status != 0, sent=sent, expected="an exit status other than 0", got="status 0")
