"""An error as the Runtime API wants it: a JSON body, a type header, and X-Ray's cause as a header."""

import importlib
import json
import re
import traceback
from pathlib import Path

OWN_FOLDER = __file__.rpartition("/")[0]
CAUSE_LIMIT = 1024 * 1024


class Fault:
    """What is reported of an error, made when it is caught."""

    def __init__(self, error, *, request_id=None, type_name=None, type_header=None):
        self.message = str(error)
        self.type_name = type_name or type(error).__name__
        self.type_header = type_header or f"Function.{_word(self.type_name)}"
        self.frames = _frames(error)
        self.request_id = request_id

    @property
    def stack(self):
        return traceback.format_list(self.frames)

    @property
    def body(self):
        values = {"errorMessage": self.message, "errorType": self.type_name}
        if self.request_id is not None:
            values["requestId"] = self.request_id
        values["stackTrace"] = self.stack
        return json.dumps(values).encode()

    @property
    def cause(self):
        """For X-Ray: one line, all but printable ASCII escaped; None where it would be too long for a header."""
        values = {
            "working_directory": str(Path.cwd()),
            "paths": sorted({frame.filename for frame in self.frames}),
            "exceptions": [
                {
                    "type": self.type_name,
                    "message": self.message,
                    "stack": [
                        {"path": frame.filename, "line": frame.lineno, "label": frame.name} for frame in self.frames
                    ],
                }
            ],
        }
        line = json.dumps(values)
        return line if len(line) < CAUSE_LIMIT else None


def _frames(error):
    """The stack from the function's own code on: what the runtime did to get there is left out."""
    way = (OWN_FOLDER, "<frozen importlib", importlib.__file__)
    frames = traceback.extract_tb(error.__traceback__)
    outside = [frame for frame in frames if not frame.filename.startswith(way)]
    if isinstance(error, SyntaxError) and error.filename:
        outside.append(traceback.FrameSummary(error.filename, error.lineno or 0, "<module>"))
    return traceback.StackSummary.from_list(outside)


def _word(name):
    return re.sub(r"[^A-Za-z0-9_]", "", name) or "Error"
