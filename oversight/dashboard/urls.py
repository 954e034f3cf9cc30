"""URLs of dashboard."""

from __future__ import annotations

from django.urls import path

from oversight.dashboard import (
    admin_views,
    audit_views,
    bench_views,
    heat,
    monitor_views,
    run_views,
    traces_views,
    views,
)

app_name = "dashboard"
# Named transcripts:list; it stands here because it shows scores beside the transcripts.
traces_urlpatterns = [path("", traces_views.traces, name="list")]
urlpatterns = [
    path("traces/<uuid:pk>/", views.trace, name="trace"),
    path("traces/<uuid:pk>/pending", views.trace_pending, name="trace-pending"),
    path("traces/<uuid:pk>/run", run_views.trace_run, name="trace-run"),
    path("traces/<uuid:pk>/heat", heat.trace_heat, name="trace-heat"),
    path("traces/<uuid:pk>/history", views.trace_history, name="trace-history"),
    path("traces/<uuid:pk>/origin", views.trace_origin, name="trace-origin"),
    path("traces/<uuid:pk>/raw", views.trace_raw, name="trace-raw"),
    path("monitors/bench/", bench_views.test_bench, name="bench"),
    path("monitors/bench/<int:pk>/", bench_views.trial, name="trial"),
    path("monitors/<int:pk>/history", monitor_views.monitor_history, name="monitor-history"),
    path("monitors/<int:pk>/thresholds", monitor_views.monitor_thresholds, name="monitor-thresholds"),
    path("monitors/<int:pk>/thresholds/set", monitor_views.apply_thresholds, name="monitor-thresholds-set"),
    path("monitors/<int:pk>/thresholds/clear", monitor_views.clear_thresholds, name="monitor-thresholds-clear"),
    path("overview/", views.overview_page, name="overview"),
    path("overview/scores", views.scores, name="scores"),
    path("overview/transcripts", views.rows, name="rows"),
    path("overview/items", views.items, name="items"),
    path("palette", views.palette, name="palette"),
    path("progress", views.progress, name="progress"),
    path("audit/", audit_views.audit_list, name="audit"),
    path("audit/csv", audit_views.audit_csv, name="audit-csv"),
    path("audit/<int:pk>/", audit_views.audit_event, name="audit-event"),
    path("admin/", admin_views.overview, name="admin"),
    path("admin/members/", admin_views.members, name="members"),
    path("admin/members/<int:pk>/role", admin_views.set_role, name="member-role"),
    path("admin/keys/", admin_views.keys, name="keys"),
    path("admin/keys/<int:pk>/revoke", admin_views.revoke_key, name="key-revoke"),
    path("healthz", admin_views.healthz, name="healthz"),
]
