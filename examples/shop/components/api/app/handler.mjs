// The API as a function from request to response; the gateway loads it from the published directory.
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const config = JSON.parse(readFileSync(join(import.meta.dirname, 'config.json'), 'utf8'));

const routes = {
  '/api/health': () => ({ status: 200, body: { schemaVersion: config.schemaVersion } }),
  '/api/products': () => ({
    status: 200,
    body: read(
      'SELECT name, cents, pieces FROM product JOIN stock ON stock.product = product.id ORDER BY product.id',
    ),
  }),
  '/api/admin': ({ password }) =>
    isAdministrator(password)
      ? { status: 200, body: { value: read('SELECT sum(cents * pieces) AS cents FROM product JOIN stock ON stock.product = product.id')[0].cents } }
      : { status: 401, body: { error: 'password wrong or missing' } },
};

/** Answers one request: `{ path, password }` in, `{ status, body }` out. */
export function handle(request) {
  const route = Object.hasOwn(routes, request.path) ? routes[request.path] : undefined;
  return route === undefined ? { status: 404, body: { error: `no ${request.path} here` } } : route(request);
}

function read(query) {
  const database = new DatabaseSync(config.database, { readOnly: true });
  try {
    return database.prepare(query).all();
  } finally {
    database.close();
  }
}

function isAdministrator(password = '') {
  const [salt, expected] = readFileSync(config.credentials, 'utf8').split(':');
  const given = createHash('sha256').update(salt + password).digest();
  return timingSafeEqual(given, Buffer.from(expected, 'hex'));
}
