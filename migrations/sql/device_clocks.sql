-- The clocks of devices. Each submission of a device is a reading of its clock: `shift` is the time from sending to
-- receiving it, in microseconds, which is also the difference between the service's clock and the device's.
--
-- The readings of one clock_epoch, in the order in which they were received, form periods: a reading whose shift differs
-- by 15 minutes or more from the least shift of its period so far, or from the first one, begins the next period,
-- because the clock must have jumped. So does the first reading after a reset of the device. The shift of a period is its
-- least one. A scan belongs to the period of the submission in which it was first received.
--
-- So the periods depend only on the set of readings, not on the order in which they were stored; and a later reading
-- never changes the period of an earlier one.

-- Returns whether a reading begins the next period.
--
-- Arguments: the shifts of the reading, of the first reading of the period and of the least one so far.
CREATE OR REPLACE FUNCTION is_clock_jump(shift bigint, first_shift bigint, least_shift bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN abs(shift - least_shift) >= 900000000 OR abs(shift - first_shift) >= 900000000;

-- Assigns all readings of one clock epoch of a device to their periods anew, and their scans with them. It is needed
-- only for a reading that was received before another one that is stored already.
--
-- Arguments: the meeting, the device and the clock epoch.
-- Locks: none that the caller does not have; it has locked the row of devices.
-- Returns: whether the time of a scan that is stored already may have changed.
CREATE OR REPLACE FUNCTION reassign_clock_periods(of_meeting text, of_device text, of_epoch int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    former_shifts constant bigint[] := ARRAY(
        SELECT clock.shift FROM device_clocks AS clock WHERE clock.meeting = of_meeting
            AND clock.device_id = of_device AND clock.clock_epoch = of_epoch ORDER BY clock.period
    );
    is_moved boolean;
    reading clock_readings;
    former clock_readings;
    this_period int := 0;
    first_shift bigint;
    least_shift bigint;
BEGIN
    FOR reading IN
        SELECT * FROM clock_readings
        WHERE meeting = of_meeting AND device_id = of_device AND clock_epoch = of_epoch ORDER BY received_at, shift
    LOOP
        IF former.received_at IS NOT NULL AND (
            is_clock_jump(reading.shift, first_shift, least_shift) OR EXISTS (
                SELECT FROM device_resets AS reset WHERE reset.meeting = of_meeting AND reset.device_id = of_device
                    AND reset.reset_at > former.received_at AND reset.reset_at <= reading.received_at
            )
        ) THEN
            this_period := this_period + 1;
            first_shift := NULL;
        END IF;
        IF first_shift IS NULL THEN
            first_shift := reading.shift;
            least_shift := reading.shift;
        END IF;
        least_shift := least(least_shift, reading.shift);
        former := reading;
        INSERT INTO device_clocks AS clock (meeting, device_id, clock_epoch, period, first_shift, shift)
        VALUES (of_meeting, of_device, of_epoch, this_period, first_shift, least_shift)
        ON CONFLICT (meeting, device_id, clock_epoch, period) DO UPDATE SET
            first_shift = excluded.first_shift, shift = excluded.shift;
        UPDATE clock_readings AS stored SET period = this_period
        WHERE stored.meeting = of_meeting AND stored.device_id = of_device AND stored.clock_epoch = of_epoch
            AND stored.received_at = reading.received_at AND stored.shift = reading.shift
            AND stored.period <> this_period;
    END LOOP;
    UPDATE scans AS scan SET period = stored.period FROM clock_readings AS stored
    WHERE scan.meeting = of_meeting AND scan.device_id = of_device AND scan.clock_epoch = of_epoch
        AND stored.meeting = of_meeting AND stored.device_id = of_device AND stored.clock_epoch = of_epoch
        AND stored.received_at = scan.received_at
        AND stored.shift = extract(epoch FROM scan.received_at - scan.sent_at) * 1000000
        AND scan.period <> stored.period;
    is_moved := FOUND;
    DELETE FROM device_clocks WHERE meeting = of_meeting AND device_id = of_device AND clock_epoch = of_epoch
        AND period > this_period;
    RETURN is_moved OR former_shifts <> ARRAY(
        SELECT clock.shift FROM device_clocks AS clock WHERE clock.meeting = of_meeting
            AND clock.device_id = of_device AND clock.clock_epoch = of_epoch ORDER BY clock.period
    );
END $$;

-- Makes a device of a meeting the client's, if it belongs to nobody, and locks it.
--
-- Arguments: the meeting, the device and the client.
-- Locks: the row of devices, FOR NO KEY UPDATE.
-- Returns: the client that the device belongs to.
CREATE OR REPLACE FUNCTION claim_device(of_meeting text, of_device text, by_client text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    owner text;
BEGIN
    SELECT client INTO owner FROM devices WHERE meeting = of_meeting AND device_id = of_device FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO devices (meeting, device_id, client) VALUES (of_meeting, of_device, by_client) ON CONFLICT DO NOTHING;
        SELECT client INTO owner FROM devices WHERE meeting = of_meeting AND device_id = of_device FOR NO KEY UPDATE;
    END IF;
    IF owner IS NULL THEN
        UPDATE devices SET client = by_client WHERE meeting = of_meeting AND device_id = of_device;
        owner := by_client;
    END IF;
    RETURN owner;
END $$;

-- Stores a reading of a device's clock, and updates its period.
--
-- Arguments: the meeting, the device and the clock epoch; the instants at which the submission was sent, by the device's
-- clock, and received.
-- Locks: none that the caller does not have; it has locked the row of devices.
-- Returns: the period of the reading and the period's shift; whether the shifts of scans that are stored already have
-- changed, and whether that concerns all periods of the epoch.
CREATE OR REPLACE FUNCTION store_clock_reading(
    of_meeting text, of_device text, of_epoch int, sent_at timestamptz, received_at timestamptz,
    OUT period int, OUT shift bigint, OUT is_moved boolean, OUT are_all_moved boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    this_shift constant bigint := extract(epoch FROM received_at - sent_at) * 1000000;
    latest record;
BEGIN
    is_moved := false;
    are_all_moved := false;
    SELECT clock.period, clock.first_shift, clock.shift AS least_shift, reading.latest_at, EXISTS (
        SELECT FROM device_resets AS reset WHERE reset.meeting = of_meeting AND reset.device_id = of_device
            AND reset.reset_at > reading.latest_at AND reset.reset_at <= received_at
    ) AS is_reset INTO latest
    FROM (
        SELECT max(known.received_at) AS latest_at FROM clock_readings AS known WHERE known.meeting = of_meeting
            AND known.device_id = of_device AND known.clock_epoch = of_epoch
    ) AS reading
    CROSS JOIN LATERAL (
        SELECT * FROM device_clocks AS known WHERE known.meeting = of_meeting AND known.device_id = of_device
            AND known.clock_epoch = of_epoch ORDER BY known.period DESC LIMIT 1
    ) AS clock;
    IF received_at <= latest.latest_at THEN
        INSERT INTO clock_readings (meeting, device_id, clock_epoch, received_at, shift, period)
        VALUES (of_meeting, of_device, of_epoch, received_at, this_shift, 0) ON CONFLICT DO NOTHING;
        is_moved := reassign_clock_periods(of_meeting, of_device, of_epoch);
        are_all_moved := is_moved;
        SELECT known.period, clock.shift INTO period, shift
        FROM clock_readings AS known
        JOIN device_clocks AS clock USING (meeting, device_id, clock_epoch, period)
        WHERE known.meeting = of_meeting AND known.device_id = of_device AND known.clock_epoch = of_epoch
            AND known.received_at = received_at AND known.shift = this_shift;
        RETURN;
    END IF;
    period := latest.period;
    shift := least(latest.least_shift, this_shift);
    IF latest.period IS NULL OR latest.is_reset
        OR is_clock_jump(this_shift, latest.first_shift, latest.least_shift)
    THEN
        period := coalesce(latest.period + 1, 0);
        shift := this_shift;
        INSERT INTO device_clocks (meeting, device_id, clock_epoch, period, first_shift, shift)
        VALUES (of_meeting, of_device, of_epoch, period, this_shift, this_shift);
    ELSIF this_shift < latest.least_shift THEN
        UPDATE device_clocks AS known SET shift = this_shift WHERE known.meeting = of_meeting
            AND known.device_id = of_device AND known.clock_epoch = of_epoch AND known.period = latest.period;
        is_moved := true;
    END IF;
    INSERT INTO clock_readings (meeting, device_id, clock_epoch, received_at, shift, period)
    VALUES (of_meeting, of_device, of_epoch, received_at, this_shift, period);
END $$;
