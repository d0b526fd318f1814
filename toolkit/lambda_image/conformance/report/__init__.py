"""Reports: the verdicts and findings of a run as values, and their forms (text, JSON, JUnit)."""

from lambda_image.conformance.report.model import ImageReport, Report
from lambda_image.conformance.report.write import FORMATS, write

__all__ = ["FORMATS", "ImageReport", "Report", "write"]
