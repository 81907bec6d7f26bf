"""Read what a service returns with the models of datamodel-code-generator: `… URL TOKEN REGION`."""

import sys
from datetime import UTC, datetime
from uuid import uuid4

import httpx
from rakornas_models import (
    CheckInBatchPayload,
    CheckInBatchResult,
    OfficialPage,
    ProblemDocument,
    Region,
    RegionPatch,
    RegionPayload,
    ScanPayload,
    Stage,
    StageTree,
)

url, token, code = sys.argv[1:]
http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})

stage = Stage.model_validate_json(http.get("/v1/stages/pu-01").content)
assert stage.name.startswith("Perencanaan")
tree = StageTree.model_validate_json(http.get("/v1/elections/pemilu-2024/tree").content)
assert tree.stages[0].children[0].code.isascii()
page = OfficialPage.model_validate_json(http.get("/v1/officials?q=tarmidzi&page_size=5").content)
assert page.items[0].name == "Muhammad Tarmizi"
problem = ProblemDocument.model_validate_json(http.get("/v1/regions/99").content)
assert (problem.status, problem.code) == (404, "not_found")

payload = RegionPayload(code=code, name="Kota Contoh", type="city", parent="31", time_zone="Asia/Jakarta")
body = payload.model_dump(mode="json")
created = http.post("/v1/regions", json=body, headers={"Idempotency-Key": uuid4().hex})
assert Region.model_validate_json(created.content).code == code, created.text
patch = RegionPatch(capital="Contoh").model_dump(mode="json", exclude_unset=True)
changed = http.patch(f"/v1/regions/{code}", json=patch, headers={"If-Match": created.headers["ETag"]})
assert Region.model_validate_json(changed.content).capital == "Contoh", changed.text
deleted = http.delete(f"/v1/regions/{code}", headers={"If-Match": changed.headers["ETag"]})
assert deleted.status_code == 204, deleted.text

now = datetime.now(UTC)
batch = CheckInBatchPayload(
    device_id=f"device-{uuid4().hex[:8]}",
    device_sent_at=now,
    scans=[ScanPayload(scan_id=uuid4(), badge="unknown", scanned_at=now)],
)
response = http.post("/v1/meetings/sidang-pleno-2026-11-24/check-ins:batch", json=batch.model_dump(mode="json"))
results = CheckInBatchResult.model_validate_json(response.content)
assert [result.outcome for result in results.results] == ["badge_unknown"]
http.close()
