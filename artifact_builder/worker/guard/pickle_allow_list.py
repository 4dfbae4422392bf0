"""What a pickle may name, module by module: data for ``pickle_globals``, which says how it is used."""

from __future__ import annotations

PACKAGES = ("sklearn", "numpy", "scipy", "pandas", "joblib")

# Modules of those packages that have no business in a saved estimator.
DENIED_MODULES = (
    *("sklearn.datasets", "sklearn.callback._scoring_monitor", "sklearn.utils._testing", "sklearn.utils._test_common"),
    *("sklearn.utils.estimator_checks", "sklearn.utils.parallel", "sklearn.utils._show_versions"),
    *(
        "numpy.f2py",
        "numpy.testing",
        "numpy.distutils",
        "numpy.ctypeslib",
        "numpy.lib.format",
        "numpy.lib._format_impl",
    ),
    *("numpy.lib.npyio", "numpy.lib._npyio_impl", "numpy.lib._datasource", "numpy.lib._utils_impl"),
    *("numpy.lib.introspect", "numpy._pytesttester", "numpy._configtool", "numpy.typing", "numpy._core._internal"),
    *("scipy.io", "scipy.datasets", "scipy._lib._ccallback", "scipy._lib._testutils", "scipy._lib._pep440"),
    *("scipy._lib._bunch", "scipy._lib.deprecation", "scipy._lib.uarray", "scipy.sparse._matrix_io"),
    *("scipy._lib.messagestream", "scipy.stats._unuran", "scipy.odr", "pandas._libs.sas"),
    *("pandas.io", "pandas.util", "pandas.testing", "pandas._testing", "pandas.plotting", "pandas.compat"),
    *("pandas.core.computation", "pandas._config", "pandas._libs.parsers", "pandas._libs.json", "pandas._libs.writers"),
    *("pandas.core.config_init", "pandas.core.interchange", "pandas.api.interchange", "pandas.core.accessor"),
)
DENIED_PARTS = frozenset({"tests", "test", "conftest", "__main__", "setup", "_build_utils", "_pyinstaller"})
DENIED_NAMES = {
    "numpy": frozenset(
        [
            "load",
            "save",
            "savez",
            "savez_compressed",
            "savetxt",
            "loadtxt",
            "genfromtxt",
            "fromfile",
            "fromregex",
            "DataSource",
            "test",
            "info",
            "show_config",
            "show_runtime",
            "get_include",
            "seterr",
            "seterrcall",
            "setbufsize",
        ]
    ),
    "numpy.rec": frozenset({"fromfile"}),
    "numpy._core.records": frozenset({"fromfile"}),
    "numpy._core.multiarray": frozenset({"fromfile"}),
    "numpy.lib": frozenset({"add_docstring", "tracemalloc_domain"}),
    "scipy": frozenset({"LowLevelCallable", "test", "show_config"}),
    "scipy.spatial._qhull": frozenset({"_Qhull"}),  # its options may name a file to write
    "scipy.sparse": frozenset({"load_npz", "save_npz"}),
    "pandas": frozenset(
        ["eval", "to_pickle", "ExcelFile", "ExcelWriter", "HDFStore", "test", "show_versions", "set_option"]
    ),
    "pandas.core.frame": frozenset({"eval"}),
}
DENIED_PREFIXES = {"pandas": "read_"}
# joblib runs, caches and loads things: only what a fitted estimator may hold of it.
JOBLIB = frozenset(
    {
        "joblib.numpy_pickle.NumpyArrayWrapper",
        "joblib.memory.Memory",
        "joblib.memory.NotMemorizedFunc",
        "joblib.logger.Logger",
        "joblib._store_backends.FileSystemStoreBackend",
    }
)
STANDARD = {
    "builtins": "object dict list tuple set frozenset int float complex str bytes bytearray bool slice range "
    "NotImplemented Ellipsis getattr",
    "collections": "OrderedDict defaultdict Counter deque",
    "datetime": "date datetime time timedelta timezone",
    "zoneinfo": "ZoneInfo ZoneInfo._unpickle",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "uuid": "UUID",
    "functools": "partial",
    "operator": "itemgetter attrgetter add sub mul truediv floordiv mod neg pos abs eq ne lt le gt ge and_ or_ not_",
    "math": "sqrt exp expm1 log log1p log2 log10 sin cos tan atan2 floor ceil isnan isfinite fabs pow",
    "array": "array _array_reconstructor",
    "random": "Random",
    "re": "_compile",
    "copyreg": "_reconstructor __newobj__",
    "_codecs": "encode",
    "types": "SimpleNamespace",
    # Pure data: a path opens nothing until someone asks it to, and nothing in a pickle can.
    "pathlib": "Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath",
    "pathlib._local": "Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath",
    "pyarrow.lib": "_restore_array py_buffer type_for_alias",  # pandas keeps strings in pyarrow's arrays
}
# Functions that exist to rebuild an object from a pickle.
REBUILDERS = frozenset(
    {
        "zoneinfo.ZoneInfo._unpickle",
        "copyreg._reconstructor",
        "copyreg.__newobj__",
        "_codecs.encode",
        "re._compile",
        "array._array_reconstructor",
        "pyarrow.lib._restore_array",
        "pyarrow.lib.py_buffer",
        "pyarrow.lib.type_for_alias",
        "numpy._core.multiarray._reconstruct",
        "numpy._core.multiarray.scalar",
        "numpy._core.numeric._frombuffer",
        "numpy._core._internal._convert_to_stringdtype_kwargs",
        "numpy.ma.core._mareconstruct",
        "numpy.random._pickle.__bit_generator_ctor",
        "numpy.random._pickle.__generator_ctor",
        "numpy.random._pickle.__randomstate_ctor",
        "pandas._libs.internals._unpickle_block",
        "pandas._libs.tslibs.nattype._nat_unpickle",
        "pandas._libs.tslibs.timedeltas._timedelta_unpickle",
        "pandas._libs.tslibs.timestamps._unpickle_timestamp",
        "pandas.core.indexes.base._new_Index",
        "pandas.core.indexes.datetimes._new_DatetimeIndex",
        "pandas.core.indexes.interval._new_IntervalIndex",
        "pandas.core.indexes.period._new_PeriodIndex",
        "pandas.core.indexes.timedeltas._new_TimedeltaIndex",
    }
)
# May be named as an array's class; made from scratch it would open, or empty, a file.
NEVER_MADE = frozenset({"numpy.memmap"})
