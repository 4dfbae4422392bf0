"""The metrics in Prometheus' text format, version 0.0.4. Oracle's names and dimensions; ours begin with paddock_."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from model_server.metrics import INTERVAL_S, Histogram, Metrics, result_of

CONTENT_TYPE = "text/plain; version=0.0.4"
_BITS = 8


def exposition(
    metrics: Metrics, resource_id: str, *, waiting: int, instances: int, bandwidth_mbps: float | None
) -> bytes:
    """Write all metrics of one deployment."""
    resource = {"resourceId": resource_id}
    lines = [
        *_head("PredictRequestCount", "counter", "Number of predict requests"),
        _line("PredictRequestCount", resource, sum(metrics.statuses.values())),
        *_head("PredictResponse", "counter", "Predict response result and status code"),
    ]
    for status, count in sorted(metrics.statuses.items()):
        result = result_of(status)
        family = f"{status // 100}XX"
        labels = resource | {"statusCode": str(status), "result": result, "statusFamily": family}
        lines.append(_line("PredictResponse", labels, count))
    lines += _head("PredictLatency", "histogram", "Latency of predict calls, milliseconds")
    for result, histogram in metrics.latency_ms.items():
        lines += _histogram("PredictLatency", resource | {"result": result}, histogram)
    lines += _head("CpuUtilization", "gauge", "Activity level of the CPU, percent of a core")
    usage = sorted(metrics.latest_usage().items())
    lines += [_line("CpuUtilization", resource | {"instanceId": str(pid)}, used.cpu_percent) for pid, used in usage]
    lines += _head("MemoryUtilization", "gauge", "Memory in use, percent")
    lines += [
        _line("MemoryUtilization", resource | {"instanceId": str(pid)}, used.memory_percent) for pid, used in usage
    ]
    lines += _traffic(metrics, resource, bandwidth_mbps)
    lines += _head("paddock_batch_requests", "histogram", "Requests that were predicted together")
    lines += _histogram("paddock_batch_requests", resource, metrics.batches)
    lines += _head("paddock_waiting_requests", "gauge", "Requests that wait for an instance")
    lines += [_line("paddock_waiting_requests", resource, waiting)]
    lines += _head("paddock_instances", "gauge", "Instances that serve")
    lines += [_line("paddock_instances", resource, instances)]
    return ("\n".join(lines) + "\n").encode()


def _traffic(metrics: Metrics, resource: Mapping[str, str], bandwidth_mbps: float | None) -> Iterable[str]:
    last = metrics.last_whole()
    yield from _head("NetworkBytes", "gauge", "Network receive and transmit throughput, bytes per second")
    yield _line("NetworkBytes", {**resource, "networkType": "BytesIn"}, last.bytes_in / INTERVAL_S)
    yield _line("NetworkBytes", {**resource, "networkType": "BytesOut"}, last.bytes_out / INTERVAL_S)
    if bandwidth_mbps:
        yield from _head("PredictBandwidth", "gauge", "Consumed of the provisioned bandwidth, percent")
        used_mbps = (last.bytes_in + last.bytes_out) * _BITS / INTERVAL_S / 1e6
        yield _line("PredictBandwidth", resource, 100 * used_mbps / bandwidth_mbps)


def _head(name: str, kind: str, words: str) -> tuple[str, str]:
    return f"# HELP {name} {words}", f"# TYPE {name} {kind}"


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    words = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{words}}} {value:g}" if isinstance(value, float) else f"{name}{{{words}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _histogram(name: str, labels: Mapping[str, str], histogram: Histogram) -> Iterable[str]:
    total = 0
    for bound, count in zip((*histogram.bounds, "+Inf"), histogram.counts, strict=True):
        total += count
        yield _line(f"{name}_bucket", {**labels, "le": str(bound)}, total)
    yield _line(f"{name}_sum", labels, round(histogram.total, 3))
    yield _line(f"{name}_count", labels, total)
