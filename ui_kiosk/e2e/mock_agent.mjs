// An agent to look at: serves the built kiosk and plays a station by its fixtures. For development and screenshots;
// the real journeys run against the real agent (tests/journeys). `node mock_agent.mjs [scenario] [port]`.
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { handback, quote, receipt, rental, SCENARIOS } from './fixtures.mjs';
import { MockStaff } from './mock_staff.mjs';

/** @typedef {import('../src/api/types').StationView} StationView */
/** @typedef {import('../src/api/types').RentalView} RentalView */
/** @typedef {import('../src/api/types').AskQuote} AskQuote */
/** @typedef {{ code: string, params?: Record<string, string> }} No */

const BUILD = fileURLToPath(new URL('../../edge_agent/kiosk/static/', import.meta.url));
/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
};

export class MockAgent {
  /** @type {StationView} */
  view = station('six');
  /** @type {RentalView | null} */
  rental = null;
  /** The answer to the next quote, when it is a no. @type {No | null} */
  no = null;
  /** Whether a dock opens by itself a moment after the agreement. */
  opens = true;
  staff = new MockStaff();
  #seq = 1;
  #server = createServer((request, response) => void this.#answer(request, response));
  #sockets = new WebSocketServer({ noServer: true });

  /** @param {number} port @returns {Promise<string>} */
  async listen(port = 0) {
    this.#server.on('upgrade', (request, socket, head) =>
      this.#sockets.handleUpgrade(request, socket, head, (live) => live.send(this.#frame())),
    );
    await new Promise((resolve) => this.#server.listen(port, '127.0.0.1', () => resolve(null)));
    const address = this.#server.address();
    return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : port}`;
  }

  /** Cuts every live line, as an agent that stops does. */
  drop() {
    for (const live of this.#sockets.clients) live.terminate();
  }

  close() {
    this.drop();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** @param {StationView} view */
  show(view) {
    this.view = view;
    this.#send(this.#frame(true));
  }

  /** @param {Partial<RentalView>} change */
  change(change) {
    if (this.rental === null) throw new Error('no rental yet');
    this.rental = { ...this.rental, ...change };
    this.#send(JSON.stringify({ type: 'rental', rental: this.rental }));
  }

  open() {
    this.change({ state: 'open', pull_until: new Date(Date.now() + 47_900).toISOString() });
  }

  #frame(isNews = false) {
    if (isNews) this.#seq += 1;
    this.view = { ...this.view, seq: this.#seq, at: new Date().toISOString() };
    return JSON.stringify({ type: 'view', view: this.view });
  }

  /** @param {string} frame */
  #send(frame) {
    for (const live of this.#sockets.clients) live.send(frame);
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async #answer(request, response) {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (!path.startsWith('/api/')) return file(path, response);
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const isJson = request.headers['content-type'] === 'application/json';
    const body = isJson ? JSON.parse(Buffer.concat(chunks).toString()) : {};
    const [status, value] = this.#act(request.method ?? 'GET', path, body);
    response.writeHead(status, {
      'Content-Type': status < 400 ? 'application/json' : 'application/problem+json',
    });
    response.end(JSON.stringify(value));
  }

  /** @param {string} method @param {string} path @param {any} body @returns {[number, unknown]} */
  #act(method, path, body) {
    if (path.startsWith('/api/staff/')) {
      const answer = this.staff.act(method, path, body);
      return 'code' in answer ? problem(answer, answer.code === 'staff_session_over' ? 401 : 409) : answer;
    }
    if (path === '/api/view') return [200, JSON.parse(this.#frame()).view];
    if (path === '/api/quotes' && method === 'POST') return this.#quote(body);
    if (path === '/api/rentals' && method === 'POST') return this.#agree(body.quote_id);
    if (path === '/api/handbacks')
      return this.no === null ? [201, handback(this.view)] : problem(this.no, 409);
    if (path.endsWith('/parked')) return [200, this.#parked()];
    if (this.rental === null) return problem({ code: 'rental_unknown' }, 404);
    if (path.endsWith('/more-time')) this.change({ pull_until: new Date(Date.now() + 60_000).toISOString() });
    if (path.endsWith('/not-open')) this.change({ state: 'voided', void_reason: 'unlock_failed' });
    return [200, this.rental];
  }

  /** @param {AskQuote} ask @returns {[number, unknown]} */
  #quote(ask) {
    if (this.no !== null) return problem(this.no, 409);
    const best = this.view.docks.find((one) => one.vehicle?.best) ?? this.view.docks[0];
    return [201, quote(this.view, ask.dock_no ?? best?.dock_no ?? 1, ask.who.kind)];
  }

  /** @returns {RentalView} */
  #parked() {
    const bill = receipt(!this.view.hub.online);
    const lines = bill.lines.slice(0, 2);
    const total = { ...bill.total, minor: 955 };
    const told = { ...bill, lines, total, tax: { ...bill.tax, minor: 152 }, dock_no: null };
    return { ...rental(quote(this.view, 1, 'voucher')), state: 'ended', receipt: told };
  }

  /** @param {string} quoteId @returns {[number, unknown]} */
  #agree(quoteId) {
    this.rental = rental(quote(this.view, Number(quoteId.slice(-3)) - 700, 'voucher'));
    if (this.opens) setTimeout(() => this.open(), 900);
    return [201, this.rental];
  }
}

/** @param {string} name @returns {StationView} */
export function station(name) {
  const make = SCENARIOS[name];
  if (make === undefined)
    throw new Error(`no such scenario: ${name}; there are ${Object.keys(SCENARIOS).join(', ')}`);
  return make();
}

/** @param {No} no @param {number} status @returns {[number, unknown]} */
function problem({ code, params = {} }, status) {
  return [
    status,
    {
      type: `https://voltdock.example/problems/${code}`,
      title: code,
      status,
      code,
      params,
      detail: '',
      errors: [],
    },
  ];
}

/** @param {string} path @param {import('node:http').ServerResponse} response */
function file(path, response) {
  const wanted = join(BUILD, normalize(path));
  const found =
    wanted.startsWith(BUILD) && extname(wanted) !== '' && existsSync(wanted)
      ? wanted
      : join(BUILD, path.startsWith('/staff') ? 'staff/index.html' : 'index.html');
  const packed = existsSync(`${found}.gz`);
  response.writeHead(200, {
    'Content-Type': TYPES[extname(found)] ?? 'application/octet-stream',
    ...(packed ? { 'Content-Encoding': 'gzip' } : {}),
  });
  response.end(readFileSync(packed ? `${found}.gz` : found));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const agent = new MockAgent();
  agent.view = station(process.argv[2] ?? 'six');
  console.log(`kiosk with a mock agent: ${await agent.listen(Number(process.argv[3] ?? 8099))}`);
}
