// Call a service with openapi-fetch and the types of openapi-typescript: `node call_openapi_fetch.js URL TOKEN REGION`.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const [baseUrl, token, code] = process.argv.slice(2) as [string, string, string];
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const getHeader = (response: Response, name: string): string => response.headers.get(name) ?? assert.fail(name);

const stage = await client.GET("/v1/stages/{code}", { params: { path: { code: "pu-01" } } });
const name: string = stage.data?.name ?? assert.fail();
assert.match(name, /^Perencanaan/);

const officials = await client.GET("/v1/officials", { params: { query: { q: "tarmidzi", page_size: 5 } } });
const items: components["schemas"]["Official"][] = officials.data?.items ?? assert.fail();
assert.equal(items[0]?.name, "Muhammad Tarmizi");

const missing = await client.GET("/v1/regions/{code}", { params: { path: { code: "99" } } });
const problem: components["schemas"]["ProblemDocument"] = missing.error ?? assert.fail();
assert.equal(problem.code, "not_found");

const body: components["schemas"]["RegionPayload"] = {
  code, name: "Kota Contoh", type: "city", parent: "31", time_zone: "Asia/Jakarta",
};
const created = await client.POST("/v1/regions", {
  params: { header: { "Idempotency-Key": randomUUID() } }, body,
});
assert.equal(created.data?.code, code);
const params = (response: Response) => ({
  path: { code }, header: { "If-Match": getHeader(response, "ETag") },
});
const changed = await client.PATCH("/v1/regions/{code}", {
  params: params(created.response), body: { capital: "Contoh" },
});
assert.equal(changed.data?.capital, "Contoh");
const stale = await client.PATCH("/v1/regions/{code}", {
  params: params(created.response), body: { capital: null },
});
assert.equal(stale.error?.code, "precondition_failed");
const deleted = await client.DELETE("/v1/regions/{code}", { params: params(changed.response) });
assert.equal(deleted.response.status, 204);

const now = new Date().toISOString();
const batch = await client.POST("/v1/meetings/{code}/check-ins:batch", {
  params: { path: { code: "sidang-pleno-2026-11-24" } },
  body: {
    device_id: `device-${randomUUID().slice(0, 8)}`,
    device_sent_at: now,
    scans: [{ scan_id: randomUUID(), badge: "unknown", scanned_at: now }],
  },
});
assert.deepEqual(batch.data?.results.map((result) => result.outcome), ["badge_unknown"]);
