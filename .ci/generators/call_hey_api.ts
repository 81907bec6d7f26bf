// Call a service with the client of @hey-api/openapi-ts: `node call_hey_api.js URL TOKEN REGION`.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { client } from "./hey_api/client.gen.js";
import * as api from "./hey_api/index.js";

const [baseUrl, token, code] = process.argv.slice(2) as [string, string, string];
client.setConfig({ baseUrl, auth: () => token });
const getHeader = (response: Response | undefined, name: string): string =>
  response?.headers.get(name) ?? assert.fail(name);

const stage = await api.getStage({ path: { code: "pu-01" }, throwOnError: true });
const name: string = stage.data.name;
assert.match(name, /^Perencanaan/);

const officials = await api.listOfficials({ query: { q: "tarmidzi", page_size: 5 }, throwOnError: true });
const items: api.Official[] = officials.data.items;
assert.equal(items[0]?.name, "Muhammad Tarmizi");

const missing = await api.getRegion({ path: { code: "99" } });
const problem: api.ProblemDocument = missing.error ?? assert.fail();
assert.equal(problem.code, "not_found");

const body: api.RegionPayload = { code, name: "Kota Contoh", type: "city", parent: "31", time_zone: "Asia/Jakarta" };
const created = await api.createRegion({ headers: { "Idempotency-Key": randomUUID() }, body, throwOnError: true });
assert.equal(created.data.code, code);
const changed = await api.updateRegion({
  path: { code }, headers: { "If-Match": getHeader(created.response, "ETag") }, body: { capital: "Contoh" },
});
assert.equal(changed.data?.capital, "Contoh");
const deleted = await api.deleteRegion({ path: { code }, headers: { "If-Match": getHeader(changed.response, "ETag") } });
assert.equal(deleted.response?.status, 204);

const now = new Date().toISOString();
const batch = await api.checkInBatch({
  path: { code: "sidang-pleno-2026-11-24" },
  body: {
    device_id: `device-${randomUUID().slice(0, 8)}`,
    device_sent_at: now,
    scans: [{ scan_id: randomUUID(), badge: "unknown", scanned_at: now }],
  },
  throwOnError: true,
});
assert.deepEqual(batch.data.results.map((result) => result.outcome), ["badge_unknown"]);
