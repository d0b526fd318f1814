"""Finding the function that `_HANDLER` names: folder/module.function, its last dot before the function."""

import os
import sys


class InitError(Exception):
    """The function cannot be loaded: a kind for the report, and the reason in AWS's words, which people look for."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def find(name):
    """The handler; InitError where the name leads to none, else whatever the function's top-level code raises."""
    path, _, attribute = name.rpartition(".")
    module_name = path.replace("/", ".")
    if not attribute or "/" in attribute or "" in module_name.split("."):
        raise InitError("Runtime.MalformedHandlerName", "Bad handler %r: it is not of the form module.function" % name)
    if module_name in sys.builtin_module_names:
        message = "%r is a module of Python itself: give the handler's file another name" % module_name
        raise InitError("Runtime.BuiltInModuleConflict", message)
    function = getattr(_load(module_name, path), attribute, None)
    if not callable(function):
        problem = "missing on" if function is None else "is no function in"
        raise InitError("Runtime.HandlerNotFound", "Handler %r %s module %r" % (attribute, problem, path))
    return function


def _load(module_name, path):
    try:
        __import__(module_name)
        return sys.modules[module_name]
    except ImportError as error:
        message = "Unable to import module %r: %s%s" % (path, error, _unreadable(module_name))
        raise InitError("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        message = "Syntax error in module %r: %s" % (path, error)
        raise InitError("Runtime.UserCodeSyntaxError", message) from error


def _unreadable(module_name):
    """Python says "no module named" too where it may not look: name the file or folder that it may not read."""
    where = os.environ.get("LAMBDA_TASK_ROOT") or os.getcwd()
    wanted = [where]
    for part in module_name.split("."):
        where = os.path.join(where, part)
        wanted.append(where)
    wanted.append(where + ".py")
    for name in wanted:
        needed = os.R_OK | os.X_OK if os.path.isdir(name) else os.R_OK
        if os.path.lexists(name) and not os.access(name, needed):
            return " (permission denied: %s cannot be read by user %d)" % (name, os.getuid())
    return ""
