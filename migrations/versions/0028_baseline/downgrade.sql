-- Drops all that upgrade.sql made, but for the extensions, which others may use.
DROP SCHEMA history CASCADE;
DROP VIEW derived_counts, derived_attendance, entries_and_exits, classified_scans;
DROP TABLE
    appointments, attendance, attendance_counts, audit_lines, audit_roots, audit_seals, badges, client_secrets,
    clients, clock_readings, device_clocks, divisions, elections, idempotency_keys, meeting_corrections,
    meeting_statements, meetings, officials, organizations, participant_sessions, participants, region_codes,
    regions, revisions, roll_corrections, roll_digests, scans, service_keys, session_speakers, sessions,
    signing_keys, stages, used_assertions CASCADE;
DROP FUNCTION
    anonymise_participants, backfill_history, bump_client_revision, bump_revision, certain_days, check_in,
    classify_scan, copy_parts, copy_sessions, count_attendance, counter_keys, current_commit, day_range,
    delegation_lock_key, derive_attendance, derive_attendance_of_sessions, derive_locked_attendance, enable_history,
    enable_revisions, enforce_places, first_client_lock_key, first_day, fold, forbid_truncate, forbid_update,
    grant_lock_key, idempotency_lock_key, is_time_zone, last_day, likeness, load_lock_key, lock_attendance, acquire_office_lock,
    notify_clients, number_revision, object_content, object_key, office_lock_key, parent_lock_key, possible_days,
    record_history, record_revision, reject_cycle, reject_parallel_sessions, reject_representation_cycle,
    representation_chain, require_sessions_within_meeting, roll_lock_key, sealing_lock_key, signing_key_lock_key, speaker_lock_key,
    stamp_commit, sync_attendance, upsert_revision, with_represented CASCADE;
DROP TYPE device_submission, device_scan;
