// A provider that tells what it is told to (npm oauth2-mock-server), on a free port of the loopback. Each line of JSON
// on its input says how the next ID tokens are: {payload, drop, forge: none|hmac|stranger|garbled, rotate}.
import { createHmac, generateKeyPairSync, createPublicKey, sign } from "node:crypto";
import { createInterface } from "node:readline";
import { OAuth2Server } from "oauth2-mock-server";

const server = new OAuth2Server();
await server.issuer.keys.generate("RS256");
await server.start(0, "127.0.0.1");
const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
let wish = {};
let keyRequests = 0;

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const FORGED = {
  none: (header, body) => `${part({ ...header, alg: "none" })}.${body}.`,
  hmac: (header, body) => {
    const jwk = server.issuer.keys.toJSON()[0];
    const secret = createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
    const signed = `${part({ ...header, alg: "HS256" })}.${body}`;
    return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
  },
  stranger: (header, body) => {
    const signed = `${part(header)}.${body}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), stranger).toString("base64url")}`;
  },
  garbled: () => "no token at all",
};

server.service.on("beforeTokenSigning", (token) => {
  Object.assign(token.payload, { email: "ada@voltdock.example", email_verified: true }, wish.payload);
  for (const name of wish.drop ?? []) delete token.payload[name];
});
server.service.on("beforeResponse", (answer) => {
  if (!wish.forge) return;
  const [head, body] = answer.body.id_token.split(".");
  answer.body.id_token = FORGED[wish.forge](JSON.parse(Buffer.from(head, "base64url")), body);
});
const serveKeys = server.issuer.keys.toJSON.bind(server.issuer.keys);
server.issuer.keys.toJSON = (secret) => {
  keyRequests += 1;
  return serveKeys(secret);
};

console.log(JSON.stringify({ issuer: server.issuer.url }));
for await (const line of createInterface({ input: process.stdin })) {
  wish = JSON.parse(line);
  if (wish.rotate) {
    const key = await server.issuer.keys.generate("RS256");
    while (server.issuer.keys.get().kid !== key.kid);
    // From now on every token is signed by the new key alone.
    server.issuer.keys.get = () => key;
  }
  console.log(JSON.stringify({ keyRequests }));
}
process.exit(0);
