"""requirements.txt of an artifact: what its files import, for the conda environment that someone makes for it.

The file is a member, so that its lines must be equal wherever the same artifact is built:

- **scikit-learn, and whatever else the pickle's own classes come from, exactly**: a pickle is only promised to load
  with the release that wrote it, and its bytes follow that release anyway.
- **numpy and scipy by their major release** (pandas too, where the model file holds objects of its): each keeps its
  pickles loadable within one. A bound of the builder machine's minor or patch release would give one model two digests.
- **joblib, pandas, onnxruntime from a fixed release on**: what score.py itself asks of them.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from importlib import metadata

# Import names of the usual distributions; looking into every installed one costs a second.
_DISTRIBUTIONS = {
    name: (distribution,)
    for name, distribution in {
        "joblib": "joblib",
        "numpy": "numpy",
        "onnxruntime": "onnxruntime",
        "pandas": "pandas",
        "scipy": "scipy",
        "sklearn": "scikit-learn",
    }.items()
}
_STABLE_IN_A_MAJOR = frozenset({"numpy", "pandas", "scipy"})
_FIXED = {
    "joblib": "joblib>=1.2,<2",  # 1.2 aligned the arrays in its files; older releases cannot read them
    # The releases that Paddock's own requirements begin with: older ones are not tested.
    "onnxruntime": "onnxruntime>=1.20,<2",
    "pandas": "pandas>=2.2,<4",
}


def requirements_txt(sources: Mapping[str, str], *, estimator_modules: Collection[str] = ()) -> str:
    """Requirement lines as pip reads them, sorted.

    ``sources``: file name → text of the artifact's Python files (score.py, hooks.py, own modules beside them).
    ``estimator_modules``: top-level modules of the classes in the model file; empty for ONNX. What no installed
    distribution brings becomes a comment that names it.
    """
    local = {name.removesuffix(".py") for name in sources}
    imported: dict[str, str] = {}
    comments = []
    for name, source in sorted(sources.items()):
        try:
            modules = set(_imports(ast.parse(source)))
        except (SyntaxError, ValueError) as error:
            comments.append(f"# {name} is not valid Python, its imports are not known: {_one_line(error)}")
            continue
        imported |= dict.fromkeys(sorted(modules), name)
    wanted = {
        module: imported.get(module, "the model file")
        for module in {*imported, *estimator_modules}
        if module not in local and module not in sys.stdlib_module_names
    }
    lines: set[str] = set()
    for module, file in wanted.items():
        distributions = _distributions(module)
        lines |= {_requirement(one, is_pickled=module in estimator_modules) for one in distributions}
        if not distributions:
            comments.append(f"# {module}: imported by {file}, of no distribution that was installed at build time")
    return "".join(f"{line}\n" for line in (*sorted(comments), *sorted(lines)))


def _imports(tree: ast.AST) -> Iterator[str]:
    """Top-level names of everything imported, wherever in the file, but for what only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            for other in node.orelse:
                yield from _imports(ast.Module([other], []))
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0 and node.module:
                yield node.module.partition(".")[0]
        else:
            yield from _imports(node)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _distributions(module: str) -> tuple[str, ...]:
    """Names of the distributions that bring the module: several share a namespace package."""
    known = _DISTRIBUTIONS.get(module)
    if known is not None:
        return known
    return tuple(sorted({_normal(name) for name in metadata.packages_distributions().get(module, ())}))


def _normal(distribution: str) -> str:
    return distribution.lower().replace("_", "-").replace(".", "-")


def _requirement(distribution: str, *, is_pickled: bool) -> str:
    if distribution in _FIXED and not (is_pickled and distribution == "pandas"):
        return _FIXED[distribution]
    version = metadata.version(distribution).partition("+")[0]  # a local version is on no index
    if distribution == "scikit-learn" or (is_pickled and distribution not in _STABLE_IN_A_MAJOR):
        return f"{distribution}=={version}"
    major, _, rest = version.partition(".")
    if major == "0":  # before 1.0 the second number is the one that breaks
        second = rest.partition(".")[0] or "0"
        return f"{distribution}>=0.{second},<0.{int(second) + 1}" if second.isdigit() else f"{distribution}=={version}"
    return f"{distribution}>={major},<{int(major) + 1}" if major.isdigit() else f"{distribution}=={version}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
