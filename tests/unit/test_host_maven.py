"""What of this machine's Maven configuration reaches a build."""

from __future__ import annotations

from pathlib import Path

from lambda_image import host_maven


def test_settings_of_the_user_are_taken_as_they_are(tmp_path: Path) -> None:
    settings = b"<settings><mirrors><mirror><id>company</id></mirror></mirrors></settings>"
    (tmp_path / ".m2").mkdir()
    (tmp_path / ".m2" / "settings.xml").write_bytes(settings)
    assert host_maven.configuration({"HOME": str(tmp_path)}) == settings


def test_no_settings_say_nothing(tmp_path: Path) -> None:
    assert host_maven.configuration({"HOME": str(tmp_path)}) == b"<settings/>\n"
