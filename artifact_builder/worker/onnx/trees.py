"""Trees that were fitted on missing values: skl2onnx leaves out where these go, and hangs at endless thresholds."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from skl2onnx.common import tree_ensemble

_ADD_TREE = "add_tree_to_attribute_pairs"
_their_threshold = tree_ensemble.sklearn_threshold
_their_add_tree = tree_ensemble.add_tree_to_attribute_pairs


def correct_trees() -> None:
    """Put ours wherever skl2onnx's own are called from."""
    tree_ensemble.sklearn_threshold = _threshold
    for name, module in list(sys.modules.items()):
        if name.startswith("skl2onnx.") and getattr(module, _ADD_TREE, None) is _their_add_tree:
            setattr(module, _ADD_TREE, _add_tree)


def _threshold(value: Any, dtype: Any, mode: str) -> Any:
    """Theirs searches for ever where a split only parts missing from present values: its threshold is infinite."""
    return _their_threshold(value, dtype, mode) if np.isfinite(value) else value


def _add_tree(attributes: dict[str, list[Any]], is_classifier: bool, tree: Any, *rest: Any, **named: Any) -> None:  # noqa: FBT001  # their order
    """Theirs, and for each node whether a missing value goes on as one that is below the threshold."""
    _their_add_tree(attributes, is_classifier, tree, *rest, **named)
    goes_left = [int(left) for left in tree.missing_go_to_left]
    attributes["nodes_missing_value_tracks_true"][-tree.node_count :] = goes_left
