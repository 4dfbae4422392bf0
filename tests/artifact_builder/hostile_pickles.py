"""Pickles that would create a marker file, or reach what could: written opcode by opcode, none of them ever honest."""

from __future__ import annotations

import io
import pickle
import struct
from pathlib import Path

import joblib
import numpy as np


class Call:
    """Pickles as a call of any function with any arguments."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def text(value: str) -> bytes:
    """A string, as protocols from 4 push it."""
    return b"\x8c" + bytes([len(value)]) + value.encode()


def named(module: str, name: str) -> bytes:
    """STACK_GLOBAL: the name may have dots in it."""
    return text(module) + text(name) + b"\x93"


def called(function: bytes, *arguments: bytes) -> bytes:
    """REDUCE of what is pushed by ``function`` with what is pushed by ``arguments``."""
    return function + b"(" + b"".join(arguments) + b"tR"


def whole(body: bytes, protocol: int = 4) -> bytes:
    """A pickle of its own around the opcodes."""
    return b"\x80" + bytes([protocol]) + body + b"."


def in_object_array(inner: object) -> bytes:
    """Joblib's file with an array of objects, whose pickle of its own stands behind it."""
    file = io.BytesIO()
    array = np.empty(1, dtype=object)
    array[0] = inner
    joblib.dump({"array": array}, file)
    return file.getvalue()


def touching(marker: Path) -> dict[str, bytes]:
    """Ways to run code while a pickle is loaded, by name; each would create ``marker``, were it loaded plainly."""
    command = f"touch {marker}"
    code = f"open({str(marker)!r}, 'w').close()"
    estimator = named("sklearn.linear_model._base", "LinearRegression") + b")\x81"
    system = named("os", "system")
    set_state = estimator + b"}" + text("__setstate__") + named("numpy.testing", "runstring") + b"sb" + text("x") + b"b"
    return {
        "os.system": pickle.dumps(Call(__import__("os").system, command)),
        "os.system in protocol 0": f"cos\nsystem\n(S'{command}'\ntR.".encode(),
        "os.system by INST": f"(S'{command}'\nios\nsystem\n.".encode(),
        "os.system by OBJ": whole(b"(" + system + text(command) + b"o"),
        "builtins.exec": pickle.dumps(Call(exec, code)),
        "builtins.eval in Python 2's name": f"c__builtin__\neval\n(S{code!r}\ntR.".encode(),
        "subprocess": pickle.dumps(Call(__import__("subprocess").check_call, ["touch", str(marker)])),
        "through a module that is allowed": whole(called(named("joblib.memory", "os.system"), text(command))),
        "through two modules": whole(called(named("sklearn.base", "warnings.sys.modules"), text(command))),
        "re-exported": whole(called(named("joblib.disk", "shutil.os.system"), text(command))),
        "numpy's runstring": whole(called(named("numpy.testing", "runstring"), text(code), b"}")),
        "numpy's runstring at home": whole(
            called(named("numpy.testing._private.utils", "runstring"), text(code), b"}")
        ),
        "a memmap, which makes its file": whole(
            called(named("numpy", "memmap"), text(str(marker)), text("u1"), text("w+"), b"K\x00", b"K\x01")
        ),
        "a memmap by NEWOBJ": whole(
            named("numpy", "memmap") + b"(" + text(str(marker)) + text("u1") + text("w+") + b"K\x00K\x01t\x81"
        ),
        "numpy.savetxt": whole(called(named("numpy", "savetxt"), text(str(marker)), b"]K\x01a")),
        "numpy.ndarray.tofile": whole(
            called(named("numpy", "ndarray.tofile"), called(named("numpy", "array"), b"]K\x01a"), text(str(marker)))
        ),
        "numpy.f2py": whole(called(named("numpy.f2py", "compile"), text(""), text(str(marker)))),
        "numpy.load of a pickle": whole(called(named("numpy", "load"), text(str(marker)), b"N", b"\x88")),
        "pandas.eval": whole(called(named("pandas", "eval"), text("@__import__('os').system"))),
        "pandas.read_pickle": whole(called(named("pandas", "read_pickle"), text(str(marker)))),
        "pandas.DataFrame.to_csv": whole(
            called(named("pandas", "DataFrame.to_csv"), called(named("pandas", "DataFrame")), text(str(marker)))
        ),
        "joblib.load": whole(called(named("joblib", "load"), text(str(marker)))),
        "joblib.dump": whole(called(named("joblib", "dump"), text("x"), text(str(marker)))),
        "joblib's cloudpickle": whole(
            called(named("joblib.externals.cloudpickle.cloudpickle", "subimport"), text("os"))
        ),
        "scipy.io": whole(called(named("scipy.io", "savemat"), text(str(marker)), b"}")),
        "a fetcher of data": whole(called(named("sklearn.datasets", "fetch_california_housing"), text(str(marker)))),
        "a callable made on the way": whole(
            called(called(named("functools", "partial"), named("numpy", "savetxt"), text(str(marker))), b"]K\x01a")
        ),
        "a bit generator's maker": whole(
            called(named("numpy.random._pickle", "__randomstate_ctor"), text(str(marker)), named("numpy", "savetxt"))
        ),
        "numpy's import of any module": whole(
            called(called(named("numpy._core", "_ufunc_reconstruct"), text("os"), text("system")), text(command))
        ),
        "getattr": whole(called(called(named("builtins", "getattr"), named("joblib", "memory"), text("os")))),
        "__setstate__ put into an object": whole(set_state),
        "state set on a class": whole(
            named("sklearn.linear_model._base", "LinearRegression") + b"N}" + text("fit") + system + b"s\x86b"
        ),
        "items by an attribute of the pickle's own": whole(
            estimator + b"}" + text("extend") + named("pandas", "read_pickle") + b"sb(" + text(str(marker)) + b"e"
        ),
        "copyreg with a base that acts": whole(
            called(
                named("copyreg", "_reconstructor"),
                named("numpy.lib.npyio", "DataSource"),
                named("numpy.lib.npyio", "DataSource"),
                text(str(marker)),
            )
        ),
        "a text that scipy runs": whole(
            named("scipy.stats._continuous_distns", "norm_gen")
            + b")\x81}"
            + text("_parse_arg_template")
            + text(code)
            + b"sb"
        ),
        "in an array of objects": in_object_array(Call(__import__("os").system, command)),
        "in an array in an array": in_object_array({"inner": np.array([Call(exec, code)], dtype=object)}),
        "a codec": whole(called(named("_codecs", "encode"), text("x"), text("rot13"))),
        "an extension code": whole(b"\x82\x01"),
        "a persistent id": b"Pos.system\n.",
        "a pickle in a pickle": pickle.dumps(Call(pickle.loads, pickle.dumps(Call(exec, code)))),
        "through copyreg's registry": whole(
            called(named("copyreg", "add_extension"), text("os"), text("system"), b"K\x01")
        ),
        "a listener of scikit-learn's": whole(named("sklearn.callback._scoring_monitor", "ScoringMonitor") + b")\x81"),
    }


def packed_zeros(size_bytes: int) -> bytes:
    """A small file that unpacks to a pickle of one long text of zeros."""
    import zlib

    packer = zlib.compressobj(9)
    packed = packer.compress(b"\x80\x04\x8e" + struct.pack("<Q", size_bytes))
    chunk = bytes(1 << 20)
    for _ in range(size_bytes >> 20):
        packed += packer.compress(chunk)
    return packed + packer.compress(b".") + packer.flush()
