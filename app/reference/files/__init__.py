"""Declarations of the data files that a data set may consist of."""

from app.reference.columns import DataFile
from app.reference.files import bodies, calendar, meetings

# In the order of loading, so that each reference leads to a row that was loaded before. The commissions, which no file
# lists, are derived and loaded between the two groups.
BEFORE_COMMISSIONS = (bodies.REGIONS, bodies.REGION_CODES)
AFTER_COMMISSIONS = (
    *(bodies.AGENCIES, bodies.DIVISIONS, bodies.PEOPLE, bodies.APPOINTMENTS),
    *(calendar.ELECTIONS, calendar.STAGES),
    *(meetings.MEETINGS, meetings.CORRECTIONS, meetings.SESSIONS, meetings.SPEAKERS, meetings.STATEMENTS),
    *(meetings.PARTICIPANTS, meetings.PARTICIPANT_SESSIONS),
)
FILES: tuple[DataFile, ...] = (*BEFORE_COMMISSIONS, bodies.SEATS, *AFTER_COMMISSIONS)
