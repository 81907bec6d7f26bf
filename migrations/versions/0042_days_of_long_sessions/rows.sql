-- Stores the days of all meetings anew, and derives the attendance that depends on them. Where the days do not change,
-- nothing else does.
SELECT derive_attendance_of_days(code, false) FROM meetings ORDER BY code;
