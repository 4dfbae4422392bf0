"""YAML as plain values together with the line that each value stands on.

PyYAML's own ``safe_load`` forgets lines and lets a repeated key win silently; both matter to a person who looks for
a mistake, so the node tree is walked here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from artifact_builder.errors import Problem

# libyaml is ten times faster and gives the same marks; a wheel without it is rare but legal.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_DEPTH = 50  # model.yaml needs 4; the composer recurses, so that endless nesting would end the process


@dataclass
class MarkedYaml:
    """``value``: plain dicts, lists and scalars; ``lines``: dotted path → line, counted from 1."""

    file: str
    value: object = None
    lines: dict[str, int] = field(default_factory=lambda: {"": 1})
    problems: list[Problem] = field(default_factory=list)

    def line_of(self, path: str) -> int:
        """Line of the value, or of the nearest mapping around it where it is not written."""
        while path not in self.lines:
            path = path.rpartition(".")[0]
        return self.lines[path]


def parse(text: str, *, file: str) -> MarkedYaml:
    """Parse one YAML document; what is wrong with it is collected in ``problems``, never raised."""
    marked = MarkedYaml(file=file)
    try:
        _check_depth(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            marked.value = _Walk(loader, marked).plain(node, "") if node is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = " ".join(part for part in (error.context, error.problem) if part)
        marked.problems.append(Problem(file, mark.line + 1 if mark else 1, "", f"is not valid YAML: {words}"))
    except yaml.YAMLError as error:
        marked.problems.append(Problem(file, 1, "", f"is not valid YAML: {' '.join(str(error).split())}"))
    return marked


def _check_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                mark: Any = event.start_mark  # libyaml's marks have another class, and the same attributes
                raise yaml.MarkedYAMLError(problem=f"nested deeper than {_MAX_DEPTH} levels", problem_mark=mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Walk:
    def __init__(self, loader: yaml.SafeLoader, marked: MarkedYaml) -> None:
        self._loader = loader
        self._marked = marked
        self._seen: set[int] = set()

    def plain(self, node: yaml.Node, path: str) -> object:
        # A node met twice is an alias. Refused: a few lines of aliases can stand for billions of values, or for a loop.
        if id(node) in self._seen:
            message = "must be written out, an alias (*name) is not supported here"
            self._marked.problems.append(Problem(self._marked.file, self._marked.line_of(path), path, message))
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, self._mark(f"{path}.{index}", item)) for index, item in enumerate(node.value)]
        try:
            value: object = self._loader.construct_object(node)
        except ValueError as error:  # such as the date 2020-13-45
            self._problem(node, path, f"is not valid YAML: {error}")
            return None
        return value

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, object]:
        plain: dict[str, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(key_node, path, "must have plain texts as keys")
                continue
            key = key_node.value
            here = f"{path}.{key}".removeprefix(".")
            if key in plain:
                first = self._marked.lines[here]
                self._problem(key_node, here, f"is written twice, first on line {first}: keep one")
                continue
            plain[key] = self.plain(value_node, self._mark(here, key_node))
        return plain

    def _mark(self, path: str, node: yaml.Node) -> str:
        self._marked.lines[path] = node.start_mark.line + 1
        return path

    def _problem(self, node: yaml.Node, path: str, message: str) -> None:
        self._marked.problems.append(Problem(self._marked.file, node.start_mark.line + 1, path, message))
