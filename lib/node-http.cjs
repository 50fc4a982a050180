/**
 * Stands in the bundles for `node:http` (see `bundle.ts`). An `import` of it reads every export to make a module of them, also the
 * lazy ones, and with `WebSocket` loads all of undici: 20 ms of each cold start. Asked for this way, it stays lazy.
 */
module.exports = process.getBuiltinModule('node:http');
