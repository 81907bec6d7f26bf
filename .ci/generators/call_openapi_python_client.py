"""Call a service with the client of openapi-python-client: `call_openapi_python_client.py URL TOKEN REGION`."""

import sys
from datetime import UTC, datetime
from uuid import uuid4

from rakornas_client import AuthenticatedClient
from rakornas_client.api.check_ins import check_in_batch
from rakornas_client.api.officials import list_officials
from rakornas_client.api.regions import create_region, delete_region, get_region, update_region
from rakornas_client.api.stages import get_stage
from rakornas_client.models.check_in_batch_payload import CheckInBatchPayload
from rakornas_client.models.check_in_batch_result import CheckInBatchResult
from rakornas_client.models.official_page import OfficialPage
from rakornas_client.models.problem_document import ProblemDocument
from rakornas_client.models.region import Region
from rakornas_client.models.region_patch import RegionPatch
from rakornas_client.models.region_payload import RegionPayload
from rakornas_client.models.region_payload_type import RegionPayloadType
from rakornas_client.models.scan_payload import ScanPayload
from rakornas_client.models.stage import Stage

url, token, code = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token)

stage = get_stage.sync("pu-01", client=client)
assert isinstance(stage, Stage), stage
assert stage.name.startswith("Perencanaan")
assert stage.legal_basis is None or stage.legal_basis.isprintable()

page = list_officials.sync(client=client, q="tarmidzi", page_size=5)
assert isinstance(page, OfficialPage), page
assert page.items[0].name == "Muhammad Tarmizi"
assert "kpu-31" in {appointment.organization.code for appointment in page.items[0].appointments}

problem = get_region.sync("99", client=client)
assert isinstance(problem, ProblemDocument), problem
assert (problem.status, problem.code) == (404, "not_found")

payload = RegionPayload(
    code=code, name="Kota Contoh", type_=RegionPayloadType.CITY, parent="31", time_zone="Asia/Jakarta"
)
problem = create_region.sync(client=client, body=payload)
assert isinstance(problem, ProblemDocument), problem
assert problem.code == "idempotency_key_required"
created = create_region.sync_detailed(client=client, body=payload, idempotency_key=uuid4().hex)
assert isinstance(created.parsed, Region), created
assert (created.status_code, created.headers["Location"]) == (201, f"/v1/regions/{code}")

changed = update_region.sync_detailed(
    code, client=client, body=RegionPatch(capital="Contoh"), if_match=created.headers["ETag"]
)
assert isinstance(changed.parsed, Region), changed
assert changed.parsed.capital == "Contoh"
stale = update_region.sync(code, client=client, body=RegionPatch(capital=None), if_match=created.headers["ETag"])
assert isinstance(stale, ProblemDocument), stale
assert stale.code == "precondition_failed"
assert delete_region.sync_detailed(code, client=client, if_match=changed.headers["ETag"]).status_code == 204

now = datetime.now(UTC)
scan = ScanPayload(scan_id=uuid4(), badge="unknown", scanned_at=now)
batch = CheckInBatchPayload(device_id=f"device-{uuid4().hex[:8]}", device_sent_at=now, scans=[scan])
results = check_in_batch.sync("sidang-pleno-2026-11-24", client=client, body=batch)
assert isinstance(results, CheckInBatchResult), results
assert [result.outcome for result in results.results] == ["badge_unknown"]
client.get_httpx_client().close()
