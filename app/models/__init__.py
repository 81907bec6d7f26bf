"""All tables. Every rule that data must obey stands here, as a constraint of the database."""

from app.models.divisions import Division
from app.models.metadata import Base, Fact
from app.models.officials import Appointment, Official
from app.models.organizations import Organization
from app.models.regions import Region, RegionCode
from app.models.service_keys import ServiceKey

# The newest migration: what `/health/ready` asks of a database. Revisions are numbered, so that they compare.
SCHEMA_REVISION = "0004"

__all__ = [
    "Appointment",
    "Base",
    "Division",
    "Fact",
    "Official",
    "Organization",
    "Region",
    "RegionCode",
    "ServiceKey",
]
