"""Which globals a pickle may name, and what it may do with them.

A pickle names classes and functions and may call them with any arguments. Honest ones name thousands of classes and
call few functions, so: classes and functions of scikit-learn, numpy, scipy, pandas and joblib may be *named*, except
in modules that read, write, run or test something; only classes that pickle themselves by a call, and the functions
that exist to rebuild an object, may be *called*.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Collection
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import NamedTuple

import numpy as np

from artifact_builder.worker.guard.pickle_allow_list import (
    DENIED_MODULES,
    DENIED_NAMES,
    DENIED_PARTS,
    DENIED_PREFIXES,
    JOBLIB,
    NEVER_MADE,
    PACKAGES,
    REBUILDERS,
    STANDARD,
)


class GlobalName(NamedTuple):
    """A global as a pickle names it, in Python 3's words."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


GETATTR = GlobalName("builtins", "getattr")


@dataclass(frozen=True)
class Found:
    """A global that was looked up. ``is_free``: the user's own code or trusted, so that nothing is asked of its use."""

    value: object
    is_free: bool
    may_be_called: bool
    may_be_made: bool


class Refused(Exception):  # noqa: N818  # collected by the caller, an error only in sum
    """The global is outside the allow-list; ``as_found`` is its own name where that differs."""

    def __init__(self, asked: GlobalName, as_found: str | None = None) -> None:
        self.asked, self.as_found = asked, as_found
        super().__init__(str(asked))


@dataclass(frozen=True)
class AllowList:
    """``trust``: dotted names of modules (with what is in them) or single globals; ``own``: the folder's modules."""

    trust: Collection[str] = ()
    own: Collection[str] = ()

    def names_free(self, module: str, name: str) -> bool:
        """Whether all use of the global is allowed, by name: own code, or trusted."""
        return module.partition(".")[0] in self.own or any(
            f"{module}.{name}.".startswith(f"{trusted}.") for trusted in self.trust
        )

    def refuses(self, asked: GlobalName, *, is_called: bool) -> bool:
        """Whether the global is outside the list by its name alone; nothing is imported."""
        if self.names_free(*asked):
            return False
        return not _is_allowed(*asked) or (is_called and asked.module.partition(".")[0] == "joblib")

    def find(self, asked: GlobalName, *, is_called: bool) -> Found:
        """Import and return the global. Raises ``Refused``, and ImportError or AttributeError where it is not there."""
        if self.refuses(asked, is_called=is_called):
            raise Refused(asked)
        value = _walked(asked)
        home = _home(value, asked)
        if self.names_free(*asked) and (home is None or self.names_free(*home) or str(asked) in self.trust):
            return Found(value, is_free=True, may_be_called=True, may_be_made=True)
        if home is None or not (self.names_free(*home) or _is_allowed(*home)) or not _is_harmless(value, asked):
            raise Refused(asked, None if home is None or home == asked else str(home))
        may_be_called = _may_be_called(value, home)
        if is_called and not may_be_called:
            raise Refused(asked)
        return Found(value, is_free=False, may_be_called=may_be_called, may_be_made=_plain_name(home) not in NEVER_MADE)


def is_installed(module: str) -> bool:
    """Whether the module's package can be found, without importing it."""
    top = module.partition(".")[0]
    try:
        return top in sys.modules or importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False


def trust_name(refused: Refused) -> str:
    """What to write under ``trust`` to allow the global: a package of others whole, anything else by its own name."""
    top = refused.asked.module.partition(".")[0]
    return str(refused.asked) if top in PACKAGES or top in sys.stdlib_module_names else top


def _plain_name(asked: GlobalName) -> str:
    return str(asked).replace("numpy.core.", "numpy._core.")


def _is_allowed(module: str, name: str) -> bool:
    if name in STANDARD.get(module, "").split():
        return True
    full_name = _plain_name(GlobalName(module, name))
    if full_name in REBUILDERS or full_name in JOBLIB:
        return True
    parts = module.split(".")
    if parts[0] not in PACKAGES or parts[0] == "joblib" or DENIED_PARTS.intersection(parts):
        return False
    plain_module = module.replace("numpy.core", "numpy._core")
    if any(f"{plain_module}.".startswith(f"{denied}.") for denied in DENIED_MODULES):
        return False
    first = name.partition(".")[0]
    prefix = DENIED_PREFIXES.get(parts[0])
    return first not in DENIED_NAMES.get(plain_module, ()) and not (prefix is not None and first.startswith(prefix))


def _walked(asked: GlobalName) -> object:
    value: object = importlib.import_module(asked.module)
    for part in asked.name.split("."):
        value = getattr(value, part)
    return value


def _home(value: object, asked: GlobalName) -> GlobalName | None:
    """Where the object says that it was defined; None for a module and for what says nothing that can be believed."""
    if isinstance(value, ModuleType):
        return None
    if asked.name in STANDARD.get(asked.module, "").split():  # listed one by one, whatever it calls itself
        return asked
    if isinstance(value, np.ufunc):  # computes numbers and nothing else, and does not say where it lives
        return asked
    module = getattr(value, "__module__", None)
    if not isinstance(module, str):
        return asked if _plain_name(asked) in REBUILDERS else None
    is_named = isinstance(value, type | FunctionType) or callable(value)
    name = (
        getattr(value, "__qualname__", None) or getattr(value, "__name__", None) if is_named else type(value).__name__
    )
    return GlobalName(module, name) if isinstance(name, str) else None


def _is_harmless(value: object, asked: GlobalName) -> bool:
    """Dotted names lead to classes within classes; functions of classes are only scikit-learn's and scipy's affair."""
    if isinstance(value, type) or "." not in asked.name or str(asked) in REBUILDERS:
        return True
    return isinstance(value, FunctionType) and asked.module.partition(".")[0] in ("sklearn", "scipy")


def _may_be_called(value: object, home: GlobalName) -> bool:
    if isinstance(value, type):
        if _plain_name(home) in NEVER_MADE:
            return False
        pickles_itself = any(getattr(value, way) is not getattr(object, way) for way in ("__reduce__", "__reduce_ex__"))
        return pickles_itself or home.module in STANDARD
    is_cythons = home.module.startswith(PACKAGES) and home.name.startswith("__pyx_unpickle_")
    is_trees = home.module.startswith("sklearn.") and home.name == "newObj"
    return _plain_name(home) in REBUILDERS or is_cythons or is_trees
