"""Functions of tests in every language, in the project's images: compiled by the build image, or mounted as a file."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

from lambda_image import resources
from lambda_image.sandbox import FileEntry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lambda_image.engine import Engine
    from lambda_image.sandbox import Sandboxes

LANGUAGES = ("python", "nodejs", "java", "dotnet", "go", "ruby")
JAVA_CORE = "/usr/local/share/java/lambda/aws-lambda-java-core-*.jar"
DOTNET_CORE = resources.LANGUAGES / "dotnet/handlers/core/AmazonLambdaCore.cs"
# How the build image alone makes a function of its source.
COMPILED = {
    "go": "go mod init function && go mod tidy && go build -o /out/bootstrap .",
    # In an archive, where names of classes may be of any language whatever the locale.
    "java": f"mkdir -p /out/lib classes && cp {JAVA_CORE} /out/lib && javac -cp '/out/lib/*' -d classes App.java"
    " && jar -cf /out/lib/app.jar -C classes .",
    "dotnet": "mkdir /out && csc -target:library -out:/out/Amazon.Lambda.Core.dll AmazonLambdaCore.cs"
    " && csc -target:library -reference:/out/Amazon.Lambda.Core.dll -out:/out/App.dll App.cs",
}


class Function(NamedTuple):
    """The image that runs it, and the volume of its files where the image does not hold them."""

    image: str
    task: str | None


class Functions:
    """The functions of a folder, one a language; what is compiled is compiled when it is first asked for."""

    def __init__(self, folder: Path, work: Path, engine: Engine, built: Callable[..., str]) -> None:
        self._folder, self._work, self._engine, self._built = folder, work, engine, built
        self._tags: dict[str, str] = {}

    def of(self, language: str, sandboxes: Sandboxes) -> Function:
        """The function in that language."""
        if language in COMPILED:
            if language not in self._tags:
                self._tags[language] = self._compile(language)
            return Function(self._tags[language], None)
        (path,) = (self._folder / language).glob("app.*")
        content = path.read_bytes()
        task = sandboxes.volume({path.name: FileEntry(content)}, f"{language}-{zlib.crc32(content):x}")
        return Function(self._built(language, variant="standard", client="builtin"), task)

    def _compile(self, language: str) -> str:
        folder = self._work / language
        folder.mkdir()
        sources = [*(self._folder / language).iterdir(), *([DOTNET_CORE] if language == "dotnet" else [])]
        for source in sources:
            (folder / source.name).write_bytes(source.read_bytes())
        lines = (
            f"FROM {self._built(language, variant='build', client='builtin')} AS build",
            "WORKDIR /src",
            f"COPY {' '.join(source.name for source in sources)} ./",
            f"RUN --network=none {COMPILED[language]}",
            f"FROM {self._built(language, variant='standard', client='builtin')}",
            "COPY --from=build /out/ /var/task/",
        )
        (folder / "Dockerfile").write_text("\n".join(lines))
        tag = f"lambda-image-test/{self._folder.name.replace('_', '-')}:{language}"
        self._engine.build(folder, tags=[tag], on_event=lambda event: None)
        return tag

    def close(self) -> None:
        """Removes what was compiled."""
        for tag in self._tags.values():
            self._engine.remove_image(tag)
