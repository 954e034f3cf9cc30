from __future__ import annotations

from monitors.commands.discrimination import discriminate


def rows(n_positive: int, n_negative: int, n_groups: int) -> tuple[list[bool], list[float], list[str]]:
    n = n_positive + n_negative
    truth = [i < n_positive for i in range(n)]
    return truth, [float(flag) + (i % 7) / 5 for i, flag in enumerate(truth)], [f"g{i % n_groups}" for i in range(n)]


def test_enough_data_carries_every_figure_with_its_interval() -> None:
    found = discriminate(*rows(60, 300, 30))
    for estimate in found.metrics.values():
        assert estimate.value is not None
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.reason is None


def test_under_300_negatives_there_is_no_tpr_at_one_per_cent() -> None:
    found = discriminate(*rows(60, 299, 30)).metrics
    assert found["tpr_at_fpr_1"].value is None
    assert found["tpr_at_fpr_1"].reason == "299 negatives; this operating point needs 300"
    assert found["tpr_at_fpr_5"].value is not None


def test_under_ten_clusters_there_is_no_interval() -> None:
    area = discriminate(*rows(60, 300, 9)).metrics["auroc"]
    assert area.value is not None
    assert (area.low, area.high) == (None, None)
    assert area.reason == "9 clusters; an interval needs 10"


def test_one_class_carries_nothing() -> None:
    found = discriminate(*rows(0, 40, 20))
    assert {estimate.value for estimate in found.metrics.values()} == {None}
    assert "both classes" in str(found.metrics["auroc"].reason)
    assert (found.n, found.positives, found.clusters) == (40, 0, 20)
