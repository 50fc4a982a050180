// server.mjs ROUTES [PORT]: serves pages and API; prints the address once it listens. Without PORT any free one.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, extname, join } from 'node:path';

const [routesFile, port = '0'] = process.argv.slice(2);
const routes = JSON.parse(readFileSync(routesFile, 'utf8'));
const { handle } = await import(join(routes.api, 'handler.mjs'));
const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css' };

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, `http://${routes.hostname}`);
  const { status, type, body } = pathname.startsWith('/api/') ? callApi(request, pathname) : page(pathname);
  response.writeHead(status, { 'content-type': type, 'x-served-by': routes.hostname }).end(body);
});

function callApi(request, path) {
  const { status, body } = handle({ path, password: request.headers['x-password'] });
  return { status, type: 'application/json', body: JSON.stringify(body) };
}

function page(pathname) {
  // `basename`: the pages lie in one flat directory, and nothing outside it can be asked for.
  const file = join(routes.web, pathname === '/' ? 'index.html' : basename(pathname));
  if (!existsSync(file)) return { status: 404, type: 'text/plain', body: 'not found' };
  return { status: 200, type: types[extname(file)] ?? 'application/octet-stream', body: readFileSync(file) };
}

server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
