// One round trip by the types that openapi-typescript makes of the document: node ADDRESS KEY.
// Says what it saw as JSON. What is not as the types say does not get past tsc.

import createClient from "openapi-fetch";
import type { components, paths } from "./augury.d.ts";

declare const process: { argv: string[] };

const [, , baseUrl = "", key = ""] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

const request: components["schemas"]["TrainingRequest"] = {
  kind: "training",
  dataset: { kind: "builtin", name: "digits" },
  spec: { horizontal_flip: true },
  evaluation: { seeds: 2 },
};

function got<Data>(answer: { data?: Data; error?: unknown }): Data {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

const linted = got(await client.POST("/v1/lint", { body: { spec: { rotation_range: 90 } } }));
const headers = { "idempotency-key": "typescript" };
const submitted = await client.POST("/v1/jobs", { body: request, params: { header: headers } });
const again = await client.POST("/v1/jobs", { body: request, params: { header: headers } });
const accepted = got(submitted) as components["schemas"]["Job"];
const path = { job_id: accepted.id };
const job = got(await client.GET("/v1/jobs/{job_id}", { params: { path } }));
const trials = got(await client.GET("/v1/jobs/{job_id}/trials", { params: { path } }));
const listed = got(await client.GET("/v1/jobs", { params: { query: { limit: 5 } } }));
const refused = await client.POST("/v1/jobs", { body: { ...request, evaluation: { seeds: 1 } } });
const form = new FormData();
form.append("file", new Blob(["not a picture, as nobody reads it here"]), "images.zip");
form.append("image_size", "8x8");
const body = { file: "" }; // what is sent is the form: a file is no JSON
const dataset = got(await client.POST("/v1/datasets", { body, bodySerializer: () => form }));
const unknown = await client.GET("/v1/jobs/{job_id}", { params: { path: { job_id: "job_0" } } });
// @ts-expect-error: no such name
const misspelt: components["schemas"]["TrainingRequest"] = { ...request, kind: "trainings" };

const seen = {
  findings: linted.findings.length,
  statuses: [submitted, again, refused, unknown].map((answer) => answer.response.status),
  same: (got(again) as components["schemas"]["Job"]).id === accepted.id,
  state: job.state,
  trials: trials.items.length,
  jobs: listed.items.map((each) => each.id),
  id: job.id,
  faults: refused.error?.errors?.map((fault) => fault.location),
  problem: unknown.error?.type,
  uploaded: dataset.state,
  misspelt: misspelt.kind,
};
console.log(JSON.stringify(seen));
