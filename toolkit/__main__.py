"""`python -m toolkit` in a checkout: the program without installing it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lambda_image.cli import main

main()
