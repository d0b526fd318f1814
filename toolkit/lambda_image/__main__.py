"""`python -m lambda_image`."""

from lambda_image.cli import main

main()
