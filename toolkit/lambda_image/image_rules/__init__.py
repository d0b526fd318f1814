"""What Docker does not check and Lambda does: rules over one view of an image, wherever the image is.

    view = image_rules.read("registry:localhost:5000/f:1")   # or docker:, oci-archive:, oci-dir:, docker-archive:
    report = image_rules.lint(view)

`sources/` make views, `rules.py` is the list of rules, `findings.py` judges. Suite, lint and publish share all three.
"""

from lambda_image.image_rules.findings import Finding, Report, check, lint, text, to_json
from lambda_image.image_rules.model import View
from lambda_image.image_rules.rules import RULES, Rule, Severity
from lambda_image.image_rules.sources import read

__all__ = ["RULES", "Finding", "Report", "Rule", "Severity", "View", "check", "lint", "read", "text", "to_json"]
