"""The container engine: the only place that calls docker, by its API or as a program.

`Engine.connect()` finds the engine as the docker program would, and says what to do where none answers.
"""

from lambda_image.engine.build import Buildx
from lambda_image.engine.containers import Network, Process
from lambda_image.engine.core import BuildOutcome, Engine, EngineFacts
from lambda_image.engine.files import FileStat, ImageFiles, TarEntry
from lambda_image.engine.image import Archive, Image, ImageConfig, Layer, Manifest
from lambda_image.engine.progress import BuildEvent

__all__ = [
    "Archive",
    "BuildEvent",
    "BuildOutcome",
    "Buildx",
    "Engine",
    "EngineFacts",
    "FileStat",
    "Image",
    "ImageConfig",
    "ImageFiles",
    "Layer",
    "Manifest",
    "Network",
    "Process",
    "TarEntry",
]
