"""A plain numpy array is no data frame: said at once, where scikit-learn asks narwhals at length.

scikit-learn (from 1.9 on) asks at every check of an input whether it is some library's frame or series, several times
in a predict(). For an array narwhals looks through the attributes of all its base classes and through its plugins
before it says no: 130 of the 320 µs that a scaler with a logistic regression took. The answer is the same, and an array
of any other type (a memmap, a masked array) is still looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_ASKED = "narwhals.stable.v2.dependencies"  # the module whose functions sklearn.utils.validation calls
_QUESTIONS = ("is_into_dataframe", "is_into_series")


def know_plain_arrays() -> None:
    """Answer for plain arrays beforehand, in this process; does nothing where narwhals is not there or says yes."""
    asked = sys.modules.get(_ASKED)
    if asked is None:
        return
    import numpy as np

    for name in _QUESTIONS:
        ask = getattr(asked, name, None)
        if callable(ask) and ask(np.empty((1, 1))) is False:
            setattr(asked, name, _knowing(ask, np.ndarray))


def _knowing(ask: Callable[[Any], bool], array_type: type) -> Callable[[Any], bool]:
    def is_into(native: Any) -> bool:
        return False if type(native) is array_type else ask(native)

    is_into.__doc__ = ask.__doc__
    return is_into
