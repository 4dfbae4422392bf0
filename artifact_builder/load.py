"""Reading all model.yaml files of a project, with a stack's overrides, and all that is wrong in them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel, ValidationError

from artifact_builder.deployment_yaml import BOOL_CHOICE, LOG_CHOICE, Deployment
from artifact_builder.errors import ModelYamlError, Problem
from artifact_builder.model_yaml import ModelDocument, ModelYaml
from artifact_builder.overrides import OVERRIDES_PLACE, flat_paths, with_overrides
from artifact_builder.rule_values import Values
from artifact_builder.rules import breaches
from artifact_builder.yaml_marks import MarkedYaml, parse

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_MAX_FILE_BYTES = 1 << 20
_MAX_FOUND_CHARACTERS = 60
DEFAULT_SHARD = "default"
_SHARD = re.compile(rb"""^shard:[ \t]*["']?([a-z0-9-]+)["']?[ \t]*(?:#.*)?\r?$""", re.MULTILINE)


def load_models(
    models_dir: Path,
    overrides: Mapping[str, Mapping[str, object]] | None = None,
    *,
    shard: str | None = None,
) -> tuple[ModelYaml, ...]:
    """Read every ``models_dir/*/model.yaml``, sorted by name.

    ``overrides``: per model name, values of ``deployment`` that a stack's configuration sets. ``shard``: only the
    models of that shard (`default` for those that name none); files of others are not read whole. Raises
    ModelYamlError with all problems of all files and of the overrides; nothing is built or written.
    """
    if not models_dir.is_dir():
        raise ModelYamlError(
            (Problem(models_dir.name, None, "", "must be a folder that holds a folder for each model"),)
        )
    overrides = {} if overrides is None else overrides
    problems: list[Problem] = []
    models: list[ModelYaml] = []
    names: dict[str, str] = {}
    for path in sorted(models_dir.glob("*/model.yaml")):
        if shard is not None and _shard_of(path) != shard:
            names.setdefault(path.parent.name, path.name)  # an override of another shard's model is no mistake
            continue
        marked = _read(path, file=path.relative_to(models_dir.parent).as_posix())
        name = _name(marked, path.parent)
        if name in names:
            problems.append(_problem(marked, "name", f"must be no other model's, but {names[name]} has it too", name))
        names.setdefault(name, marked.file)
        model = _check(marked, path.parent, name, overrides.get(name), problems)
        if model is not None:
            models.append(model)
    problems += _unknown_models(overrides, names)
    if problems:
        raise ModelYamlError(tuple(sorted(problems, key=lambda problem: (problem.file, problem.line or 0))))
    return tuple(sorted(models, key=lambda model: model.name))


def shards_of(models_dir: Path) -> frozenset[str]:
    """The shards that the models name; `default` is that of those that name none."""
    return frozenset(_shard_of(path) for path in models_dir.glob("*/model.yaml"))


def _shard_of(path: Path) -> str:
    """The top-level key `shard`, found without reading the YAML: a fleet has a thousand of these files."""
    found = _SHARD.search(path.read_bytes())
    return found[1].decode("ascii") if found else DEFAULT_SHARD


def load_model(folder: Path) -> ModelYaml:
    """Read the model.yaml of one folder; raises ModelYamlError with all problems."""
    problems: list[Problem] = []
    marked = _read(folder / "model.yaml", file=f"{folder.name}/model.yaml")
    model = _check(marked, folder, _name(marked, folder), None, problems)
    if model is None:
        raise ModelYamlError(tuple(problems))
    return model


def _read(path: Path, *, file: str) -> MarkedYaml:
    if not path.is_file():
        return MarkedYaml(file=file, problems=[Problem(file, None, "", "must be a file that is there", "nothing")])
    content = path.read_bytes()
    if len(content) > _MAX_FILE_BYTES:
        too_big = Problem(file, None, "", f"must be at most {_MAX_FILE_BYTES} bytes", str(len(content)))
        return MarkedYaml(file=file, problems=[too_big])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return MarkedYaml(file=file, problems=[Problem(file, line, "", "must be UTF-8 text", f"byte {error.start}")])
    marked = parse(text, file=file)
    if not marked.problems and not isinstance(marked.value, dict):
        marked.problems.append(Problem(file, 1, "", "must be a mapping (key: value)", _shown(marked.value)))
    return marked


def _name(marked: MarkedYaml, folder: Path) -> str:
    given = marked.value.get("name") if isinstance(marked.value, dict) else None
    return given if isinstance(given, str) else folder.name


def _check(
    marked: MarkedYaml,
    folder: Path,
    name: str,
    overrides: Mapping[str, object] | None,
    problems: list[Problem],
) -> ModelYaml | None:
    """The model, or None after adding what is wrong to ``problems``."""
    found = list(marked.problems)
    if isinstance(marked.value, dict):
        document = {"name": folder.name, **marked.value}
        overridden: frozenset[str] = frozenset()
        if overrides is not None:
            document, override_problems = with_overrides(document, overrides, name=name)
            found += override_problems
            overridden = flat_paths(overrides, "deployment")
        place = _Place(marked, name, overridden)
        model, field_problems = _validated(document, folder, place)
        found += field_problems
    else:
        model = None
    problems += found
    return None if found else model


class _Place:
    """Says where a path was written: in model.yaml, or in the stack's configuration."""

    def __init__(self, marked: MarkedYaml, name: str, overridden: frozenset[str]) -> None:
        self._marked = marked
        self._name = name
        self._overridden = overridden

    def problem(self, path: str, message: str, found: str | None, others: tuple[str, ...] = ()) -> Problem:
        if self._overridden.intersection((path, *others)):
            below = path.removeprefix("deployment.")
            return Problem(OVERRIDES_PLACE, None, f"{self._name}.{below}", message, found)
        return Problem(self._marked.file, self._marked.line_of(path), path, message, found)


def _validated(document: dict[str, object], folder: Path, place: _Place) -> tuple[ModelYaml | None, list[Problem]]:
    checked: ModelDocument | None = None
    bad_paths: set[str] = set()
    problems: list[Problem] = []
    try:
        checked = ModelDocument.model_validate(document)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            details["loc"] = tuple(key for key in details["loc"] if key not in (BOOL_CHOICE, LOG_CHOICE))
            path = ".".join(str(key) for key in details["loc"])
            bad_paths.add(path)
            problems.append(place.problem(path, *_words(details)))
    for breach in breaches(Values(document, bad_paths), folder):
        found = _shown(breach.found) if breach.shows_found else None
        if isinstance(breach.found, str):
            found = breach.found
        problems.append(place.problem(breach.path, breach.message, found, breach.others))
    if checked is None or problems:
        return None, problems
    fields = {name: getattr(checked, name) for name in ModelDocument.model_fields}
    fields["deployment"] = _completed(checked.deployment)
    return ModelYaml.model_construct(folder=folder.absolute(), **fields), []


def _completed(deployment: Deployment) -> Deployment:
    """Fill in what depends on other values: oracle-ads's 1 OCPU, 16 GB, 1 instance (OCI.md 2.2)."""
    is_flexible = deployment.shape.endswith(".Flex")
    return deployment.model_copy(
        update={
            "ocpus": deployment.ocpus or (1 if is_flexible else None),
            "memory_gbs": deployment.memory_gbs or (16 if is_flexible else None),
            "instances": deployment.instances or (None if deployment.autoscaling else 1),
        },
    )


_MAPPING = "must be a mapping (key: value)"
_WORDS = {
    "missing": "must be given",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dict_type": _MAPPING,
    "list_type": "must be a list",
    "value_error": "{error}",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}


def _words(details: ErrorDetails) -> tuple[str, str | None]:
    """(what must be, what was found) for one error of pydantic's."""
    kind, value = details["type"], details["input"]
    if kind == "extra_forbidden":
        return _unknown_key(details["loc"]), None
    if kind == "string_type" and isinstance(value, int | float) and not isinstance(value, bool):
        return f'must be a text, in quotes: "{value}"', _shown(value)
    words = _WORDS[kind].format(**details.get("ctx", {})) if kind in _WORDS else details["msg"]
    return words, None if kind == "missing" else _shown(value)


def _unknown_key(location: tuple[int | str, ...]) -> str:
    known = sorted(_known_keys(location[:-1]))
    near = difflib.get_close_matches(str(location[-1]), known, n=1)
    return (
        f"is not a known key, did you mean {near[0]}?" if near else f"is not a known key, known are {', '.join(known)}"
    )


def _known_keys(location: tuple[int | str, ...]) -> set[str]:
    kind: type[BaseModel] = ModelDocument
    for key in location:
        annotation = kind.model_fields[str(key)].annotation
        kind = next(one for one in _types(annotation) if issubclass(one, BaseModel))
    return set(kind.model_fields)


def _types(annotation: object) -> Iterator[type]:
    """The types in an annotation, however deep in unions."""
    if isinstance(annotation, type):
        yield annotation
    for part in get_args(annotation):
        yield from _types(part)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    shown = repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= _MAX_FOUND_CHARACTERS else shown[:_MAX_FOUND_CHARACTERS] + "…"


def _problem(marked: MarkedYaml, path: str, message: str, found: object) -> Problem:
    return Problem(marked.file, marked.line_of(path), path, message, _shown(found))


def _unknown_models(overrides: Mapping[str, object], names: Mapping[str, str]) -> Iterator[Problem]:
    for name in sorted(set(overrides) - set(names)):
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"models are {', '.join(sorted(names)) or 'none'}"
        yield Problem(OVERRIDES_PLACE, None, name, f"is not the name of a model, {hint}")
