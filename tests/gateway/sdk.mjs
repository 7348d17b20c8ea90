// Copyright: mcp_ops.oauth contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

// The official SDK for Node.js: node sdk.mjs PACKAGE OPTIONS, with the options of ManagementClient as JSON
// Each line on stdin is a call {name, path, body}; each on stdout what came of it: {value}, or {error, status?, value?}
// with the body of an answer that is an error.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [entry, options] = process.argv.slice(2);
const { ManagementClient } = await import(pathToFileURL(entry).href);
const sdk = new ManagementClient({ ...JSON.parse(options), maxRetries: 0 });
// An SDK that goes through pages without an end has gone wrong.
const mostPages = 20;

const plain = async (answer) => {
  if (typeof answer?.hasNextPage !== "function") return answer ?? null;
  const scalars = Object.entries(answer.response).filter(([, value]) => !Array.isArray(value));
  const pages = [answer.data];
  while (answer.hasNextPage()) {
    pages.push((await answer.getNextPage()).data);
    if (pages.length > mostPages) throw new Error(`more than ${mostPages} pages`);
  }
  return { pages: pages.filter((page) => page.length), first: Object.fromEntries(scalars) };
};

const call = async ({ name, path, body }) => {
  const names = name.split(".");
  const method = names.pop();
  const resource = names.reduce((inner, next) => inner[next], sdk);
  return plain(await resource[method](...path, ...(body ? [body] : [])));
};

for await (const line of createInterface({ input: process.stdin })) {
  const said = await call(JSON.parse(line)).then(
    (value) => ({ value }),
    (error) => ({ error: `${error.name}: ${error.message}`, status: error.statusCode, value: error.body }),
  );
  console.log(JSON.stringify(said));
}
