"""What the server counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Counters of one server; threads may share them.

    No label has a value that a client or an index can choose.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        prefix = "neuron_pin_"
        self.requests = Counter(
            f"{prefix}requests", "Answers by kind and status.", ("kind", "status"),
            registry=self._registry,
        )  # fmt: skip
        self.seconds = Histogram(
            f"{prefix}request_seconds", "Time up to the end of an answer.", ("kind",),
            buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60), registry=self._registry,
        )  # fmt: skip
        self.sent = Counter(f"{prefix}sent_bytes", "Bytes of bodies.", registry=self._registry)
        self.pages = Counter(
            f"{prefix}pages", "Pages kept warm, made anew, or old for want of an index.",
            ("how",), registry=self._registry,
        )  # fmt: skip
        self.failures = Counter(
            f"{prefix}index_failures", "Answers that an index did not give.", ("index",),
            registry=self._registry,
        )  # fmt: skip
        self.kept = Counter(
            f"{prefix}withheld", "Versions withheld or yanked on pages that were made.",
            ("rule",), registry=self._registry,
        )  # fmt: skip
        self.memory = Gauge(
            f"{prefix}warm_bytes", "Bytes of pages kept warm.", registry=self._registry
        )

        # What every request needs, found once.
        self._by_answer: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._warm = self.pages.labels("warm")

    def count_answer(self, kind: str, status: int, seconds: float, size: int) -> None:
        """One answer went out."""
        found = self._by_answer.get((kind, status))
        if found is None:
            found = (self.requests.labels(kind, str(status)), self.seconds.labels(kind))
            self._by_answer[kind, status] = found
        found[0].inc()
        found[1].observe(seconds)
        self.sent.inc(size)

    def warm(self) -> None:
        """A page was at hand."""
        self._warm.inc()

    def made(self, *, is_stale: bool) -> None:
        """A page was made, of what is old if so."""
        self.pages.labels("stale" if is_stale else "made").inc()

    def text(self) -> bytes:
        """All of them, as Prometheus reads it."""
        return generate_latest(self._registry)
