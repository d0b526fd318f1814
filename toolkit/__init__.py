"""`python -m toolkit` in a checkout; the package itself is `lambda_image`."""
