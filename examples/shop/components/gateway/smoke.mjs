// The component's test: starts what was deployed, fetches from it as a visitor would, and compares with the database.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const { TF_VAR_directory: directory, TF_VAR_hostname: hostname, ADMIN_PASSWORD: password } = process.env;

const server = spawn(
  process.execPath,
  ['--no-warnings', join(directory, 'gateway/current/server.mjs'), join(directory, 'gateway/routes.json')],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  const [line] = await Promise.race([
    once(server.stdout, 'data'),
    once(server, 'exit').then(([code]) => assert.fail(`the server ended with ${code} before it listened`)),
  ]);
  const address = String(line).trim();
  const get = (path, headers = {}) => fetch(address + path, { headers, signal: AbortSignal.timeout(10_000) });

  const home = await get('/');
  assert.equal(home.status, 200);
  assert.equal(home.headers.get('x-served-by'), hostname);
  assert.match(await home.text(), new RegExp(`<footer>${hostname} `));

  const database = new DatabaseSync(join(directory, 'database/shop.sqlite'), { readOnly: true });
  const products = await (await get('/api/products')).json();
  const names = database.prepare('SELECT name FROM product ORDER BY id').all();
  assert.ok(products.length > 0);
  assert.deepEqual(products.map(({ name }) => name), names.map(({ name }) => name));

  assert.equal((await get('/api/admin')).status, 401);
  assert.equal((await get('/api/admin', { 'x-password': password })).status, 200);
  assert.equal((await get('/no-such-page.html')).status, 404);
  console.log(`${address}: pages, ${products.length} products and the administrator's page are served`);
} finally {
  server.kill();
}
