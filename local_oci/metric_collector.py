"""Brings what model servers measure into Monitoring, under `oci_datascience_modeldeploy` (OCI.md 4.3).

Each ACTIVE deployment is asked for its `/metrics` (Prometheus' text) at an interval; counters become what was added
since the last time, the latency histogram becomes its mean with the number of requests.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import threading
from collections.abc import Iterator, Mapping

from local_oci.clock import Clock
from local_oci.store import PointRow, Record
from local_oci.supervised import KIND
from local_oci.writer import Writer, WriterClosed

NAMESPACE = "oci_datascience_modeldeploy"
_INTERVAL_S = 15.0
_TIMEOUT_S = 2.0
_LARGEST_TEXT_BYTES = 1024 * 1024
_LINE = re.compile(r"([A-Za-z_]\w*)\{(.*)\} ([-+.\deE]+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_COUNTERS = ("PredictRequestCount", "PredictResponse")
_GAUGES = ("CpuUtilization", "MemoryUtilization", "NetworkBytes", "PredictBandwidth")
_LATENCY = "PredictLatency"
_LOG = logging.getLogger("local_oci")

Sample = tuple[str, tuple[tuple[str, str], ...]]
Samples = dict[Sample, float]


def samples(text: str) -> Samples:
    """The values of Prometheus' text by name and labels."""
    found: Samples = {}
    for line in text.splitlines():
        if matched := _LINE.fullmatch(line):
            labels = tuple(sorted((name, value) for name, value in _LABEL.findall(matched.group(2))))
            found[matched.group(1), labels] = float(matched.group(3))
    return found


def measured(now: Samples, before: Samples) -> Iterator[tuple[str, Mapping[str, str], float, int]]:
    """Metric, dimensions, value and count of what happened between two readings."""
    for (name, labels), value in now.items():
        since = value - before.get((name, labels), 0.0)
        if name in _GAUGES:
            yield name, dict(labels), value, 1
        elif name in _COUNTERS and since > 0:
            yield name, dict(labels), since, 1
        elif name == f"{_LATENCY}_count" and since > 0:
            total = (f"{_LATENCY}_sum", labels)
            yield _LATENCY, dict(labels), (now[total] - before.get(total, 0.0)) / since, int(since)


class MetricCollector:
    """Owns its thread between `start` and `close`."""

    def __init__(self, writer: Writer, clock: Clock, interval_s: float = _INTERVAL_S) -> None:
        self._writer = writer
        self._clock = clock
        self._interval_s = interval_s
        self._before: dict[str, Samples] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Begin to collect."""
        self._thread.start()

    def close(self) -> None:
        """End; what was not yet collected is lost, as with a minute on OCI."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(self._interval_s):
            try:
                for record in self._writer.run(lambda tx: tx.in_states(KIND, "ACTIVE")):
                    self._collect(record)
            except WriterClosed:
                return
            except Exception:  # noqa: BLE001 - a full disk is not for ever, and predictions go on without metrics
                _LOG.exception("the deployments' metrics could not be kept")

    def _collect(self, record: Record) -> None:
        text = _read(int(record.private["port"]))
        if text is None:
            return
        now = samples(text)
        before = self._before.get(record.id, {})
        if sum(value for (name, _), value in now.items() if name in _COUNTERS) < sum(
            value for (name, _), value in before.items() if name in _COUNTERS
        ):
            before = {}  # the model server was started again and counts from zero
        self._before[record.id] = now
        time_s = self._clock()
        rows = [
            PointRow(
                compartment=record.compartment,
                namespace=NAMESPACE,
                resource_group="",
                name=name,
                dimensions=json.dumps(sorted(dimensions.items())),
                time_s=time_s,
                value=value,
                values_counted=count,
            )
            for name, dimensions, value, count in measured(now, before)
        ]
        self._writer.run(lambda tx: tx.add_points(rows))


def _read(port: int) -> str | None:
    """A deployment's metrics; None where it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        return answer.read(_LARGEST_TEXT_BYTES).decode() if answer.status == http.HTTPStatus.OK else None
    except (OSError, http.client.HTTPException, UnicodeDecodeError):
        return None
    finally:
        connection.close()
