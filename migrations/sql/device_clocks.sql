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
CREATE OR REPLACE FUNCTION assign_clock_periods(of_meeting text, of_device text, of_epoch int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
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
    DELETE FROM device_clocks WHERE meeting = of_meeting AND device_id = of_device AND clock_epoch = of_epoch
        AND period > this_period;
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
) LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    new_shift constant bigint := extract(epoch FROM received_at - sent_at) * 1000000;
    clock device_clocks;
    latest_at timestamptz;
BEGIN
    is_moved := false;
    are_all_moved := false;
    SELECT * INTO clock FROM device_clocks AS known WHERE known.meeting = of_meeting AND known.device_id = of_device
        AND known.clock_epoch = of_epoch ORDER BY known.period DESC LIMIT 1;
    IF clock.meeting IS NULL THEN
        store_clock_reading.period := 0;
        store_clock_reading.shift := new_shift;
        INSERT INTO device_clocks (meeting, device_id, clock_epoch, period, first_shift, shift)
        VALUES (of_meeting, of_device, of_epoch, 0, new_shift, new_shift);
        INSERT INTO clock_readings (meeting, device_id, clock_epoch, received_at, shift, period)
        VALUES (of_meeting, of_device, of_epoch, store_clock_reading.received_at, new_shift, 0);
        RETURN;
    END IF;
    SELECT max(known.received_at) INTO latest_at FROM clock_readings AS known WHERE known.meeting = of_meeting
        AND known.device_id = of_device AND known.clock_epoch = of_epoch;
    IF store_clock_reading.received_at <= latest_at THEN
        INSERT INTO clock_readings (meeting, device_id, clock_epoch, received_at, shift, period)
        VALUES (of_meeting, of_device, of_epoch, store_clock_reading.received_at, new_shift, 0) ON CONFLICT DO NOTHING;
        PERFORM assign_clock_periods(of_meeting, of_device, of_epoch);
        SELECT known.period, known_clock.shift INTO store_clock_reading.period, store_clock_reading.shift
        FROM clock_readings AS known JOIN device_clocks AS known_clock
            USING (meeting, device_id, clock_epoch, period)
        WHERE known.meeting = of_meeting AND known.device_id = of_device AND known.clock_epoch = of_epoch
            AND known.received_at = store_clock_reading.received_at AND known.shift = new_shift;
        is_moved := true;
        are_all_moved := true;
        RETURN;
    END IF;
    store_clock_reading.period := clock.period;
    store_clock_reading.shift := least(clock.shift, new_shift);
    IF is_clock_jump(new_shift, clock.first_shift, clock.shift) OR EXISTS (
        SELECT FROM device_resets AS reset WHERE reset.meeting = of_meeting AND reset.device_id = of_device
            AND reset.reset_at > latest_at AND reset.reset_at <= store_clock_reading.received_at
    ) THEN
        store_clock_reading.period := clock.period + 1;
        store_clock_reading.shift := new_shift;
        INSERT INTO device_clocks (meeting, device_id, clock_epoch, period, first_shift, shift)
        VALUES (of_meeting, of_device, of_epoch, clock.period + 1, new_shift, new_shift);
    ELSIF new_shift < clock.shift THEN
        UPDATE device_clocks AS known SET shift = new_shift WHERE known.meeting = of_meeting
            AND known.device_id = of_device AND known.clock_epoch = of_epoch AND known.period = clock.period;
        is_moved := true;
    END IF;
    INSERT INTO clock_readings (meeting, device_id, clock_epoch, received_at, shift, period)
    VALUES (of_meeting, of_device, of_epoch, store_clock_reading.received_at, new_shift, store_clock_reading.period);
END $$;

-- Makes a device of a meeting the client's, if it belongs to nobody, and locks it.
--
-- Arguments: the meeting, the device and the client.
-- Locks: the row of devices, FOR NO KEY UPDATE.
-- Returns: the client that the device belongs to.
CREATE OR REPLACE FUNCTION claim_device(of_meeting text, of_device text, by_client text) RETURNS text LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
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
