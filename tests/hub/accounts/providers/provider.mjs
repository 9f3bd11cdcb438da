// A real OpenID provider (npm oidc-provider) on a free port of the loopback. Prints one line of JSON when it listens.
// Arguments: the client's redirect address. Accounts: whoever types a name; `unverified-…` has no verified address.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "voltdock",
      client_secret: "a secret: with / signs",
      redirect_uris: [process.argv[2]],
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "locale"] },
  cookies: { keys: ["a key of tests"] },
  findAccount: (_context, name) => ({
    accountId: name,
    claims: () => ({
      sub: name,
      email: `${name}@voltdock.example`,
      email_verified: !name.startsWith("unverified"),
      name: `The person ${name}`,
      locale: "de-AT",
    }),
  }),
  pkce: { required: () => true },
});
server.on("request", provider.callback());
console.log(JSON.stringify({ issuer }));
process.stdin.on("end", () => process.exit(0)).resume();
