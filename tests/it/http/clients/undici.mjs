// Node's own fetch (undici) against requests that are refused before their body was read, each
// followed by a good one on the same pool of connections. Prints the status and the code of each
// refusal, and the status of what followed.
//
// usage: node undici.mjs URL EXPIRED-TOKEN TOKEN SIZE
const [url, expired, token, size] = process.argv.slice(2);
const post = (authorization, body) =>
  fetch(url, { method: "POST", headers: { authorization: `Bearer ${authorization}`, "content-type": "application/json" }, body });
const good = JSON.stringify({ query: "{ hello }" });
for (let turn = 0; turn < 10; turn++) {
  const refused = await post(expired, good + " ".repeat(Number(size)));
  const { errors } = await refused.json();
  const next = await post(token, good);
  await next.text();
  console.log(refused.status, errors[0].extensions.code, next.status);
}
