"""Build, verify and publish custom AWS Lambda base images."""

__version__ = "0.1.0"
