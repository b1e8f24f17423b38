// SPDX-License-Identifier: Apache-2.0
// Requests to the server; a refusal becomes an error with the server's own sentence.

let writeToken = "";

export function setWriteToken(token) {
  writeToken = token;
}

export class Refused extends Error {
  constructor(status, code, sentence) {
    super(sentence);
    this.status = status;
    this.code = code;
  }
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new Refused(0, "offline", "cac review does not answer; is it still running? What the page shows as saved is saved.");
  }
  if (response.ok) return response;
  let body = {};
  try {
    body = await response.json();
  } catch {
    // An answer without a sentence.
  }
  throw new Refused(response.status, body.code ?? "request", body.error ?? `the server answered ${response.status}`);
}

export async function get(path) {
  const response = await send(path, {});
  return { status: response.status, body: await response.json() };
}

export async function getBytes(path) {
  return new Uint8Array(await (await send(path, {})).arrayBuffer());
}

export async function post(path, message) {
  const response = await send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CAC-Token": writeToken },
    body: JSON.stringify(message),
  });
  return response.json();
}
