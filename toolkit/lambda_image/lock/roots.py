"""The roots that images stand on, as a lock knows them: by content, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass

from lambda_image import rootfs
from lambda_image.catalog import Catalog, Distro, Platform
from lambda_image.engine import Engine
from lambda_image.errors import ImageNotFound, RegistryError
from lambda_image.lock.file import Entry, Lock
from lambda_image.plan import Root
from lambda_image.progress import Progress
from lambda_image.settings import Settings

# How a lock says where a root comes from: a registry's image, or made here.
_IMAGE, _MADE = "image", "made"


@dataclass(frozen=True, kw_only=True)
class Roots:
    """Finds them in the engine, or brings them there."""

    engine: Engine
    settings: Settings
    catalog: Catalog
    progress: Progress

    def today(self, distro: Distro, platform: Platform, *, fresh: bool = False) -> tuple[Root, Entry]:
        """The one that a build without a lock would take; `fresh`: asked for, or made, anew."""
        root = rootfs.root_of(
            distro,
            platform,
            self.engine,
            self.progress,
            catalog=self.catalog,
            mode=self.settings.root,
            mirrors=self.settings.mirror,
            fresh=fresh,
        )
        config = self.engine.image(root.reference).config_digest
        if root.origin == "image":
            # A digest that no registry knows, as of an image that was built here, is none that a build could ask for.
            is_published = bool(rootfs.registry_digest(root.reference, self.engine))
            reference = self.engine.with_digest(root.reference) if is_published else root.reference
            value: tuple[str, ...] = (_IMAGE, reference, config)
            root = Root(reference=reference, origin="image")
        else:
            value = (_MADE, root.reference, config, f"recipe:{rootfs.recipe(distro, platform, self.catalog)}")
        return root, Entry("root", _key(distro, platform), value)

    def locked(self, distro: Distro, platform: Platform, lock: Lock) -> Root | None:
        """The one that a lock names, if it is in the engine or a registry gives it; else none."""
        entry = lock.find("root", *_key(distro, platform))
        if entry is None or len(entry.value) < 3:
            return None
        origin, reference, config, *_ = entry.value
        if not self.engine.has_image(reference) and origin == _IMAGE:
            try:
                self.engine.pull(reference, platform=platform)
            except (RegistryError, ImageNotFound):
                return None
        try:
            found = self.engine.image(reference)
        except ImageNotFound:
            return None
        if found.config_digest != config:
            return None
        return Root(reference=reference, origin="image" if origin == _IMAGE else "bootstrap")

    def newer(self, distro: Distro, platform: Platform, locked: Entry) -> str:
        """What a registry, or the recipe, says of a root that is another by now; empty if nothing."""
        origin, reference, *_ = locked.value
        if origin == _IMAGE and "@" not in reference:
            return ""
        if origin == _IMAGE:
            digest = rootfs.registry_digest(distro.image, self.engine) if distro.image else ""
            return f"{distro.image}@{digest}" if digest and not reference.endswith(digest) else ""
        recipe = f"recipe:{rootfs.recipe(distro, platform, self.catalog)}" if distro.bootstrap else ""
        return recipe if recipe and recipe not in locked.value else ""


def _key(distro: Distro, platform: Platform) -> tuple[str, str]:
    return distro.name, platform.removeprefix("linux/")
