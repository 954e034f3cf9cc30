DROP TRIGGER audit_event_detail_no_truncate ON audit_event_detail;
DROP TRIGGER audit_event_detail_no_delete ON audit_event_detail;
DROP TRIGGER audit_event_no_truncate ON audit_event;
DROP TRIGGER audit_event_no_change ON audit_event;
DROP FUNCTION audit_refuse_change();
ALTER TABLE audit_event DROP COLUMN xid;
