DROP FUNCTION seal_audit_lines;
DROP FUNCTION list_due_roots;
DROP FUNCTION hash_audit_line;
DROP FUNCTION audit_line_text;
