import os

os.environ["CONFORMANCE_HOOK"] = "PYTHONPATH"
