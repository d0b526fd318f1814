"""An error as the Runtime API wants it: a JSON body, the header that names its kind, and X-Ray's cause.

Imported when the first error is reported.
"""

import os
import traceback

from . import payload

OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
# The emulator crops what is longer, which makes it no JSON; servers refuse heads of a megabyte.
CAUSE_LIMIT = 65536


class Fault:
    """What is reported of an exception."""

    def __init__(self, error, kind=None, header=None, message=None, request_id=None):
        """`kind` replaces the exception's name as the type; `header` is what the type's header says instead."""
        self.message = _text(error) if message is None else message
        self.type_name = kind or type(error).__name__
        self.header = kind or header or "Function." + _word(self.type_name)
        self.request_id = request_id
        self._frames = _frames_of(error)
        self.body = self._body()

    @property
    def stack(self):
        """The frames as Python prints them."""
        return traceback.format_list(self._frames)

    def _body(self):
        values = {"errorMessage": self.message, "errorType": self.type_name}
        if self.request_id is not None:
            values["requestId"] = self.request_id
        values["stackTrace"] = self.stack
        return payload.dumps(values)

    @property
    def cause(self):
        """For X-Ray, as a header: one line of printable ASCII; empty where it would be too long."""
        stack = [{"path": frame.filename, "line": frame.lineno, "label": frame.name} for frame in self._frames]
        values = {
            "working_directory": _working_directory(),
            "paths": sorted({frame.filename for frame in self._frames}),
            "exceptions": [{"type": self.type_name, "message": self.message, "stack": stack}],
        }
        line = payload.ascii_of(values).replace("\x7f", "\\u007f")  # all others that a header cannot hold are escaped
        return line if len(line) < CAUSE_LIMIT else ""


def _text(error):
    try:
        return str(error)
    except Exception as problem:  # a __str__ of the function's own
        return "the error has no text: its __str__ raised %s" % type(problem).__name__


def _frames_of(error):
    """The stack from the function's own code on: how the client got there is left out."""
    try:
        frames = traceback.extract_tb(error.__traceback__)
    except Exception:  # what the function has replaced: the error is reported without a stack
        return []
    frames = [frame for frame in frames if not frame.filename.startswith((OWN_FOLDER, "<frozen importlib"))]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append(traceback.FrameSummary(error.filename, error.lineno or 0, "<module>"))
    return frames


def _working_directory():
    try:
        return os.getcwd()
    except OSError:
        return ""


def _word(name):
    """A type's name as the form Category.Reason allows it."""
    return "".join([letter for letter in name if letter.isascii() and (letter.isalnum() or letter == "_")]) or "Error"
