"""Finding the handler, and the fault where there is none."""

import importlib
import os

from reference_runtime.fault import Fault


class InitError(Exception):
    """The function cannot be loaded; carries the fault to report."""

    def __init__(self, fault):
        super().__init__(fault.message)
        self.fault = fault


def find():
    """The function that `_HANDLER` names: folder/module.function, its last dot before the function."""
    name = os.environ.get("_HANDLER", "")
    module_name, _, function_name = name.rpartition(".")
    if not module_name.strip("/.") or not function_name or "/" in function_name:
        message = f"the handler {name!r} is not of the form module.function"
        raise _init_error(ValueError(message), "Runtime.MalformedHandlerName")
    module = _load(module_name.replace("/", "."))
    function = getattr(module, function_name, None)
    if not callable(function):
        message = f"the handler {function_name!r} is not in the module {module_name!r}"
        raise _init_error(AttributeError(message), "Runtime.HandlerNotFound")
    return function


def _load(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        fault = Fault(error, type_name="Runtime.ImportModuleError", type_header="Runtime.ImportModuleError")
        fault.message = f"cannot import module {name!r}: {error}"
        raise InitError(fault) from error
    except SyntaxError as error:
        raise _init_error(error, "Runtime.UserCodeSyntaxError") from error
    except Exception as error:
        raise InitError(Fault(error, type_header="Runtime.InitError")) from error


def _init_error(error, kind):
    return InitError(Fault(error, type_name=kind, type_header=kind))
