"""The files of a data set, and what their columns are: the value of each cell, and the table's column it goes to."""

from app.reference.columns import File
from app.reference.files import bodies, calendar, meetings

# In the order in which their references allow them to be loaded; commissions come before the agencies.
BEFORE_COMMISSIONS = (bodies.REGIONS, bodies.REGION_CODES)
AFTER_COMMISSIONS = (
    *(bodies.AGENCIES, bodies.DIVISIONS, bodies.PEOPLE, bodies.APPOINTMENTS),
    *(calendar.ELECTIONS, calendar.STAGES),
    *(meetings.MEETINGS, meetings.CORRECTIONS, meetings.SESSIONS, meetings.SPEAKERS, meetings.STATEMENTS),
    *(meetings.PARTICIPANTS, meetings.ASSIGNED),
)
FILES: tuple[File, ...] = (*BEFORE_COMMISSIONS, bodies.SEATS, *AFTER_COMMISSIONS)
