"""The paths of objects, by the table that stores them."""

from collections.abc import Mapping

# By table: the path of a row, with the columns that it names.
ADDRESSES: Mapping[str, str] = {
    "regions": "/v1/regions/{code}",
    "region_codes": "/v1/regions/{region}",
    "organizations": "/v1/organizations/{code}",
    "divisions": "/v1/divisions/{code}",
    "officials": "/v1/officials/{id}",
    "appointments": "/v1/appointments/{id}",
    "elections": "/v1/elections/{code}",
    "stages": "/v1/stages/{code}",
    "meetings": "/v1/meetings/{code}",
    "meeting_corrections": "/v1/meetings/{meeting}",
    "meeting_statements": "/v1/meetings/{meeting}/statements/{id}",
    "sessions": "/v1/meetings/{meeting}/sessions/{code}",
    "session_speakers": "/v1/meetings/{meeting}/sessions/{session}",
    # Only the lists: a writer may not learn who is on a roll, nor which client is bound to an organization.
    "participants": "/v1/meetings",
    "participant_sessions": "/v1/meetings",
    "roll_corrections": "/v1/meetings/{meeting}/corrections",
    "scans": "/v1/meetings/{meeting}/check-ins",
    "devices": "/v1/meetings/{meeting}/check-ins",
    "device_clocks": "/v1/meetings/{meeting}/check-ins",
    "clients": "/v1/clients",
}
PARTICIPANT_ADDRESS = "/v1/meetings/{meeting}/participants/{id}"
MAX_CONFLICTS_LISTED = 5
